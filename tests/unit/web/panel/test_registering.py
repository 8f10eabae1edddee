"""Registering (R1), confirming the address, and getting the link again or to another address."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit import cloud
from tests.unit.accounts.people import JAN, NEW_ADDRESS, ZOFIA, as_stored, confirm_link, settled
from tests.unit.browser import Browser, Page
from tests.unit.clients import PASSWORD, PostOffice, tokens_in
from tests.unit.conftest import FrozenClock
from tests.unit.web.panel.visitors import element, entered, log_in, may_enter, mistakes, notice_on, visitor

pytestmark = pytest.mark.usefixtures("aws_in_memory")

TWICE = {"password": PASSWORD, "password_again": PASSWORD}
FORM: dict[str, Any] = {"login": "jan", "email": JAN, **TWICE}
CONFIRMED = "Your e-mail address is confirmed."
SENT_AGAIN = "We have sent you a new link. Look in all folders of your mailbox, spam too."


def register(browser: Browser, **typed: str) -> Page:
    return browser.send(browser.open("/register"), "Register", **(FORM | typed))


def accounts() -> int:
    return len(cloud.items("ACCOUNTS_TABLE"))


def test_a_customer_registers_confirms_and_is_in(post_office: PostOffice) -> None:
    browser = visitor()
    page = register(browser)
    assert (page.status, page.title) == (201, "Confirm your e-mail address – Telefonia Przykład")
    assert f"We have sent a message with a link to {JAN} ." in page.words
    assert "The link works for 24 hours." in page.words
    [token] = tokens_in(post_office.mails_to(JAN)[-1])
    confirmed = browser.send(browser.open("/confirm", token=token), "Confirm the address")
    assert (confirmed.status, confirmed.title) == (200, "Thank you – Telefonia Przykład")
    assert CONFIRMED in confirmed.words
    assert "not confirmed" not in log_in(browser).words


def test_the_page_says_where_else_the_message_may_be(post_office: PostOffice) -> None:
    words = register(visitor()).words
    assert "Look in every folder: spam, and in some mailboxes social, notifications, offers." in words
    assert "Add panel@poczta.example to your contacts" in words
    assert "copy it from the message and paste it into the address bar of your browser" in words


def test_before_confirming_one_can_log_in_and_is_reminded() -> None:
    browser = visitor()
    register(browser)
    data = log_in(browser)
    assert "Your e-mail address is not confirmed yet" in data.words
    assert "registered, waiting for verification" in data.words


def test_confirming_is_told_apart_from_whoever_is_logged_in_there() -> None:
    account = settled(confirmed=False)
    settled("zofia", ZOFIA)
    browser = entered("zofia")
    page = browser.send(browser.open("/confirm", token=confirm_link(account)), "Confirm the address")
    assert CONFIRMED in page.words
    assert not {JAN, ZOFIA} & set(page.words.split())
    assert as_stored(account).email_confirmed_at is not None


def test_a_form_that_was_sent_twice_makes_one_account_and_looks_the_same(post_office: PostOffice) -> None:
    browser = visitor()
    form = browser.open("/register")
    first, second = (browser.send(form, "Register", **FORM) for _ in range(2))
    assert (second.status, second.words) == (201, first.words)
    assert accounts() == 1
    assert len(post_office.mails_to(JAN)) == 1


def test_a_login_of_somebody_else_is_refused_beside_its_field() -> None:
    settled("jan", ZOFIA)
    page = register(visitor(), password="Czerwony-Kot-8", password_again="Czerwony-Kot-8")
    assert page.status == 409
    assert mistakes(page) == ["This login is already in use. Please choose another one."]
    assert element(page, "login")["aria-describedby"].split() == ["login-hint", "login-problem"]
    assert element(page, "login")["aria-invalid"] == "true"
    assert page.title.startswith("Error: Register")
    assert accounts() == 1


def test_everything_that_is_wrong_is_told_at_once_and_what_was_typed_stays() -> None:
    page = register(visitor(), login="j", email="jan@", password="kot", password_again="pies")
    assert page.status == 422
    assert set(mistakes(page)) == {
        "This is not an e-mail address that we can write to.",
        "The login is too short: it needs at least 3 characters.",
        "The password is too short: it needs at least 8 characters.",
        "The password has no upper-case letter.",
        "The password has no digit.",
        "The two passwords are not the same.",
    }
    assert (element(page, "login")["value"], element(page, "email")["value"]) == ("j", "jan@")
    assert "value" not in element(page, "password")
    assert "value" not in element(page, "password_again")
    assert not {"kot", "pies"} & set(page.text.replace('"', " ").split())
    assert accounts() == 0


@pytest.mark.parametrize(
    ("typed", "mistake"),
    [
        ({"login": "jan kowalski"}, "The login may have letters, digits, dots, hyphens and underscores"),
        ({"login": "x" * 65}, "The login is too long: at most 64 characters are allowed."),
        ({"login": JAN}, "An e-mail address can become your login once it is confirmed"),
        ({"email": f"{'x' * 250}@y.example"}, "The e-mail address is too long."),
        ({"password": "jan-Kowalski-7"}, "The password contains your login or e-mail address."),
        ({"password": "Password123"}, "The password is one of the most common ones"),
        ({"password": "Aa1" * 400}, "The password is too long: at most 1024 bytes are allowed."),
    ],
)
def test_each_mistake_is_told_in_words(typed: dict[str, str], mistake: str) -> None:
    again = typed.get("password", PASSWORD)
    [told] = mistakes(register(visitor(), **typed, password_again=again))
    assert told.startswith(mistake)


def test_a_field_that_was_not_sent_counts_as_empty() -> None:
    page = visitor().post("/register")
    assert page.status == 422
    assert len(mistakes(page)) >= 3


@pytest.mark.parametrize(
    ("language", "button", "subject"),
    [
        ("en", "Register", "Confirm your e-mail address"),
        ("pl", "Zarejestruj się", "Potwierdzenie adresu e-mail"),
    ],
)
def test_the_mail_is_in_the_language_of_the_page(
    language: str, button: str, subject: str, post_office: PostOffice
) -> None:
    browser = Browser(language=language)
    browser.send(browser.open("/register"), button, **FORM)
    [mail] = post_office.mails_to(JAN)
    assert mail["Subject"].startswith(subject)


def test_an_address_with_as_many_accounts_as_it_may_have_is_told_so(
    with_settings: Callable[..., None],
) -> None:
    with_settings(ACCOUNTS_PER_ADDRESS="1")
    settled("zofia", JAN)
    page = register(visitor())
    assert page.status == 429
    assert mistakes(page) == ["This address has as many accounts as one may have. Please give another one."]
    assert element(page, "email")["aria-invalid"] == "true"


def test_a_network_that_registers_without_end_has_to_wait(frozen_clock: FrozenClock) -> None:
    browser = visitor()
    for number in range(10):
        register(browser, login=f"login-{number}", email=f"jan{number}@poczta.example")
    page = register(browser)
    assert page.status == 429
    assert mistakes(page) == ["Too many attempts. Try again in 60 minutes."]


def test_a_link_that_does_not_work_any_more_leads_to_another_one(frozen_clock: FrozenClock) -> None:
    account = settled(confirmed=False)
    browser = visitor()
    page = browser.open("/confirm", token=confirm_link(account))
    frozen_clock.advance(hours=24, seconds=1)
    gone = browser.send(page, "Confirm the address")
    assert gone.status == 410
    assert "If you have just pressed the button, your address is confirmed" in gone.words
    assert '<a class="button" href="confirmation">Get a new link</a>' in gone.text
    assert as_stored(account).email_confirmed_at is None


def test_a_second_press_of_the_button_says_that_the_address_may_be_confirmed_by_now() -> None:
    account = settled(confirmed=False)
    browser = visitor()
    page = browser.open("/confirm", token=confirm_link(account))
    browser.send(page, "Confirm the address")
    assert "you can log in" in browser.send(page, "Confirm the address").words


def test_the_link_can_be_had_again(post_office: PostOffice) -> None:
    settled(confirmed=False)
    browser = visitor()
    page = browser.send(browser.open("/confirmation"), "Send the link", login="jan", password=PASSWORD)
    assert (page.path, notice_on(page)) == ("/login", SENT_AGAIN)
    [token] = tokens_in(post_office.mails_to(JAN)[-1])
    assert CONFIRMED in browser.send(browser.open("/confirm", token=token), "Confirm the address").words


def test_a_mistyped_address_can_be_corrected(post_office: PostOffice) -> None:
    account = settled(confirmed=False)
    browser = visitor()
    typed = {"login": "jan", "password": PASSWORD, "email": f" {NEW_ADDRESS} "}
    assert browser.send(browser.open("/confirmation"), "Send the link", **typed).path == "/login"
    assert as_stored(account).email == NEW_ADDRESS
    assert len(post_office.mails_to(NEW_ADDRESS)) == 1
    assert post_office.mails_to(JAN) == []


@pytest.mark.parametrize(
    ("typed", "status", "mistake"),
    [
        ({"password": "Zly-Rower-7"}, 422, "Wrong login or password."),
        ({"login": "nobody"}, 422, "Wrong login or password."),
        ({"email": "nowy@"}, 422, "This is not an e-mail address that we can write to."),
    ],
)
def test_a_link_is_not_sent_to_just_anybody(typed: dict[str, str], status: int, mistake: str) -> None:
    settled(confirmed=False)
    browser = visitor()
    form = {"login": "jan", "password": PASSWORD} | typed
    page = browser.send(browser.open("/confirmation"), "Send the link", **form)
    assert page.status == status
    assert mistakes(page)[0].startswith(mistake)
    assert "value" not in element(page, "password")


def test_a_confirmed_address_is_not_confirmed_again() -> None:
    settled()
    browser = visitor()
    page = browser.send(browser.open("/confirmation"), "Send the link", login="jan", password=PASSWORD)
    assert page.status == 409
    assert mistakes(page) == ["This address is confirmed already. You can log in."]
    assert may_enter("jan", PASSWORD)
