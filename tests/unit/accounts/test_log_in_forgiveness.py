"""What makes failures to log in void: a success in the same network, a new password (I8)."""

import pytest

from tests.unit import cloud
from tests.unit.accounts.guessing import assert_pause, fail
from tests.unit.accounts.people import NEW_PASSWORD, change, logged_in, reset, reset_link, settled
from tests.unit.clients import Customer
from tests.unit.conftest import FrozenClock

pytestmark = pytest.mark.usefixtures("aws_in_memory", "quick_tables")


def test_many_successful_log_ins_in_a_row_are_never_paused(customer: Customer) -> None:
    settled()
    assert {customer.log_in("jan").status for _ in range(15)} == {201}


def test_failures_before_a_success_are_forgiven_again_and_again(customer: Customer) -> None:
    settled()
    for _ in range(6):
        assert fail(customer, times=2) == [401, 401]
        assert customer.log_in("jan").status == 201


def test_after_a_success_five_attempts_are_free_again(customer: Customer) -> None:
    settled()
    fail(customer, times=4)
    assert customer.log_in("jan").status == 201
    assert fail(customer, times=6) == [401] * 5 + [429]
    assert_pause(customer.log_in("jan"), 30)


def test_a_success_elsewhere_forgives_nothing_here(customer: Customer) -> None:
    settled()
    fail(customer, times=5)
    assert Customer(ip="203.0.113.7").log_in("jan").status == 201
    assert_pause(customer.log_in("jan"), 30)


def test_failures_that_came_in_while_a_success_was_under_way_are_not_forgiven(customer: Customer) -> None:
    settled()

    def fail_meanwhile(call: cloud.Call) -> None:
        if call.tables == ["accounts_table"]:
            fail(customer, times=4)

    with cloud.before_calls(fail_meanwhile):
        assert customer.log_in("jan").status == 201
    assert fail(customer, times=2) == [401, 429]


def test_the_counters_of_a_day_end_with_it(customer: Customer, frozen_clock: FrozenClock) -> None:
    settled()
    for _ in range(12):
        fail(customer)
        frozen_clock.advance(minutes=15)
    frozen_clock.advance(hours=11)
    assert fail(customer, times=6) == [401] * 5 + [429]


def test_yesterdays_success_forgives_nothing_today(customer: Customer, frozen_clock: FrozenClock) -> None:
    settled()
    for _ in range(3):
        assert customer.log_in("jan").status == 201
    frozen_clock.advance(days=1)
    assert fail(customer, times=6) == [401] * 5 + [429]


@pytest.mark.parametrize("failures", [3, 5, 9])
def test_a_reset_by_mail_makes_the_counted_attempts_void(
    customer: Customer, frozen_clock: FrozenClock, failures: int
) -> None:
    jan = settled()
    for _ in range(failures):
        fail(customer)
        frozen_clock.advance(minutes=8)
    frozen_clock.advance(minutes=-8)
    assert reset(customer, reset_link(jan)).status == 204
    assert fail(customer, times=6) == [401] * 5 + [429]
    assert_pause(customer.log_in("jan", NEW_PASSWORD), 30)


def test_after_a_reset_the_customer_gets_in_at_once(customer: Customer) -> None:
    jan = settled()
    fail(customer, times=6)
    assert reset(customer, reset_link(jan)).status == 204
    assert customer.log_in("jan", NEW_PASSWORD).status == 201


def test_a_password_changed_in_the_panel_makes_the_counted_attempts_void(customer: Customer) -> None:
    settled()
    elsewhere = logged_in(ip="203.0.113.7")
    fail(customer, times=6)
    assert change(elsewhere, password=NEW_PASSWORD).status == 200
    assert fail(customer, times=6) == [401] * 5 + [429]
