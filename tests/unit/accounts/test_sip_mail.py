"""The mail with SIP number and password (R14): made when it is sent, for who may have it."""

import pytest

from chalicelib import storage
from chalicelib.accounts import sip
from chalicelib.accounts.models import Account, SipAccount, Status
from chalicelib.accounts.sip_mail import compose_sip_credentials
from chalicelib.notifications import log
from chalicelib.notifications.delivery import Skip
from chalicelib.notifications.models import OutboxMessage
from tests.unit import cloud
from tests.unit.accounts.asking import change, move
from tests.unit.accounts.devices import (
    ask_for_password,
    device_of,
    registers,
    telephones,
    verified,
    with_telephone,
)
from tests.unit.accounts.people import JAN, bounced, everything_but_counters, kinds_waiting, logged_in
from tests.unit.clients import PASSWORD, PostOffice, text_of
from tests.unit.conftest import Asked


@pytest.fixture(autouse=True)
def _aws(aws_in_memory: None, quick_tables: None) -> None:
    """Every test here has tables."""


def waiting() -> OutboxMessage:
    """The only message in the outbox."""
    [item] = cloud.items("OUTBOX_TABLE")
    return OutboxMessage.from_raw_data(item)


# What it says.


def test_the_mail_says_number_password_and_server_and_nothing_of_the_panels(post_office: PostOffice) -> None:
    jan, device = with_telephone(post_office)
    [mail] = post_office.mails_to(JAN)
    text = text_of(mail)
    assert (device.number, len(device.password)) == (jan.sip_number, 20)
    assert f":\n{device.number}\n" in text
    assert f":\n{device.password}\n" in text
    assert ":\nlocalhost\n" in text
    assert "token=" not in text
    assert PASSWORD not in text
    html = mail.get_body(("html",))
    assert html is not None
    assert f'<p class="copy">{device.password}</p>' in html.get_content()


def test_the_password_is_in_no_table_and_no_queue(wire: cloud.Wire, post_office: PostOffice) -> None:
    _, device = with_telephone(post_office)
    assert device.password not in str(everything_but_counters())
    asked = [call for call in wire.requests if call.operation != "SendEmail"]
    assert [call for call in asked if device.password in str(call.body)] == []


def test_the_digests_are_there_with_the_log_entry_and_nothing_is_awaited_any_more(
    post_office: PostOffice,
) -> None:
    jan, device = with_telephone(post_office)
    [row] = cloud.items("SIP_ACCOUNTS_TABLE")
    assert set(row) == {"sip_number", "account_id", "realm", "ha1_md5", "ha1_sha256"}
    assert row["ha1_sha256"]["S"] == sip.ha1_sha256(device.number, "localhost", device.password)
    [entry] = log.of_account(jan.account_id, limit=9)
    assert (entry.kind, entry.recipient, entry.status) == ("sip_credentials", JAN, "sent")


def test_delivering_costs_4_calls(asked: Asked, post_office: PostOffice) -> None:
    verified()
    post_office.relay_all()
    assert asked(post_office.deliver_queued) == [
        "UpdateItem outbox_table",
        "BatchGetItem accounts_table sip_accounts_table",
        "SendEmail",
        "TransactWriteItems notifications_table outbox_table addresses_table sip_accounts_table",
    ]


# The address.


def test_a_password_that_would_not_arrive_silences_no_telephone(post_office: PostOffice) -> None:
    jan, old = with_telephone(post_office)
    bounced(jan)
    answer = ask_for_password(logged_in())
    assert (answer.status, answer.code) == (409, "address_unreachable")
    assert kinds_waiting() == []
    assert registers(old)


def test_an_address_that_bounces_after_the_password_was_asked_for_silences_no_telephone_either(
    post_office: PostOffice,
) -> None:
    jan, old = with_telephone(post_office)
    ask_for_password(logged_in())
    bounced(jan)
    assert compose_sip_credentials(waiting()) == Skip("address_unreachable")
    assert telephones(post_office) == [old]
    assert registers(old)


def test_the_first_password_is_awaited_and_so_tried_at_an_unreachable_address_too(
    post_office: PostOffice,
) -> None:
    bounced(verified())
    [device] = telephones(post_office)
    assert registers(device)


def test_the_mail_goes_to_the_address_of_the_moment_it_is_sent(post_office: PostOffice) -> None:
    move(verified(), "nowy@poczta.example")
    assert registers(device_of(post_office.mails_to("nowy@poczta.example")[0]))
    assert post_office.mails_to(JAN) == []


# What overtakes a message.


def test_the_mail_of_a_locked_or_deleted_customer_is_not_sent() -> None:
    jan = verified()
    for status in (Status.LOCKED, Status.DELETED):
        change(jan, status=status)
        assert compose_sip_credentials(waiting()) == Skip("account_gone")
    storage.write(storage.delete(Account(jan.account_id)))
    assert compose_sip_credentials(waiting()) == Skip("account_gone")


def test_a_message_about_a_number_that_is_somebody_elses_by_now_is_not_sent() -> None:
    jan = verified()
    row = SipAccount(str(jan.sip_number), account_id="someone", awaited_message=waiting().message_id)
    storage.write(storage.put(row))
    assert compose_sip_credentials(waiting()) == Skip("superseded")
    storage.write(storage.delete(row))
    assert compose_sip_credentials(waiting()) == Skip("superseded")


def test_messages_hold_no_secret(post_office: PostOffice) -> None:
    jan, _ = with_telephone(post_office)
    ask_for_password(logged_in())
    message = waiting()
    assert message.parameters == {"sip_number": jan.sip_number, "network": "198.51.100.0/24"}
