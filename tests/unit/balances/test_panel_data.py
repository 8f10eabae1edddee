"""What customers see of their balance, and what they choose about being told."""

from typing import Any

import pytest

from chalicelib import storage
from chalicelib.accounts.models import Account, Status
from tests.unit import cloud
from tests.unit.accounts.people import JAN, logged_in, settled
from tests.unit.balances.billing import row_of, run, tell, waiting
from tests.unit.clients import PASSWORD, Customer
from tests.unit.conftest import FrozenClock

pytestmark = pytest.mark.usefixtures("aws_in_memory")


def balance_in(profile: Any) -> dict[str, Any]:
    names = (
        "balance",
        "balance_as_of",
        "low_balance_threshold",
        "low_balance_notices",
        "last_balance_notice",
    )
    return {name: profile[name] for name in names}


def test_before_any_balance_came_the_profile_shows_the_operators_threshold() -> None:
    settled()
    assert balance_in(logged_in().get("/v1/account").json) == {
        "balance": None,
        "balance_as_of": None,
        "low_balance_threshold": "5.00",
        "low_balance_notices": True,
        "last_balance_notice": None,
    }


def test_the_profile_shows_balance_threshold_and_last_notice(frozen_clock: FrozenClock) -> None:
    jan = settled()
    browser = logged_in()
    tell(jan, "4.99")
    frozen_clock.advance(minutes=1)
    run()
    assert balance_in(browser.get("/v1/account").json) == {
        "balance": "4.99",
        "balance_as_of": "2026-11-22T10:00:01Z",
        "low_balance_threshold": "5.00",
        "low_balance_notices": True,
        "last_balance_notice": {"kind": "low_balance", "at": "2026-11-22T10:01:01Z"},
    }
    tell(jan, "-0.50")
    run()
    shown = balance_in(browser.get("/v1/account").json)
    assert shown["balance"] == "-0.50"
    assert shown["last_balance_notice"] == {"kind": "balance_exhausted", "at": "2026-11-22T10:01:02Z"}


def test_the_operators_threshold_is_a_setting(with_settings: Any) -> None:
    with_settings(LOW_BALANCE_DEFAULT="12.50")
    jan = settled()
    tell(jan, "12.49")
    assert logged_in().get("/v1/account").json["low_balance_threshold"] == "12.50"
    assert run()["told"] == 1


def test_the_history_has_a_point_for_each_day_oldest_first(frozen_clock: FrozenClock) -> None:
    jan = settled()
    tell(jan, "20.00", "19.00")
    frozen_clock.advance(days=2)
    tell(jan, "-1.50")
    assert logged_in().get("/v1/account/balance-history").json == {
        "points": [
            {"date": "2026-11-22", "balance": "19.00"},
            {"date": "2026-11-24", "balance": "-1.50"},
        ]
    }


def test_the_history_begins_empty() -> None:
    settled()
    assert logged_in().get("/v1/account/balance-history").json == {"points": []}


def test_a_balance_is_nobody_elses_business() -> None:
    tell(settled(), "20.00")
    settled("zofia", "zofia@poczta.example")
    zofia = logged_in("zofia")
    assert zofia.get("/v1/account").json["balance"] is None
    assert zofia.get("/v1/account/balance-history").json == {"points": []}
    assert Customer().get("/v1/account/balance-history").code == "not_logged_in"


def test_the_threshold_and_the_notices_are_the_customers_to_choose() -> None:
    jan = settled()
    browser = logged_in()
    tell(jan, "20.00")
    changed = browser.patch("/v1/account", low_balance_threshold="25.00", low_balance_notices=False)
    assert changed.status == 200
    for profile in (changed.json, browser.get("/v1/account").json):
        shown = balance_in(profile)
        assert (shown["low_balance_threshold"], shown["low_balance_notices"]) == ("25.00", False)
        assert shown["balance"] == "20.00"


def test_what_is_not_chosen_stays(frozen_clock: FrozenClock) -> None:
    settled()
    browser = logged_in()
    browser.patch("/v1/account", low_balance_threshold="25.00")
    browser.patch("/v1/account", low_balance_notices=False)
    changed = browser.patch("/v1/account", language="en")
    shown = balance_in(changed.json)
    assert (shown["low_balance_threshold"], shown["low_balance_notices"]) == ("25.00", False)


def test_a_choice_before_any_balance_came_holds_for_the_first_one() -> None:
    jan = settled()
    logged_in().patch("/v1/account", low_balance_threshold="25.00")
    run()  # looks whether a balance came at the same moment
    assert "due_at" not in cloud.items("BALANCES_TABLE")[0]
    tell(jan, "20.00")
    assert run()["told"] == 1


def test_who_raises_the_threshold_above_the_balance_is_told() -> None:
    jan = settled()
    tell(jan, "20.00")
    logged_in().patch("/v1/account", low_balance_threshold="25.00")
    assert run()["told"] == 1
    assert run()["told"] == 0


def test_who_changes_the_threshold_and_has_enough_is_not_told() -> None:
    jan = settled()
    tell(jan, "20.00")
    logged_in().patch("/v1/account", low_balance_threshold="15.00")
    assert run() == {"told": 0, "skipped": {"reviewed": 1}, "shards_left": 0}
    assert run() == {"told": 0, "skipped": {}, "shards_left": 0}


def test_who_switches_the_notices_off_is_told_of_an_exhausted_balance_only() -> None:
    jan = settled()
    logged_in().patch("/v1/account", low_balance_notices=False)
    tell(jan, "4.99")
    assert run()["told"] == 0
    tell(jan, "0.00")
    assert run()["told"] == 1
    assert waiting() == ["balance_exhausted"]


def test_who_switches_the_notices_on_with_a_low_balance_is_told() -> None:
    jan = settled()
    browser = logged_in()
    browser.patch("/v1/account", low_balance_notices=False)
    tell(jan, "4.99")
    browser.patch("/v1/account", low_balance_notices=True)
    assert run()["told"] == 1


def test_a_lower_threshold_makes_the_balance_enough_again(frozen_clock: FrozenClock) -> None:
    jan = settled()
    tell(jan, "4.00")
    run()
    logged_in().patch("/v1/account", low_balance_threshold="2.00")
    tell(jan, "1.99")
    assert row_of(jan).settled is None
    frozen_clock.advance(days=1)
    assert run()["told"] == 1


def test_a_choice_and_a_balance_at_the_same_time_are_both_heard() -> None:
    jan = settled()
    browser = logged_in()
    tell(jan, "20.00")
    billed: list[str] = []

    def bill(call: cloud.Call) -> None:
        if call.operation == "TransactWriteItems" and not billed:
            billed.append("8.00")
            tell(jan, "8.00")

    with cloud.before_calls(bill):
        assert browser.patch("/v1/account", low_balance_threshold="10.00").status == 200
    assert (row_of(jan).balance, row_of(jan).threshold) == (800, 1000)
    assert run()["told"] == 1


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("-0.01", "out_of_range"),
        ("10000.01", "out_of_range"),
        ("5", "invalid"),
        ("5,00", "invalid"),
        ("much", "invalid"),
        ("", "invalid"),
        ("5.00\n", "invalid"),
        ("1" * 1000, "invalid"),
    ],
)
def test_a_threshold_that_is_no_amount_is_refused_and_nothing_is_changed(typed: str, code: str) -> None:
    settled()
    browser = logged_in()
    refused = browser.patch(
        "/v1/account", low_balance_threshold=typed, login="janek", current_password=PASSWORD
    )
    assert (refused.status, refused.code) == (422, "invalid_threshold")
    assert refused.json["errors"] == [{"field": "low_balance_threshold", "code": code}]
    assert browser.get("/v1/account").json["login"] == "jan"


@pytest.mark.parametrize("typed", ["0.00", "0.01", "10000.00"])
def test_a_threshold_may_be_any_amount_in_its_range(typed: str) -> None:
    settled()
    assert (
        logged_in().patch("/v1/account", low_balance_threshold=typed).json["low_balance_threshold"] == typed
    )


def test_a_change_that_is_refused_leaves_the_choices_as_they_were() -> None:
    settled()
    browser = logged_in()
    refused = browser.patch(
        "/v1/account", low_balance_threshold="25.00", login="janek", current_password="Inne-Haslo-9"
    )
    assert refused.code == "wrong_password"
    assert browser.get("/v1/account").json["low_balance_threshold"] == "5.00"


def test_whoever_is_locked_meanwhile_chooses_nothing_any_more() -> None:
    jan = settled()
    browser = logged_in()

    def lock(call: cloud.Call) -> None:
        if call.operation == "TransactWriteItems":
            storage.write(storage.update(Account(jan.account_id), Account.status.set(Status.LOCKED)))

    with cloud.before_calls(lock):
        assert browser.patch("/v1/account", low_balance_threshold="25.00").code == "not_logged_in"
    assert cloud.items("BALANCES_TABLE") == []


def test_the_log_in_answers_without_the_balance_which_would_cost_another_call() -> None:
    tell(settled(), "20.00")
    account = Customer().log_in("jan").json["account"]
    assert account["email"] == JAN
    assert "balance" not in account
