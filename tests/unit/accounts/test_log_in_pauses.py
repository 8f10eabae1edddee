"""The growing pause between attempts to log in from one network (I8)."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounts import throttle
from tests.unit import cloud
from tests.unit.accounts.guessing import WRONG, assert_pause, fail
from tests.unit.accounts.people import JAN, as_stored, logged_in, settled
from tests.unit.clients import Customer
from tests.unit.conftest import FrozenClock

pytestmark = pytest.mark.usefixtures("aws_in_memory", "quick_tables")

PAUSES = [30, 60, 120, 240, 480, 900, 900, 900]


def test_five_attempts_are_free_then_each_pause_is_twice_the_last_up_to_15_minutes() -> None:
    pauses = [throttle.log_in_pause(attempts).total_seconds() for attempts in range(5 + len(PAUSES))]
    assert pauses == [0] * 5 + PAUSES


@given(st.integers(-1000, 10**6))
def test_the_pause_never_shrinks_while_attempts_are_added_and_never_exceeds_its_limit(attempts: int) -> None:
    shorter, longer = throttle.log_in_pause(attempts), throttle.log_in_pause(attempts + 1)
    assert shorter <= longer
    assert longer.total_seconds() <= 900


def test_the_answer_tells_exactly_when_the_next_attempt_is_admitted(
    customer: Customer, frozen_clock: FrozenClock
) -> None:
    settled()
    assert fail(customer, times=5) == [401] * 5
    for pause in PAUSES:
        assert_pause(customer.log_in("jan", WRONG), pause)
        frozen_clock.advance(seconds=pause - 1)
        assert_pause(customer.log_in("jan"), 1)
        frozen_clock.advance(seconds=1)
        assert customer.log_in("jan", WRONG).status == 401


def test_a_part_of_a_second_neither_opens_early_nor_is_lost(
    customer: Customer, frozen_clock: FrozenClock
) -> None:
    settled()
    frozen_clock.advance(milliseconds=700)
    fail(customer, times=5)
    answer = customer.log_in("jan")
    frozen_clock.advance(seconds=int(answer.headers["Retry-After"]))
    assert customer.log_in("jan").status == 201
    assert 29 <= int(answer.headers["Retry-After"]) <= 30


def test_the_right_password_has_to_wait_too(customer: Customer, frozen_clock: FrozenClock) -> None:
    settled()
    fail(customer, times=5)
    assert_pause(customer.log_in("jan"), 30)
    frozen_clock.advance(seconds=30)
    assert customer.log_in("jan").status == 201


def test_an_unknown_login_is_paused_like_a_known_one(customer: Customer) -> None:
    settled()
    assert fail(customer, "jan", times=7) == fail(customer, "ewa", times=7) == [401] * 5 + [429] * 2


def test_another_spelling_of_the_login_and_another_computer_in_the_network_are_no_way_around() -> None:
    settled()
    for login, ip in [("jan", "198.51.100.1"), ("JAN", "198.51.100.2"), (" jan", "198.51.100.3")]:
        assert fail(Customer(ip=ip), login) == [401]
    assert fail(Customer(ip="198.51.100.255"), "\uff4aan", times=3) == [401, 401, 429]


def test_a_household_with_ipv6_is_one_network() -> None:
    settled()
    assert fail(Customer(ip="2001:db8:1::1"), times=5) == [401] * 5
    assert fail(Customer(ip="2001:db8:1:ffff::2")) == [429]
    assert fail(Customer(ip="2001:db8:2::1")) == [401]


def test_other_networks_and_other_logins_are_not_paused(customer: Customer) -> None:
    settled()
    settled("ewa", "ewa@poczta.example")
    assert fail(customer, times=6)[-1] == 429
    assert Customer(ip="203.0.113.7").log_in("jan").status == 201
    assert customer.log_in("ewa").status == 201


@pytest.mark.parametrize("operation", ["UpdateItem", "TransactWriteItems"])
@pytest.mark.parametrize("attempts_before", [4, 5, 6])
def test_two_attempts_at_once_cannot_share_one_pause(
    customer: Customer, frozen_clock: FrozenClock, operation: str, attempts_before: int
) -> None:
    settled()
    for _ in range(attempts_before):
        fail(customer)
        frozen_clock.advance(seconds=60)
    answers: list[int] = []

    def try_at_the_same_time(call: cloud.Call) -> None:
        # Before the first attempt is counted, or after it and before its failure is.
        if call.operation == operation and not answers:
            answers.extend(fail(customer))

    with cloud.before_calls(try_at_the_same_time):
        answers += fail(customer)
    assert sorted(answers) == [401, 429]


def test_free_attempts_are_not_more_when_they_come_at_once(customer: Customer) -> None:
    settled()
    answers: list[int] = []

    def try_at_the_same_time(call: cloud.Call) -> None:
        if call.operation == "UpdateItem" and len(answers) < 6:
            answers.extend(fail(customer, times=3))

    with cloud.before_calls(try_at_the_same_time):
        answers += fail(customer, times=2)
    assert sorted(answers) == [401] * 5 + [429] * 3


def test_an_attempt_is_counted_before_its_password_is_looked_at(customer: Customer, wire: cloud.Wire) -> None:
    settled()
    fail(customer, times=5)
    wire.clear()
    assert customer.log_in("jan").status == 429
    assert "TransactWriteItems" not in wire.calls
    assert "UpdateItem accounts_table" not in map(str, wire.requests)


def test_an_attempt_let_through_by_forgiveness_is_reserved_as_well(customer: Customer) -> None:
    settled()
    for _ in range(5):
        assert customer.log_in("jan").status == 201
    fail(customer, times=4)
    during: list[int] = []

    def try_at_the_same_time(call: cloud.Call) -> None:
        # The second counting, which forgiveness let through.
        if call.operation == "UpdateItem" and " OR " not in call.body["ConditionExpression"]:
            during.extend(fail(customer))

    with cloud.before_calls(try_at_the_same_time):
        overtaken = customer.log_in("jan", WRONG)
    assert during == [401]
    assert overtaken.status == 429
    assert int(overtaken.headers["Retry-After"]) > 0


def test_the_limits_are_settings(customer: Customer, with_settings: Callable[..., None]) -> None:
    settled()
    with_settings(LOG_IN_FREE_ATTEMPTS="1", LOG_IN_DELAY_SECONDS="7", LOG_IN_MAX_DELAY_SECONDS="7")
    assert fail(customer) == [401]
    assert_pause(customer.log_in("jan"), 7)


def test_counters_tell_neither_login_nor_network_and_end_by_themselves(
    customer: Customer, frozen_clock: FrozenClock
) -> None:
    settled()
    fail(customer)
    for item in cloud.items("THROTTLES_TABLE"):
        assert "jan" not in str(item)
        assert "198.51" not in str(item)
        assert int(item["expires_at"]["N"]) > frozen_clock().timestamp()


def test_the_account_remembers_no_more_than_20_networks(
    customer: Customer, frozen_clock: FrozenClock
) -> None:
    jan = settled(email=JAN)
    for number in range(21):
        logged_in(ip=f"203.0.{number}.7")
        frozen_clock.advance(minutes=1)
    remembered = as_stored(jan).networks.as_dict()
    assert set(remembered) == {f"203.0.{number}.0/24" for number in range(1, 21)}
