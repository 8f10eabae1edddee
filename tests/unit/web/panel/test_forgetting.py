"""Forgot your password or login (R5, R6, R10): the page, what it answers, and where it leads."""

from collections.abc import Callable

import pytest

from chalicelib.accounts.models import Status
from tests.unit.accounts.people import JAN, NEW_ADDRESS, ZOFIA, bounced, kinds_waiting, settled
from tests.unit.browser import Page
from tests.unit.clients import PASSWORD, Customer, PostOffice, confirmed, tokens_in
from tests.unit.web.panel.visitors import element, mistakes, visitor

pytestmark = pytest.mark.usefixtures("aws_in_memory")

UNKNOWN = "User does not exist."
ADVICE = "Look in your mailbox at which address our notifications arrive, and enter the one last used."


def forget(identifier: str, ip: str = "198.51.100.7") -> Page:
    """What is shown to who types this on the page."""
    browser = visitor(ip=ip)
    return browser.send(browser.open("/forgot"), "Send me the message", identifier=identifier)


def test_the_page_asks_for_one_thing_and_says_which_address_does() -> None:
    page = visitor().open("/forgot")
    assert page.title == "Forgot your password or login? – Telefonia Przykład"
    assert list(page.form("Send me the message").fields) == ["form_token", "identifier"]
    assert "Login or e-mail" in page.words
    assert (
        "Enter your e-mail address: the one you gave when you registered or, if you have changed it since, "
        "the last one to which we sent you notifications, for example about a low balance."
    ) in page.words
    assert "If you can establish neither login nor address, send us a ticket" in page.words


@pytest.mark.parametrize("identifier", ["jan", JAN, " JAN ", "JAN@POCZTA.EXAMPLE"])
def test_a_customer_is_sent_the_message_and_told_where_to_look(
    identifier: str, post_office: PostOffice
) -> None:
    settled()
    page = forget(identifier)
    assert (page.status, page.path) == (200, "/forgot/sent")
    assert "We have sent a message with your login and a link to set a new password." in page.words
    assert "The link works for 60 minutes, and once." in page.words
    assert "Look in every folder: spam, and in some mailboxes social, notifications, offers." in page.words
    assert JAN not in page.words
    [token] = tokens_in(post_office.mails_to(JAN)[-1])
    assert "for the login jan" in visitor().open("/reset", token=token).words


@pytest.mark.parametrize("identifier", ["nobody", "nobody@poczta.example", "<b>nobody</b>"])
def test_an_unknown_user_is_told_so_and_what_to_do(identifier: str) -> None:
    settled()
    page = forget(identifier)
    assert page.status == 404
    assert mistakes(page) == [UNKNOWN]
    assert ADVICE in page.words
    assert "You know neither login nor address? Send us a ticket." in page.words
    assert "If you have received a message from us that your account was deleted" in page.words
    assert element(page, "identifier")["value"] == identifier
    assert kinds_waiting() == []


@pytest.mark.parametrize("status", [Status.LOCKED, Status.DELETED])
def test_a_closed_account_is_not_recovered_by_the_page(status: Status, post_office: PostOffice) -> None:
    settled(status=status)
    assert forget("jan").path == "/forgot/sent"
    assert post_office.mails_to(JAN) == []


def test_after_a_change_the_address_last_written_to_brings_back_in_and_the_former_does_not(
    customer: Customer, post_office: PostOffice
) -> None:
    confirmed(post_office, customer, "jan", JAN)
    customer.log_in("jan")
    customer.patch("/v1/account", email=NEW_ADDRESS, current_password=PASSWORD)
    [token] = tokens_in(post_office.mails_to(NEW_ADDRESS)[-1])
    browser = visitor()
    browser.send(browser.open("/email/confirm", token=token), "Use the new address")
    post_office.deliver_all()
    assert mistakes(forget(JAN)) == [UNKNOWN]
    assert forget(NEW_ADDRESS).path == "/forgot/sent"
    [token] = tokens_in(post_office.mails_to(NEW_ADDRESS)[-1])
    assert "for the login jan" in visitor().open("/reset", token=token).words


@pytest.mark.parametrize(
    ("identifier", "mistake"),
    [
        ("", "Enter your login or your e-mail address."),
        ("   ", "Enter your login or your e-mail address."),
        ("x" * 400, "This is too long to be a login or an e-mail address."),
    ],
)
def test_what_can_be_nobody_is_told_in_words(identifier: str, mistake: str) -> None:
    page = forget(identifier)
    assert (page.status, mistakes(page)) == (422, [mistake])
    assert element(page, "identifier")["aria-describedby"].strip() == "identifier-problem"


def test_an_address_from_which_mail_comes_back_is_told_so() -> None:
    bounced(settled())
    page = forget(JAN)
    assert page.status == 409
    assert mistakes(page) == ["Mail to this address comes back. Enter your login, or send us a ticket."]


def test_asking_again_and_again_has_to_wait_and_says_for_how_long() -> None:
    settled()
    assert {forget("jan").status for _ in range(3)} == {200}
    page = forget("jan")
    assert page.status == 429
    assert mistakes(page) == ["Too many attempts. Try again in 60 minutes."]
    assert page.header("Retry-After") == "3600"


@pytest.mark.parametrize("times", [1, 4], ids=["first request", "throttled"])
def test_where_unknown_users_are_hidden_everybody_is_answered_with_the_same_bytes(
    times: int, with_settings: Callable[..., None]
) -> None:
    with_settings(UNKNOWN_USER="hide")
    settled()
    settled("locked", "locked@poczta.example", status=Status.LOCKED)
    bounced(settled("zofia", ZOFIA))
    typed = ["jan", JAN, "locked", ZOFIA, "nobody", "nobody@poczta.example"]
    answers = set()
    for number, identifier in enumerate(typed):
        browser = visitor(ip=f"203.0.{number}.7")
        browser.cookies["__Host-form"] = "the same for all"
        for _ in range(times):
            answer = browser.post("/forgot", identifier=identifier)
        shown = answer.text.replace(f'value="{identifier}"', "")  # what was typed stays in its field
        answers.add((answer.status, str(answer.headers), shown))
    [(status, _, _)] = answers
    assert status == (303 if times == 1 else 429)


def test_where_unknown_users_are_hidden_the_page_does_not_claim_to_have_sent_anything(
    with_settings: Callable[..., None],
) -> None:
    with_settings(UNKNOWN_USER="hide")
    page = forget("nobody")
    assert page.path == "/forgot/sent"
    assert "If we know this login or address, we have sent a message" in page.words


def test_the_page_after_it_can_be_opened_again_by_anybody() -> None:
    assert visitor().open("/forgot/sent").status == 200
    assert kinds_waiting() == []
