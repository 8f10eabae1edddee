"""The e-mail address in the Data tab (R12): asked for, waiting, kept, sent again, confirmed, undone."""

import pytest

from tests.unit.accounts.people import (
    JAN,
    NEW_ADDRESS,
    as_stored,
    bounced,
    confirm_link,
    kinds_waiting,
    new_address_link,
    pending,
    settled,
    undo_link,
)
from tests.unit.browser import Browser, Page
from tests.unit.clients import PASSWORD, PostOffice, tokens_in
from tests.unit.conftest import FrozenClock
from tests.unit.web.panel.visitors import (
    element,
    entered,
    everything,
    is_in,
    may_enter,
    mistakes,
    notice_on,
    visitor,
)

pytestmark = pytest.mark.usefixtures("aws_in_memory")

CHANGE, KEEP = "Change the address", "Keep the present address"
AGAIN = "Send the link to the present address again"
ASKED = "We have sent a link to the new address. Open it to confirm the change."


def ask(browser: Browser, email: str = NEW_ADDRESS, current: str = PASSWORD) -> Page:
    return browser.send(browser.open("/data/email"), CHANGE, email=email, current_password=current)


def test_a_new_address_waits_until_its_link_is_opened(post_office: PostOffice) -> None:
    account = settled()
    browser = entered()
    page = ask(browser)
    assert (page.path, notice_on(page)) == ("/data", ASKED)
    assert f"Waiting to be confirmed: {NEW_ADDRESS}" in page.words
    assert f"The change to {NEW_ADDRESS} waits" in browser.open("/data/email").words
    assert as_stored(account).email == JAN
    [token] = tokens_in(post_office.mails_to(NEW_ADDRESS)[-1])
    done = browser.send(browser.open("/email/confirm", token=token), "Use the new address")
    assert done.title.startswith("Thank you")
    assert "Your new e-mail address is confirmed and in use." in done.words
    assert f"E-mail {NEW_ADDRESS}" in browser.open("/data").words
    assert as_stored(account).email == NEW_ADDRESS


def test_the_link_may_be_opened_in_another_browser(post_office: PostOffice) -> None:
    account = settled()
    link = new_address_link(account)
    other = visitor(ip="203.0.113.7")
    page = other.send(other.open("/email/confirm", token=link), "Use the new address")
    assert page.title.startswith("Thank you")
    assert "jan" not in page.words
    assert as_stored(account).email == NEW_ADDRESS


def test_the_waiting_can_be_ended() -> None:
    account = settled()
    browser = entered()
    ask(browser)
    page = browser.send(browser.open("/data/email"), KEEP, current_password=PASSWORD)
    assert (page.path, notice_on(page)) == ("/data", "The change of address is cancelled.")
    assert as_stored(account).pending_email is None
    assert KEEP not in browser.open("/data/email").words


def test_ending_the_waiting_needs_the_password_too() -> None:
    account = settled()
    browser = entered()
    pending(account)
    page = browser.send(browser.open("/data/email"), KEEP, current_password="Zly-Rower-7")
    assert (page.status, mistakes(page)) == (403, ["The current password is not right."])
    assert as_stored(account).pending_email == NEW_ADDRESS


def test_the_link_to_an_unconfirmed_address_can_be_had_again(post_office: PostOffice) -> None:
    settled(confirmed=False)
    browser = entered()
    page = browser.send(browser.open("/data/email"), AGAIN, current_password=PASSWORD)
    assert page.path == "/data"
    assert str(notice_on(page)).startswith("We have sent you a new link.")
    [token] = tokens_in(post_office.mails_to(JAN)[-1])
    assert (
        "not confirmed"
        not in browser.send(browser.open("/confirm", token=token), "Confirm the address").words
    )


def test_an_address_that_was_confirmed_meanwhile_needs_no_other_link() -> None:
    account = settled(confirmed=False)
    browser = entered()
    form = browser.open("/data/email")
    other = visitor(ip="203.0.113.7")
    other.send(other.open("/confirm", token=confirm_link(account)), "Confirm the address")
    page = browser.send(form, AGAIN, current_password=PASSWORD)
    assert (page.path, notice_on(page)) == ("/data", "Your e-mail address is confirmed already.")
    assert kinds_waiting() == []
    assert AGAIN not in browser.open("/data/email").words


@pytest.mark.parametrize("typed", [{}, {"email": f" {JAN} "}], ids=["by its button", "by typing it again"])
def test_the_link_is_sent_again_to_who_knows_the_password(typed: dict[str, str]) -> None:
    settled(confirmed=False)
    browser = entered()
    button = CHANGE if typed else AGAIN
    refused = browser.send(browser.open("/data/email"), button, **typed, current_password="Zly-Rower-7")
    assert (refused.status, mistakes(refused)) == (422, ["The current password is not right."])
    assert kinds_waiting() == []
    assert browser.send(refused, button, **typed, current_password=PASSWORD).path == "/data"
    assert kinds_waiting() == ["confirm_email"]


def test_an_unconfirmed_address_is_corrected_at_once(post_office: PostOffice) -> None:
    account = settled(confirmed=False)
    page = ask(entered())
    assert notice_on(page) == "The address is corrected, and we have sent a link to it."
    assert as_stored(account).email == NEW_ADDRESS
    assert len(post_office.mails_to(NEW_ADDRESS)) == 1


@pytest.mark.parametrize(
    ("email", "current", "status", "mistake"),
    [
        ("nowy@", PASSWORD, 422, "This is not an e-mail address that we can write to."),
        ("", PASSWORD, 422, "This is not an e-mail address that we can write to."),
        (f"{'x' * 250}@y.example", PASSWORD, 422, "The e-mail address is too long."),
        (f" {JAN} ", PASSWORD, 422, "This is the address that your account has already."),
        (NEW_ADDRESS, "Zly-Rower-7", 403, "The current password is not right."),
        (NEW_ADDRESS, "", 403, "The current password is not right."),
    ],
)
def test_a_change_that_cannot_be_is_told_beside_its_field(
    email: str, current: str, status: int, mistake: str
) -> None:
    account = settled()
    page = ask(entered(), email, current)
    assert (page.status, mistakes(page)) == (status, [mistake])
    assert element(page, "email")["value"] == email
    assert "value" not in element(page, "current_password")
    assert as_stored(account).pending_email is None
    assert kinds_waiting() == []


def test_too_many_wrong_passwords_have_to_wait() -> None:
    settled()
    browser = entered()
    for _ in range(20):
        assert ask(browser, current="Zly-Rower-7").status == 403
    page = ask(browser)
    assert page.status == 429
    assert mistakes(page) == ["Too many attempts. Try again in 60 minutes."]


def test_an_address_that_mail_comes_back_from_is_asked_to_be_changed() -> None:
    bounced(settled())
    words = entered().open("/data").words
    assert "Messages to your e-mail address come back. Please give us one that works." in words


def test_the_warning_to_the_old_address_takes_the_change_back(post_office: PostOffice) -> None:
    account = settled()
    thief = entered(ip="203.0.113.7")
    ask(thief)
    token = tokens_in(post_office.mails_to(JAN)[-1])[0]
    owner = visitor()
    page = owner.send(owner.open("/email/undo", token=token), "Undo the change")
    assert page.path == "/forgot/sent"
    assert str(notice_on(page)).startswith("The change of address is undone.")
    assert as_stored(account).pending_email is None
    assert not is_in(thief)
    assert not may_enter("jan", PASSWORD)
    [reset] = tokens_in(post_office.mails_to(JAN)[-1])
    assert owner.open("/reset", token=reset).status == 200


@pytest.mark.parametrize(
    ("path", "button", "advice"),
    [
        ("/email/confirm", "Use the new address", "The Data tab shows which address is in use"),
        ("/email/undo", "Undo the change", "If you did not ask for another address, set a new password"),
    ],
)
def test_a_link_that_is_not_in_force_any_more_says_what_to_do(
    path: str, button: str, advice: str, frozen_clock: FrozenClock
) -> None:
    account = settled()
    link = new_address_link(account) if path == "/email/confirm" else undo_link(account)
    browser = visitor()
    page = browser.open(path, token=link)
    frozen_clock.advance(hours=24, seconds=1)
    before = everything()
    gone = browser.send(page, button)
    assert gone.status == 410
    assert gone.title.startswith("This link does not work any more")
    assert advice in gone.words
    assert everything() == before
