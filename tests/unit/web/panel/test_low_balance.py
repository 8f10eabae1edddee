"""Choosing to be told of a low balance (R15): amounts as people write them, and the switch."""

import pytest

from chalicelib import storage
from chalicelib.balances.models import Balance
from tests.unit.accounts.people import settled
from tests.unit.balances.billing import row_of, tell
from tests.unit.browser import Browser, Page
from tests.unit.web.panel.visitors import LANGUAGE, element, entered, mistakes, notice_on

pytestmark = pytest.mark.usefixtures("aws_in_memory")

SAVED = "Your choice about low-balance notices is saved."
AMOUNT, RANGE = "Enter an amount such as 12.50.", "Enter an amount from PLN 0 to PLN 10,000."


def choose(browser: Browser, amount: str, notices: str | None = "on") -> Page:
    form = browser.open("/data/low-balance")
    return browser.send(form, "Save", low_balance_threshold=amount, notices=notices)


def test_before_any_choice_the_page_shows_the_operators() -> None:
    settled()
    form = entered().open("/data/low-balance").form("Save")
    assert form.fields["low_balance_threshold"] == "5.00"
    assert form.fields["notices"] == "on"


@pytest.mark.parametrize(
    ("typed", "grosze"),
    [
        ("5", 500),
        ("5,5", 550),
        ("5.5", 550),
        ("5,", 500),
        ("12.50 zł", 1250),
        ("12,50zł", 1250),
        ("12,50 ZŁ", 1250),
        ("12.50 PLN", 1250),
        ("1 000", 100000),
        ("1\N{NO-BREAK SPACE}000,00\N{NO-BREAK SPACE}zł", 100000),
        ("10 000", 1000000),
        ("  7.25  ", 725),
        ("007", 700),
        ("0", 0),
    ],
)
def test_an_amount_is_understood_as_people_write_it(typed: str, grosze: int) -> None:
    account = settled()
    page = choose(entered(), typed)
    assert (page.path, notice_on(page)) == ("/data", SAVED)
    assert row_of(account).threshold == grosze


@pytest.mark.parametrize(
    ("typed", "mistake"),
    [
        ("", AMOUNT),
        ("   ", AMOUNT),
        ("pięć", AMOUNT),
        ("5.5.5", AMOUNT),
        ("1.000", AMOUNT),
        ("1,234", AMOUNT),
        (".50", AMOUNT),
        ("5 zł 50 gr", AMOUNT),
        ("-5", AMOUNT),
        ("5e3", AMOUNT),
        ("٥", AMOUNT),
        ("\0", AMOUNT),
        ("9" * 20, AMOUNT),
        ("NaN", AMOUNT),
        ("-5.00", RANGE),
        ("10000.01", RANGE),
        ("99999", RANGE),
    ],
)
def test_what_is_no_amount_changes_nothing_and_stays_in_the_field(typed: str, mistake: str) -> None:
    account = settled()
    page = choose(entered(), typed)
    assert (page.status, mistakes(page)) == (422, [mistake])
    assert element(page, "low_balance_threshold")["value"] == typed
    assert storage.get(Balance, account.account_id) is None


def test_the_notices_can_be_switched_off_and_on() -> None:
    account = settled()
    tell(account, "20.00")
    browser = entered()
    off = choose(browser, "5", notices=None)
    assert "Low balance we do not tell you" in off.words
    assert row_of(account).notices is False
    form = browser.open("/data/low-balance").form("Save")
    assert "notices" not in form.fields
    assert "Low balance we tell you below PLN 5.00" in choose(browser, "5").words
    assert row_of(account).notices is True


def test_a_mistyped_amount_does_not_forget_the_switch() -> None:
    settled()
    browser = entered()
    refused = choose(browser, "x", notices=None)
    assert "notices" not in refused.form("Save").fields
    refused = choose(browser, "x")
    assert refused.form("Save").fields["notices"] == "on"


def test_in_polish_the_amount_has_a_comma_and_is_taken_back_as_it_stands() -> None:
    account = settled()
    browser = entered()
    choose(browser, "12.5")
    browser.cookies[LANGUAGE] = "pl"
    form = browser.open("/data/low-balance")
    assert element(form, "low_balance_threshold")["value"] == "12,50"
    assert browser.send(form, "Zapisz").path == "/data"
    assert row_of(account).threshold == 1250


def test_a_choice_keeps_the_balance_and_its_history() -> None:
    account = settled()
    tell(account, "20.00")
    choose(entered(), "25")
    assert row_of(account).balance == 2000
    assert dict(row_of(account).history)
