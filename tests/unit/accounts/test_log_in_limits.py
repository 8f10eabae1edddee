"""Failures over a whole network, and over all networks for one login (I8)."""

from collections.abc import Callable

import pytest

from chalicelib.settings import Settings
from tests.unit.accounts.guessing import WRONG, assert_pause
from tests.unit.accounts.people import NEW_PASSWORD, ZOFIA, logged_in, reset, reset_link, settled
from tests.unit.clients import PASSWORD, Customer
from tests.unit.conftest import FrozenClock

pytestmark = pytest.mark.usefixtures("aws_in_memory", "quick_tables")

LIMIT = 10


@pytest.fixture(autouse=True)
def low_limits(with_settings: Callable[..., None]) -> None:
    """The default of 100 is seen in the test of the attack; the rules are the same at 10."""
    with_settings(LOG_IN_NETWORK_FAILURES_PER_HOUR=str(LIMIT), LOG_IN_FAILURES_UNTIL_CLOSED=str(LIMIT))


def test_the_limits_are_100_unless_set() -> None:
    assert Settings().log_in_network_failures_per_hour == 100
    assert Settings().log_in_failures_until_closed == 100


def fail_in_network(ip: str, times: int = LIMIT) -> list[int]:
    """Guess once for each of so many logins, from one network."""
    return [Customer(ip=ip).log_in(f"login-{number}", WRONG).status for number in range(times)]


def fail_from_everywhere(login: str = "jan", times: int = LIMIT, networks: int = 0) -> list[int]:
    """Guess so many times for one login, each time from another network."""
    return [
        Customer(ip=f"100.64.{networks + number}.1").log_in(login, WRONG).status for number in range(times)
    ]


def test_a_network_with_too_many_failures_is_closed_for_the_rest_of_the_hour(
    customer: Customer, frozen_clock: FrozenClock
) -> None:
    settled()
    frozen_clock.advance(minutes=40)
    assert fail_in_network(customer.ip) == [401] * LIMIT
    assert_pause(customer.log_in("jan"), 20 * 60)
    assert_pause(customer.log_in("nobody"), 20 * 60)
    frozen_clock.advance(minutes=20)
    assert customer.log_in("jan").status == 201


def test_one_failure_less_leaves_the_network_open(customer: Customer) -> None:
    settled()
    fail_in_network(customer.ip, LIMIT - 1)
    assert customer.log_in("jan").status == 201


def test_successes_do_not_make_a_network_spent(customer: Customer) -> None:
    settled()
    for _ in range(LIMIT):
        assert customer.log_in("jan").status == 201
    assert fail_in_network(customer.ip, 1) == [401]


def test_a_closed_network_stays_open_for_a_customer_who_logged_in_there_before(customer: Customer) -> None:
    settled()
    settled("zofia", ZOFIA)
    logged_in("jan", ip=customer.ip)
    fail_in_network(customer.ip)
    assert customer.log_in("jan").status == 201
    assert customer.log_in("jan", WRONG).status == 401
    assert customer.log_in("zofia").status == 429


def test_a_closed_network_closes_no_other(customer: Customer) -> None:
    settled()
    fail_in_network(customer.ip)
    assert Customer(ip="203.0.113.7").log_in("jan").status == 201


def test_too_many_failures_in_a_row_close_a_login_for_networks_it_was_never_used_from(
    customer: Customer,
) -> None:
    settled()
    assert fail_from_everywhere() == [401] * LIMIT
    assert_pause(customer.log_in("jan"), 3600)
    assert fail_from_everywhere(times=1, networks=LIMIT) == [429]


def test_one_failure_less_leaves_the_login_open(customer: Customer) -> None:
    settled()
    fail_from_everywhere(times=LIMIT - 1)
    assert customer.log_in("jan").status == 201


def test_an_unknown_login_is_closed_as_a_known_one() -> None:
    settled()
    known = fail_from_everywhere("jan", LIMIT + 2)
    unknown = fail_from_everywhere("ewa", LIMIT + 2, networks=100)
    assert known == unknown == [401] * LIMIT + [429, 429]


def test_a_closed_login_stays_open_for_networks_it_was_used_from(customer: Customer) -> None:
    settled()
    logged_in(ip=customer.ip)
    fail_from_everywhere()
    for _ in range(3):
        assert customer.log_in("jan").status == 201
    assert customer.log_in("jan", WRONG).status == 401


def test_waiting_does_not_open_a_closed_login(customer: Customer, frozen_clock: FrozenClock) -> None:
    settled()
    fail_from_everywhere()
    frozen_clock.advance(days=30)
    assert customer.log_in("jan").status == 429


def test_logging_in_from_a_known_network_does_not_open_a_closed_login_elsewhere(customer: Customer) -> None:
    settled()
    logged_in(ip=customer.ip)
    fail_from_everywhere()
    assert customer.log_in("jan").status == 201
    assert Customer(ip="203.0.113.7").log_in("jan").status == 429


def test_a_reset_by_mail_opens_a_closed_login_everywhere(customer: Customer) -> None:
    jan = settled()
    fail_from_everywhere()
    assert reset(customer, reset_link(jan)).status == 204
    assert customer.log_in("jan", NEW_PASSWORD).status == 201
    assert fail_from_everywhere(times=LIMIT + 1, networks=LIMIT) == [401] * LIMIT + [429]


def test_a_new_password_set_in_the_panel_opens_a_closed_login(customer: Customer) -> None:
    settled()
    logged_in(ip=customer.ip)
    fail_from_everywhere()
    assert customer.log_in("jan").status == 201
    changed = customer.patch("/v1/account", password=NEW_PASSWORD, current_password=PASSWORD)
    assert changed.status == 200
    assert Customer(ip="203.0.113.7").log_in("jan", NEW_PASSWORD).status == 201


def test_only_failures_in_a_row_count(customer: Customer) -> None:
    settled()
    fail_from_everywhere(times=LIMIT - 1)
    assert customer.log_in("jan").status == 201
    assert fail_from_everywhere(times=LIMIT, networks=100) == [401] * LIMIT
    assert Customer(ip="203.0.113.7").log_in("jan").status == 429


def test_a_login_given_up_and_taken_by_another_customer_is_protected_anew(customer: Customer) -> None:
    settled()
    logged_in(ip=customer.ip)
    # The former owner's password was changed several times before.
    for old, new in [(PASSWORD, NEW_PASSWORD), (NEW_PASSWORD, PASSWORD)]:
        customer.log_in("jan", old)
        assert customer.patch("/v1/account", password=new, current_password=old).status == 200
    assert fail_from_everywhere(times=3) == [401] * 3
    assert customer.patch("/v1/account", login="janek", current_password=PASSWORD).status == 200
    settled("jan", ZOFIA)
    assert fail_from_everywhere(times=LIMIT + 1, networks=100) == [401] * LIMIT + [429]
