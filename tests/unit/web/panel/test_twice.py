"""A double click, or two tabs at once: the second request meets what the first one has just done."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial

import pytest

from tests.unit import cloud
from tests.unit.accounts.people import (
    JAN,
    NEW_ADDRESS,
    NEW_PASSWORD,
    as_stored,
    kinds_waiting,
    logged_in,
    reset_link,
    settled,
)
from tests.unit.accounts.people import change as change_by_api
from tests.unit.browser import Browser, Page
from tests.unit.clients import PASSWORD
from tests.unit.conftest import FrozenClock
from tests.unit.web.panel.visitors import entered, may_enter, mistakes, notice_on, visitor

pytestmark = pytest.mark.usefixtures("aws_in_memory")

TWICE = {"password": NEW_PASSWORD, "password_again": NEW_PASSWORD}
REGISTRATION = {"login": "jan", "email": JAN, **TWICE}


@contextmanager
def meanwhile(operation: str, do: Callable[[], object]) -> Iterator[None]:
    """Before the first call of this operation reaches AWS, something else happens."""
    waiting = [do]

    def act(call: cloud.Call) -> None:
        if call.operation == operation and waiting:
            copy_context().run(waiting.pop())  # as in a process of its own

    with cloud.before_calls(act):
        yield
    assert not waiting


def same_tab(browser: Browser) -> Browser:
    """The same browser once more, as it is at the second click."""
    again = visitor()
    again.cookies = dict(browser.cookies)
    return again


def test_a_login_that_the_first_click_has_changed_is_told_as_changed() -> None:
    account = settled()
    browser = entered()
    form = browser.open("/data/login")

    def click(by: Browser, login: str) -> Page:
        return by.send(form, "Change the login", login=login, current_password=PASSWORD)

    for operation in ("GetItem", "UpdateItem", "TransactWriteItems"):
        login = f"jan-{operation}"
        with meanwhile(operation, partial(click, same_tab(browser), login)):
            page = click(browser, login)
        assert str(notice_on(page)).startswith("Your login is changed."), operation
        assert as_stored(account).login == login
    assert kinds_waiting() == ["login_changed"] * 3


def test_a_password_that_the_first_click_has_changed_is_told_as_changed() -> None:
    settled()
    browser = entered()
    form = browser.open("/data/password")

    def click(by: Browser) -> Page:
        return by.send(form, "Change the password", current_password=PASSWORD, **TWICE)

    with meanwhile("TransactWriteItems", lambda: click(same_tab(browser))):
        page = click(browser)
    assert str(notice_on(page)).startswith("Your password is changed.")
    assert kinds_waiting() == ["password_changed"]


def test_a_reset_that_the_first_click_has_done_is_told_as_done() -> None:
    link = reset_link(settled())
    browser = visitor()
    form = browser.open("/reset", token=link)
    with meanwhile("TransactWriteItems", lambda: visitor().send(form, "Next", **TWICE)):
        page = browser.send(form, "Next", **TWICE)
    assert (page.path, notice_on(page)) == ("/login", "Your password is changed. Log in with the new one.")
    assert may_enter("jan", NEW_PASSWORD)


def test_an_account_that_the_first_click_has_made_is_told_as_made() -> None:
    browser = visitor()
    form = browser.open("/register")
    with meanwhile("TransactWriteItems", lambda: visitor().send(form, "Register", **REGISTRATION)):
        page = browser.send(form, "Register", **REGISTRATION)
    assert (page.status, page.title) == (201, "Confirm your e-mail address – Telefonia Przykład")
    assert len(cloud.items("ACCOUNTS_TABLE")) == 1


def test_what_was_done_more_than_a_minute_ago_is_no_double_click(frozen_clock: FrozenClock) -> None:
    link = reset_link(settled())
    browser = visitor()
    form = browser.open("/reset", token=link)
    browser.send(form, "Next", **TWICE)
    frozen_clock.advance(seconds=61)
    assert browser.send(form, "Next", **TWICE).status == 410
    assert browser.send(browser.open("/register"), "Register", **REGISTRATION).status == 409


def test_registering_again_with_another_address_is_no_double_click() -> None:
    browser = visitor()
    browser.send(browser.open("/register"), "Register", **REGISTRATION)
    page = browser.send(browser.open("/register"), "Register", **{**REGISTRATION, "email": NEW_ADDRESS})
    assert page.status == 409
    assert mistakes(page) == ["This login is already in use. Please choose another one."]


def test_a_login_changed_in_another_tab_at_the_same_moment_is_told_and_nothing_is_lost() -> None:
    account = settled()
    browser = entered()
    form = browser.open("/data/email")
    jan = logged_in()
    with meanwhile("UpdateItem", lambda: change_by_api(jan, login="janek")):
        page = browser.send(form, "Change the address", email=NEW_ADDRESS, current_password=PASSWORD)
    assert page.path == "/data/email"
    assert notice_on(page) == "Something else was changed at the same moment. Please look, and try again."
    assert as_stored(account).pending_email is None
    again = browser.send(page, "Change the address", email=NEW_ADDRESS, current_password=PASSWORD)
    assert again.path == "/data"
    assert as_stored(account).pending_email == NEW_ADDRESS


def test_two_tabs_that_change_different_things_both_succeed() -> None:
    account = settled()
    browser = entered()
    login, language = browser.open("/data/login"), browser.open("/data/language")
    browser.send(login, "Change the login", login="janek", current_password=PASSWORD)
    browser.send(language, "Save", language="en")
    assert (as_stored(account).login, as_stored(account).language) == ("janek", "en")
