"""The Data tab (R12): what it shows, and changing the login."""

import pytest

from chalicelib.accounts.models import Status
from tests.unit.accounts.asking import change
from tests.unit.accounts.people import JAN, ZOFIA, as_stored, kinds_waiting, settled
from tests.unit.balances.billing import tell
from tests.unit.browser import Browser, Page
from tests.unit.clients import PASSWORD
from tests.unit.conftest import FrozenClock
from tests.unit.web.panel.visitors import (
    element,
    entered,
    log_in,
    may_enter,
    mistakes,
    notice_on,
    visitor,
)

pytestmark = pytest.mark.usefixtures("aws_in_memory")


def change_login(browser: Browser, login: str, current: str = PASSWORD) -> Page:
    form = browser.open("/data/login")
    return browser.send(form, "Change the login", login=login, current_password=current)


def test_everything_is_seen_at_a_glance() -> None:
    account = settled()
    change(account, sip_number="600000001")
    tell(account, "12.50")
    words = entered().open("/data").words
    for told in (
        "Login jan",
        f"E-mail {JAN}",
        "Password set on 22 November 2026 at 11:00 (CET)",
        "Language polski",
        "Low balance we tell you below PLN 5.00",
        "SIP account 600000001",
        "Account active",
        "Logged in on 1 device",
    ):
        assert told in words


def test_a_customer_who_is_not_verified_yet_is_told_so() -> None:
    settled(status=Status.REGISTERED)
    page = entered().open("/data")
    assert "SIP account after your account is verified" in page.words
    assert "New SIP password" not in page.words


def test_devices_whose_session_has_ended_are_not_counted(frozen_clock: FrozenClock) -> None:
    settled()
    entered(ip="203.0.113.7")
    frozen_clock.advance(hours=13)
    assert "Logged in on 1 device " in entered().open("/data").words


def test_the_old_login_stops_and_the_new_one_works() -> None:
    account = settled()
    page = change_login(entered(), " janek ")
    assert (page.path, notice_on(page)) == (
        "/data",
        "Your login is changed. From now on you log in with the new one.",
    )
    assert "Login janek" in page.words
    assert as_stored(account).login == "janek"
    assert may_enter("janek", PASSWORD)
    assert not may_enter("jan", PASSWORD)


def test_the_address_can_be_made_the_login(aws_in_memory: None) -> None:
    settled()
    browser = entered()
    assert f"If you want to log in with your e-mail address, enter it as the login: {JAN}" in (
        browser.open("/data/login").words
    )
    assert change_login(browser, JAN).path == "/data"
    assert log_in(visitor(ip="203.0.113.7"), JAN).path == "/data"


def test_an_address_that_is_not_confirmed_cannot_be_made_the_login() -> None:
    settled(confirmed=False)
    browser = entered()
    assert "confirm the address first" in browser.open("/data/login").words
    page = change_login(browser, JAN)
    assert page.status == 422
    assert mistakes(page) == [
        "An e-mail address can be your login only if it is the confirmed address of your account."
    ]


@pytest.mark.parametrize(
    ("login", "current", "status", "mistake"),
    [
        ("zofia", PASSWORD, 409, "This login is already in use. Please choose another one."),
        ("ZOFIA", PASSWORD, 409, "This login is already in use. Please choose another one."),
        (ZOFIA, PASSWORD, 422, "An e-mail address can be your login only if it is the confirmed address"),
        ("j", PASSWORD, 422, "The login is too short: it needs at least 3 characters."),
        ("", PASSWORD, 422, "The login is too short: it needs at least 3 characters."),
        ("Jan", "Nie-to-haslo-9", 403, "The current password is not right."),
        ("jan kowalski", PASSWORD, 422, "The login may have letters, digits, dots, hyphens"),
        ("janek", "Zly-Rower-7", 403, "The current password is not right."),
        ("janek", "", 403, "The current password is not right."),
    ],
)
def test_a_login_that_cannot_be_changed_is_told_why(
    login: str, current: str, status: int, mistake: str
) -> None:
    account = settled()
    settled("zofia", ZOFIA)
    page = change_login(entered(), login, current)
    [told] = mistakes(page)
    assert (page.status, told[: len(mistake)]) == (status, mistake)
    assert element(page, "login")["value"] == login
    assert as_stored(account).login == "jan"
    assert kinds_waiting() == []


def test_a_form_that_was_sent_twice_changes_the_login_once() -> None:
    account = settled()
    browser = entered()
    form = browser.open("/data/login")
    for _ in range(2):
        page = browser.send(form, "Change the login", login="janek", current_password=PASSWORD)
        assert page.path == "/data"
    assert as_stored(account).login == "janek"
    assert kinds_waiting() == ["login_changed"]
