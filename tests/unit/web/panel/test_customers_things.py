"""The SIP password (R14), the sessions, the download and the end of an account (R13), in the Data tab."""

import json

import pytest

from chalicelib.accounts.models import Account, Status
from chalicelib.accounts.verification import verify_account
from tests.unit.accounts.devices import telephones
from tests.unit.accounts.people import JAN, ZOFIA, as_stored, bounced, kinds_waiting, settled
from tests.unit.balances.billing import tell
from tests.unit.browser import Browser, Page
from tests.unit.clients import PASSWORD, Customer, PostOffice
from tests.unit.web.panel.visitors import (
    NOTICE,
    SESSION,
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

PHONE = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/141.0 Mobile Safari/537.36"


def verified() -> Account:
    account = settled(status=Status.REGISTERED)
    verify_account(account.account_id)
    return as_stored(account)


def order_sip_password(browser: Browser, current: str = PASSWORD) -> Page:
    form = browser.open("/data/sip-password")
    return browser.send(form, "Send a new SIP password", current_password=current)


def test_a_new_sip_password_is_mailed_and_never_shown(post_office: PostOffice) -> None:
    account = verified()
    post_office.deliver_all()
    browser = entered()
    assert f"SIP account {account.sip_number}" in browser.open("/data/sip-password").words
    page = order_sip_password(browser)
    assert page.path == "/data"
    assert str(notice_on(page)).startswith("We are sending a new SIP password to your e-mail address")
    first, second = telephones(post_office)
    assert first.password != second.password
    assert second.password not in page.text


def test_a_wrong_password_orders_no_sip_password(post_office: PostOffice) -> None:
    verified()
    post_office.deliver_all()
    page = order_sip_password(entered(), "Zly-Rower-7")
    assert (page.status, mistakes(page)) == (403, ["The current password is not right."])
    assert kinds_waiting() == []


def test_before_verification_there_is_no_form_and_a_sent_one_is_refused() -> None:
    settled(status=Status.REGISTERED)
    browser = entered()
    page = browser.open("/data/sip-password")
    assert "You get a SIP account once the operator has verified your account." in page.words
    assert "Send a new SIP password" not in page.words
    refused = browser.post("/data/sip-password", current_password=PASSWORD)
    assert refused.status == 403
    assert mistakes(refused) == ["You get a SIP account once the operator has verified your account."]


def test_a_sip_password_is_not_sent_where_mail_comes_back_from(post_office: PostOffice) -> None:
    account = verified()
    post_office.deliver_all()
    bounced(account)
    page = order_sip_password(entered())
    assert page.status == 422
    assert mistakes(page) == [
        "Messages to your e-mail address come back, so the password would not reach you. Please change the "
        "address first."
    ]
    assert kinds_waiting() == []


@pytest.fixture
def two_devices() -> tuple[Browser, Browser]:
    """Jan at a computer and at a telephone."""
    settled()
    computer, phone = entered(), visitor(ip="203.0.113.7")
    headers = {"content-type": "application/x-www-form-urlencoded", "user-agent": PHONE, **phone.sends}
    phone.request("POST", "/login", body=f"login=jan&password={PASSWORD}", headers=headers)
    return computer, phone


def test_every_session_is_shown_the_present_one_first(two_devices: tuple[Browser, Browser]) -> None:
    words = two_devices[0].open("/data/sessions").words
    here, there = words.index("Firefox, Linux this device"), words.index("Chrome, Android")
    assert here < there
    assert "Logged in on 22 November 2026 at 11:00 (CET) from the network 203.0.113.0/24" in words


def test_another_device_can_be_logged_out_from_here(two_devices: tuple[Browser, Browser]) -> None:
    computer, phone = two_devices
    page = computer.send(computer.open("/data/sessions"), "Log out there")
    assert (page.path, notice_on(page)) == ("/data/sessions", "That device is logged out.")
    assert "Android" not in page.words
    assert not is_in(phone)
    assert is_in(computer)


def test_logging_out_here_ends_this_session_alone(two_devices: tuple[Browser, Browser]) -> None:
    computer, phone = two_devices
    assert computer.send(computer.open("/data/sessions"), "Log out here").path == "/login"
    assert not is_in(computer)
    assert is_in(phone)


def test_logging_out_everywhere_ends_all(two_devices: tuple[Browser, Browser]) -> None:
    computer, phone = two_devices
    page = computer.send(computer.open("/data/sessions"), "Log out everywhere")
    assert (page.path, notice_on(page)) == ("/login", "You are logged out on every device.")
    assert SESSION not in computer.cookies
    assert not is_in(computer)
    assert not is_in(phone)


def test_logging_a_device_out_twice_looks_the_same(two_devices: tuple[Browser, Browser]) -> None:
    computer, _ = two_devices
    form = computer.open("/data/sessions")
    for _ in range(2):
        page = computer.send(form, "Log out there")
        assert (page.status, notice_on(page)) == (200, "That device is logged out.")


@pytest.mark.parametrize("session", ["", "invented", "a.b", "a[0]", "x" * 5000])
def test_an_invented_session_ends_nothing(session: str) -> None:
    settled()
    browser = entered()
    before = everything()
    assert browser.post("/data/sessions", session=session).status == 303
    assert browser.post("/data/sessions").status == 303
    assert everything() == before


def test_nobody_ends_the_session_of_another(two_devices: tuple[Browser, Browser]) -> None:
    settled("zofia", ZOFIA)
    computer, phone = two_devices
    [session] = [
        each.fields["session"]
        for each in computer.open("/data/sessions").parsed.forms
        if "Log out there" in each.buttons
    ]
    entered("zofia").post("/data/sessions", session=session)
    assert is_in(phone)


def delete(browser: Browser, **typed: str | None) -> Page:
    form = {"confirmed": "yes", "current_password": PASSWORD} | typed
    return browser.send(browser.open("/data/delete"), "Delete the account", **form)


def test_before_deleting_one_is_told_what_it_means() -> None:
    tell(verified(), "12.50")
    words = entered().open("/data/delete").words
    assert "You cannot log in any more, and nobody can bring the account back." in words
    assert "stops working at once" in words
    assert "There is still PLN 12.50 on it. Write to us first if you want it back." in words
    assert "We erase your personal data after 30 days." in words


def test_a_deleted_account_opens_no_more(post_office: PostOffice) -> None:
    account = settled()
    browser = entered()
    page = delete(browser)
    assert page.path == "/login"
    assert notice_on(page) == "Your account is deleted."
    assert SESSION not in browser.cookies
    assert as_stored(account).status == Status.DELETED
    assert not may_enter("jan", PASSWORD)
    assert len(post_office.mails_to(JAN)) == 1


def test_a_second_click_on_deleting_finds_the_account_gone_and_says_so() -> None:
    settled()
    browser = entered()
    form = browser.open("/data/delete")
    token = browser.cookies[SESSION]
    browser.send(form, "Delete the account", confirmed="yes", current_password=PASSWORD)
    browser.cookies[SESSION] = token  # the second click was made before the first one was answered
    browser.cookies.pop(NOTICE, None)
    page = browser.send(form, "Delete the account", confirmed="yes", current_password=PASSWORD)
    assert page.path == "/login"
    assert notice_on(page) == "You are logged out. If you have just deleted your account, it is gone."


@pytest.mark.parametrize(
    ("typed", "status", "mistake"),
    [
        ({"confirmed": None}, 422, "Tick the box to show that you want this."),
        ({"current_password": "Zly-Rower-7"}, 403, "The current password is not right."),
        ({"current_password": ""}, 403, "The current password is not right."),
    ],
)
def test_an_account_is_not_deleted_by_mistake(
    typed: dict[str, str | None], status: int, mistake: str
) -> None:
    account = settled()
    browser = entered()
    page = delete(browser, **typed)
    assert (page.status, mistakes(page)) == (status, [mistake])
    assert ("checked" in element(page, "confirmed")) == ("confirmed" not in typed)
    assert as_stored(account).status == Status.ACTIVE
    assert is_in(browser)


def test_the_download_is_what_the_api_exports_laid_out_to_be_read() -> None:
    settled()
    browser = entered()
    file = browser.open("/data/export")
    exported = Customer(token=browser.cookies[SESSION]).get("/v1/account/export").json
    assert json.loads(file.text) == exported
    assert exported["account"]["login"] == "jan"
    assert len(file.text.splitlines()) > 10
    assert PASSWORD not in file.text
