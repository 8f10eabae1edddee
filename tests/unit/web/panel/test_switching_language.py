"""The language of pages and messages (R21): chosen at the foot of every page, or in the Data tab."""

import pytest

from tests.unit import cloud
from tests.unit.accounts.asking import change
from tests.unit.accounts.people import as_stored, settled
from tests.unit.browser import Browser
from tests.unit.clients import PASSWORD
from tests.unit.web.panel.visitors import LANGUAGE, entered, everything, notice_on, visitor

pytestmark = pytest.mark.usefixtures("aws_in_memory")


def test_the_language_of_the_messages_is_chosen_in_the_data_tab() -> None:
    account = settled()
    browser = entered()
    form = browser.open("/data/language")
    assert form.form("Save").fields["language"] == "pl"
    page = browser.send(form, "Save", language="en")
    assert (page.path, notice_on(page)) == ("/data", "We will write to you in this language.")
    assert as_stored(account).language == browser.cookies[LANGUAGE] == "en"


def test_the_switch_on_every_page_is_kept_in_the_cookie_and_the_profile() -> None:
    account = settled()
    change(account, language="en")
    browser = entered()
    page = browser.send(browser.open("/notifications"), "Polski")
    assert page.path == "/notifications"
    assert '<html lang="pl">' in page.text
    assert browser.cookies[LANGUAGE] == "pl"
    assert as_stored(account).language == "pl"
    assert '<html lang="en">' in browser.send(page, "English").text


def test_without_a_session_the_switch_is_kept_in_the_cookie_alone() -> None:
    settled()
    before = everything()
    browser = Browser(language="pl")
    page = browser.send(browser.open("/login"), "English")
    assert (page.path, browser.cookies[LANGUAGE]) == ("/login", "en")
    assert '<html lang="en">' in page.text
    assert everything() == before


def test_choosing_the_language_that_is_chosen_writes_nothing(wire: cloud.Wire) -> None:
    settled()
    browser = entered()
    wire.clear()
    assert browser.post("/language", language="pl", page="/data").status == 303
    assert wire.calls == ["GetItem"]


@pytest.mark.parametrize("fields", [{}, {"language": "de"}, {"language": ""}, {"language": "en-GB"}])
def test_a_language_that_is_none_of_ours_changes_nothing(fields: dict[str, str]) -> None:
    settled()
    browser = entered()
    before = everything()
    for path in ("/language", "/data/language"):
        assert browser.post(path, **fields).status == 400
    assert everything() == before


def test_the_switch_keeps_the_place_in_the_list_of_messages() -> None:
    settled()
    browser = entered()
    cursor = "01M81B5H80K9KPDGR5TNZ7G1NA"
    answer = browser.send(browser.open("/notifications", cursor=cursor), "Polski")
    assert (answer.path, answer.query) == ("/notifications", f"cursor={cursor}")


def test_the_switch_keeps_the_page_that_is_wanted_after_logging_in() -> None:
    settled()
    browser = visitor()
    page = browser.send(browser.send(browser.open("/data/email"), "Polski"), "English")
    assert browser.send(page, "Log in", login="jan", password=PASSWORD).path == "/data/email"


@pytest.mark.parametrize("token", ["x" * 201, "x" * 5000])
def test_what_is_no_token_of_ours_is_not_carried_along(token: str) -> None:
    answer = visitor().post("/language", language="pl", page="/reset", token=token)
    assert answer.header("Location") == "reset"


@pytest.mark.parametrize("token", ["a&next=//evil.example", "a#b", "a\r\nSet-Cookie: x=y", "ż", "a b", "?"])
def test_what_is_carried_along_stays_in_its_place_of_the_address(token: str) -> None:
    browser = visitor()
    page = browser.send(browser.open("/confirm", token=token), "Polski")
    assert page.path == "/confirm"
    assert page.form("Potwierdź adres").fields["token"] == token


def test_nothing_that_was_typed_is_carried_along() -> None:
    browser = visitor()
    refused = browser.post("/login", login="jan", password="Zly-Rower-7")
    assert refused.form("Polski").fields.keys() == {"form_token", "page"}
