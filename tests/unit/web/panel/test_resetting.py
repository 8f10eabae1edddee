"""The page behind the link of a reminder (R9): whose password it is, a new one typed twice, and Next."""

import pytest

from tests.unit.accounts.people import (
    JAN,
    NEW_PASSWORD,
    ZOFIA,
    as_stored,
    change,
    logged_in,
    reset_link,
    settled,
)
from tests.unit.browser import Browser, Page
from tests.unit.clients import PASSWORD, PostOffice, tokens_in
from tests.unit.conftest import FrozenClock
from tests.unit.web.panel.visitors import (
    SESSION,
    element,
    entered,
    everything,
    is_in,
    log_in,
    may_enter,
    mistakes,
    notice_on,
    visitor,
)

pytestmark = pytest.mark.usefixtures("aws_in_memory")

CHANGED = "Your password is changed. Log in with the new one."
GONE = "This link does not work any more – Telefonia Przykład"


@pytest.fixture
def token(aws_in_memory: None) -> str:
    """The secret of a link that Jan was mailed."""
    return reset_link(settled())


def set_password(browser: Browser, page: Page, password: str, again: str | None = None) -> Page:
    typed = {"password": password, "password_again": password if again is None else again}
    return browser.send(page, "Next", **typed)


def test_the_page_shows_whose_password_it_is_and_the_rules(token: str) -> None:
    page = visitor().open("/reset", token=token)
    assert page.title == "New password – Telefonia Przykład"
    assert "You are setting a new password for the login jan ." in page.words
    for rule in ("at least 8 characters", "a lower-case letter", "an upper-case letter", "a digit"):
        assert rule in page.words
    for name in ("password", "password_again"):
        assert element(page, name)["autocomplete"] == "new-password"
    assert element(page, "username")["value"] == "jan"


def test_the_button_says_dalej(token: str) -> None:
    page = Browser(language="pl").open("/reset", token=token)
    assert "Dalej" in page.form("Dalej").buttons
    assert "Ustawiasz nowe hasło dla loginu jan" in page.words


def test_a_new_password_is_set_and_opens_the_account(token: str) -> None:
    browser = visitor()
    page = set_password(browser, browser.open("/reset", token=token), NEW_PASSWORD)
    assert (page.path, notice_on(page)) == ("/login", CHANGED)
    assert not may_enter("jan", PASSWORD)
    assert log_in(browser, "jan", NEW_PASSWORD).path == "/data"


def test_nobody_is_logged_in_by_the_link_alone(token: str) -> None:
    browser = visitor()
    set_password(browser, browser.open("/reset", token=token), NEW_PASSWORD)
    assert SESSION not in browser.cookies


def test_the_customer_is_out_everywhere_also_in_the_browser_that_did_it(token: str) -> None:
    elsewhere, here = entered(ip="203.0.113.7"), entered()
    page = set_password(here, here.open("/reset", token=token), NEW_PASSWORD)
    assert (page.path, notice_on(page)) == ("/login", CHANGED)
    assert not is_in(elsewhere)
    assert not is_in(here)


def test_the_link_works_in_any_browser_whichever_asked_for_it(post_office: PostOffice) -> None:
    settled()
    asking = visitor()
    asking.send(asking.open("/forgot"), "Send me the message", identifier="jan")
    [mail] = post_office.mails_to(JAN)
    [link] = tokens_in(mail)
    other = visitor(ip="203.0.113.7")
    assert set_password(other, other.open("/reset", token=link), NEW_PASSWORD).path == "/login"


def test_a_password_that_is_too_weak_says_why_and_leaves_the_link_usable(token: str) -> None:
    browser = visitor()
    page = set_password(browser, browser.open("/reset", token=token), "krotkie")
    assert page.status == 422
    assert mistakes(page) == [
        "The password is too short: it needs at least 8 characters.",
        "The password has no upper-case letter.",
        "The password has no digit.",
    ]
    assert element(page, "password")["aria-describedby"].split() == ["password-hint", "password-problem"]
    assert "krotkie" not in page.text
    assert set_password(browser, page, NEW_PASSWORD).path == "/login"


def test_two_passwords_that_differ_change_nothing(token: str) -> None:
    browser = visitor()
    before = everything()
    page = set_password(browser, browser.open("/reset", token=token), NEW_PASSWORD, "Czerwony-Tramwaj-9")
    assert (page.status, mistakes(page)) == (422, ["The two passwords are not the same."])
    assert NEW_PASSWORD not in page.text
    assert everything() == before


def test_a_form_that_was_sent_twice_ends_as_well_as_once(token: str) -> None:
    browser = visitor()
    form = browser.open("/reset", token=token)
    for _ in range(2):
        page = set_password(browser, form, NEW_PASSWORD)
        assert (page.status, page.path, notice_on(page)) == (200, "/login", CHANGED)
    assert may_enter("jan", NEW_PASSWORD)


def test_a_used_link_with_another_password_sets_nothing(token: str) -> None:
    browser = visitor()
    form = browser.open("/reset", token=token)
    set_password(browser, form, NEW_PASSWORD)
    page = set_password(browser, form, "Fioletowy-Statek-9")
    assert (page.status, page.title) == (410, GONE)
    assert may_enter("jan", NEW_PASSWORD)


def test_a_used_link_helps_nobody_to_guess_without_end(token: str) -> None:
    browser = visitor()
    form = browser.open("/reset", token=token)
    set_password(browser, form, NEW_PASSWORD)
    for _ in range(6):
        assert set_password(browser, form, PASSWORD).status == 410
    assert set_password(browser, form, NEW_PASSWORD).status == 410  # too soon after so many guesses


def test_an_expired_link_leads_to_another_one(
    token: str, frozen_clock: FrozenClock, post_office: PostOffice
) -> None:
    browser = visitor()
    form = browser.open("/reset", token=token)
    frozen_clock.advance(minutes=60, seconds=1)
    for page in (browser.open("/reset", token=token), set_password(browser, form, NEW_PASSWORD)):
        assert (page.status, page.title) == (410, GONE)
        assert "works once and for 60 minutes, and only until the next change of password" in page.words
    assert browser.send(page, "Send me the message", identifier="jan").path == "/forgot/sent"
    assert len(post_office.mails_to(JAN)) == 1


def test_a_link_older_than_a_change_of_password_has_expired(token: str) -> None:
    change(logged_in(), password=NEW_PASSWORD)
    assert visitor().open("/reset", token=token).status == 410


@pytest.mark.parametrize("invented", ["", "invented", "\0", "ż" * 3000, '"><script>alert(1)</script>'])
def test_an_invented_link_is_an_expired_one(invented: str) -> None:
    page = visitor().open("/reset", token=invented)
    assert (page.status, page.title) == (410, GONE)
    assert "<script>alert" not in page.text
    assert visitor().open("/reset").status == 410


def test_a_link_is_for_its_account_whatever_login_the_form_says(token: str) -> None:
    zofia = settled("zofia", ZOFIA)
    browser = visitor()
    form = browser.open("/reset", token=token)
    browser.send(form, "Next", username="zofia", password=NEW_PASSWORD, password_again=NEW_PASSWORD)
    assert may_enter("jan", NEW_PASSWORD)
    assert may_enter("zofia", PASSWORD)
    assert as_stored(zofia).password_version == 1


def test_the_switch_of_language_does_not_lose_the_link(token: str) -> None:
    browser = visitor()
    page = browser.send(browser.open("/reset", token=token), "Polski")
    assert (page.status, page.path) == (200, "/reset")
    assert browser.send(page, "Dalej", password=NEW_PASSWORD, password_again=NEW_PASSWORD).path == "/login"
    assert may_enter("jan", NEW_PASSWORD)
