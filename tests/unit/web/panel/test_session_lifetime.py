"""A session in the browser: renewed while used, ended by time, by logging out, and from elsewhere."""

import pytest

from chalicelib.accounts.lifecycle import lock_account
from tests.unit.accounts.people import as_stored, reset, reset_link, settled
from tests.unit.clients import PASSWORD, Customer
from tests.unit.conftest import FrozenClock
from tests.unit.web.panel.visitors import SESSION, entered, everything, is_in, log_in, notice_on

pytestmark = pytest.mark.usefixtures("aws_in_memory")


def test_a_session_that_is_not_used_ends_after_twelve_hours(frozen_clock: FrozenClock) -> None:
    settled()
    browser = entered()
    frozen_clock.advance(hours=12, seconds=-1)
    assert is_in(browser)
    frozen_clock.advance(hours=12)
    page = browser.open("/data")
    assert page.path == "/login"
    assert notice_on(page) == "Your session has ended. Please log in again."


def test_a_session_is_renewed_while_it_is_used_and_ends_after_30_days_at_the_latest(
    frozen_clock: FrozenClock,
) -> None:
    settled()
    browser = entered()
    for _ in range(3 * 30 - 1):
        frozen_clock.advance(hours=8)
        assert is_in(browser)
    frozen_clock.advance(hours=8, seconds=-1)
    assert is_in(browser)
    frozen_clock.advance(seconds=1)
    assert not is_in(browser)


def test_every_page_of_a_customer_renews_the_session(frozen_clock: FrozenClock) -> None:
    settled()
    for path in ("/balance", "/notifications", "/data/login", "/ticket", "/login"):
        browser = entered()
        for _ in range(2):
            frozen_clock.advance(hours=11)
            browser.open(path)
        assert is_in(browser), path


def test_logging_out_ends_the_session_in_the_account_and_takes_the_cookie() -> None:
    account = settled()
    browser = entered()
    token = browser.cookies[SESSION]
    page = browser.send(browser.open("/data"), "Log out")
    assert (page.path, notice_on(page)) == ("/login", "You are logged out.")
    assert SESSION not in browser.cookies
    assert as_stored(account).sessions.as_dict() == {}
    assert Customer(token=token).get("/v1/account").status == 401
    browser.cookies[SESSION] = token  # as if somebody had copied it
    assert not is_in(browser)


def test_logging_out_a_second_time_looks_the_same() -> None:
    settled()
    browser = entered()
    page = browser.open("/data")
    for _ in range(2):
        out = browser.send(page, "Log out")
        assert (out.path, notice_on(out)) == ("/login", "You are logged out.")


def test_logging_out_without_a_session_changes_nothing() -> None:
    settled()
    browser = entered()
    browser.cookies.pop(SESSION)
    before = everything()
    assert browser.send(browser.open("/logout"), "Log out").path == "/login"
    assert everything() == before


def test_a_page_opened_after_logging_out_asks_to_log_in_and_then_comes_back_to_it() -> None:
    settled()
    browser = entered()
    browser.send(browser.open("/data"), "Log out")
    page = browser.open("/data/email")
    assert page.path == "/login"
    assert browser.send(page, "Log in", login="jan", password=PASSWORD).path == "/data/email"


def test_a_form_sent_after_logging_out_elsewhere_does_nothing_and_leads_back_to_its_page() -> None:
    account = settled()
    browser = entered()
    page = browser.open("/data/login")
    browser.post("/logout")
    answer = browser.send(page, "Change the login", login="janek", current_password=PASSWORD)
    assert answer.path == "/login"
    assert as_stored(account).login == "jan"
    assert browser.send(answer, "Log in", login="jan", password=PASSWORD).path == "/data/login"


def test_a_reset_by_link_ends_the_session_of_every_browser() -> None:
    account = settled()
    browsers = [entered(), entered(ip="203.0.113.7")]
    assert reset(Customer(), reset_link(account)).status == 204
    assert not any(map(is_in, browsers))


def test_a_locked_customer_is_out_at_once_and_does_not_come_in() -> None:
    account = settled()
    browser = entered()
    lock_account(account.account_id)
    assert not is_in(browser)
    assert log_in(browser).status == 422
