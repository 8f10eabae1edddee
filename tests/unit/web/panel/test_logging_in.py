"""The log-in page: by login, never by an address that is none (R3), with the way back in beside it (R5)."""

import pytest

from chalicelib.accounts.models import Status
from tests.unit.accounts.people import JAN, ZOFIA, settled
from tests.unit.browser import Browser, Page
from tests.unit.clients import PASSWORD
from tests.unit.web.panel.visitors import (
    SESSION,
    element,
    entered,
    is_in,
    log_in,
    mistakes,
    notice_on,
    visitor,
)

pytestmark = pytest.mark.usefixtures("aws_in_memory")

WRONG = (
    "Wrong login or password. You log in with your login, not with your e-mail address, unless you have "
    "made it your login."
)


def refused(login: str, password: str) -> Page:
    """The page after logging in has failed; nobody is in."""
    browser = visitor()
    page = log_in(browser, login, password)
    assert SESSION not in browser.cookies
    return page


def test_the_page_asks_for_the_login_and_says_that_it_is_no_address() -> None:
    page = visitor().open("/login")
    assert page.title == "Log in – Telefonia Przykład"
    assert "Not your e-mail address, unless you have made it your login." in page.words
    assert element(page, "login")["autocomplete"] == "username"
    assert element(page, "password")["autocomplete"] == "current-password"


def test_the_page_shows_the_ways_of_who_cannot_log_in() -> None:
    page = visitor().open("/login")
    addresses = {attributes.get("href") for _, attributes in page.parsed.elements}
    assert {"forgot", "register", "ticket"} <= addresses
    assert "Your SIP device or app does not use this login" in page.words


@pytest.mark.parametrize("login", ["jan", "JAN", " jan ", "ｊａｎ"])
def test_a_customer_is_let_in_by_any_spelling_of_the_login(login: str) -> None:
    settled()
    page = log_in(visitor(), login)
    assert (page.status, page.path) == (200, "/data")
    assert JAN in page.words


@pytest.mark.parametrize(
    ("login", "password"),
    [("jan", "Zly-Rower-7"), ("nobody", PASSWORD), (JAN, PASSWORD), ("", ""), ("jan", ""), ("\x1f", "\0")],
)
def test_whoever_is_wrong_is_told_the_same_and_shown_the_way_back_in(login: str, password: str) -> None:
    settled()
    page = refused(login, password)
    assert page.status == 422
    assert mistakes(page) == [WRONG]
    assert "Forgot your password?" in page.words
    assert element(page, "login")["value"] == login
    assert "value" not in element(page, "password")


@pytest.mark.parametrize("status", [Status.LOCKED, Status.DELETED])
def test_an_account_that_may_not_be_entered_is_refused_like_a_wrong_password(status: Status) -> None:
    settled(status=status)
    page = refused("jan", PASSWORD)
    assert (page.status, mistakes(page)) == (422, [WRONG])


@pytest.mark.parametrize("status", [Status.REGISTERED, Status.BLOCKED])
def test_who_is_not_verified_or_has_no_funds_comes_in_and_is_told(status: Status) -> None:
    settled(status=status)
    told = {
        Status.REGISTERED: "registered, waiting for verification",
        Status.BLOCKED: "blocked: top up to use the services",
    }
    assert told[status] in log_in(visitor()).words


def test_an_address_that_was_made_the_login_lets_in() -> None:
    settled(JAN, JAN)
    assert log_in(visitor(), JAN).path == "/data"


def test_the_login_stays_in_the_field_for_the_next_try() -> None:
    settled()
    browser = visitor()
    again = log_in(browser, "jan", "Zly-Rower-7")
    assert again.form("Log in").fields["login"] == "jan"
    assert browser.send(again, "Log in", password=PASSWORD).path == "/data"


def test_a_login_made_to_break_the_page_is_only_shown() -> None:
    page = refused('"><script>alert(1)</script>', PASSWORD)
    assert "<script>alert" not in page.text
    assert element(page, "login")["value"] == '"><script>alert(1)</script>'


def test_logging_in_again_in_the_same_browser_ends_the_session_before() -> None:
    settled()
    settled("zofia", ZOFIA)
    browser = entered()
    first = browser.cookies[SESSION]
    browser.post("/login", login="zofia", password=PASSWORD)
    assert ZOFIA in browser.open("/data").words
    browser.cookies[SESSION] = first
    assert not is_in(browser)


def test_a_browser_that_keeps_no_cookies_is_told_so_instead_of_being_sent_round_in_circles() -> None:
    settled()
    browser = Browser(language="en")
    page = browser.post("/login", login="jan", password=PASSWORD)
    assert page.status == 422
    assert mistakes(page) == [
        "Your browser does not keep our cookies, without which you cannot stay logged in. Please allow them."
    ]
    assert SESSION not in browser.cookies


def test_the_log_in_page_of_a_session_that_has_ended_is_an_ordinary_one() -> None:
    settled()
    browser = visitor()
    browser.cookies[SESSION] = "ended"
    page = browser.open("/login")
    assert page.status == 200
    assert notice_on(page) is None
    assert browser.send(page, "Log in", login="jan", password=PASSWORD).path == "/data"
