"""Changing the password in the Data tab (R12): who may, what must be typed, and who is logged out by it."""

import pytest

from tests.unit.accounts.people import JAN, NEW_PASSWORD, as_stored, kinds_waiting, reset_link, settled
from tests.unit.browser import Browser, Page
from tests.unit.clients import PASSWORD, Customer, PostOffice
from tests.unit.web.panel.visitors import (
    element,
    entered,
    everything,
    is_in,
    may_enter,
    mistakes,
    notice_on,
)

pytestmark = pytest.mark.usefixtures("aws_in_memory")

CHANGED = "Your password is changed. Your other devices are logged out."


def typed(current: str = PASSWORD, password: str = NEW_PASSWORD, again: str | None = None) -> dict[str, str]:
    again = password if again is None else again
    return {"current_password": current, "password": password, "password_again": again}


def change_password(browser: Browser, **fields: str) -> Page:
    return browser.send(browser.open("/data/password"), "Change the password", **fields)


def test_the_new_password_works_and_the_old_one_does_not(post_office: PostOffice) -> None:
    settled()
    page = change_password(entered(), **typed())
    assert (page.path, notice_on(page)) == ("/data", CHANGED)
    assert may_enter("jan", NEW_PASSWORD)
    assert not may_enter("jan", PASSWORD)
    assert len(post_office.mails_to(JAN)) == 1


def test_every_other_device_is_logged_out_and_this_one_is_not() -> None:
    settled()
    other, here = entered(ip="203.0.113.7"), entered()
    change_password(here, **typed())
    assert is_in(here)
    assert not is_in(other)


def test_open_reset_links_work_no_more() -> None:
    account = settled()
    link = reset_link(account)
    browser = entered()
    change_password(browser, **typed())
    assert browser.open("/reset", token=link).status == 410


@pytest.mark.parametrize(
    ("fields", "status", "mistake"),
    [
        (typed(current="Zly-Rower-7"), 403, "The current password is not right."),
        (typed(current=""), 403, "The current password is not right."),
        (typed(password="krotkiE1"[:7]), 422, "The password is too short: it needs at least 8 characters."),
        (typed(password="Jan-Kowalski-7"), 422, "The password contains your login or e-mail address."),
        (typed(again="Czerwony-Tramwaj-9"), 422, "The two passwords are not the same."),
        (typed(again=""), 422, "The two passwords are not the same."),
    ],
)
def test_a_password_that_cannot_be_changed_is_told_why_and_is_not_shown_again(
    fields: dict[str, str], status: int, mistake: str
) -> None:
    settled()
    page = change_password(entered(), **fields)
    assert page.status == status
    assert mistake in mistakes(page)
    for name, value in fields.items():
        assert "value" not in element(page, name)
        assert not value or value not in page.text
    assert may_enter("jan", PASSWORD)
    assert kinds_waiting() == []


def test_a_form_that_was_sent_twice_ends_as_well_as_once() -> None:
    account = settled()
    browser = entered()
    form = browser.open("/data/password")
    for _ in range(2):
        page = browser.send(form, "Change the password", **typed())
        assert (page.status, page.path, notice_on(page)) == (200, "/data", CHANGED)
    assert as_stored(account).password_version == 2
    assert kinds_waiting() == ["password_changed"]


def test_a_stolen_session_cannot_find_out_the_password_by_typing_it_as_the_new_one() -> None:
    settled()
    thief = entered()
    guesses = [
        change_password(thief, **typed("Zly-Rower-7", f"Zgadywany-Rower-{n}")).status for n in range(21)
    ]
    assert guesses == [403] * 20 + [429]


def test_the_sip_password_and_the_language_stay_as_they_are() -> None:
    account = settled()
    before = as_stored(account)
    change_password(entered(), **typed())
    after = as_stored(account)
    assert (after.sip_number, after.language, after.email) == (
        before.sip_number,
        before.language,
        before.email,
    )


def test_a_session_that_has_ended_meanwhile_changes_nothing() -> None:
    settled()
    browser = entered()
    form = browser.open("/data/password")
    Customer(token=browser.cookies["__Host-session"]).request("DELETE", "/v1/sessions")
    before = everything()
    assert browser.send(form, "Change the password", **typed()).path == "/login"
    assert everything() == before
