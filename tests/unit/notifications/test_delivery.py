"""Delivery: claimed, composed, sent and logged, once."""

import base64
import logging
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest

from chalicelib import storage
from chalicelib.accounts.composers import COMPOSERS
from chalicelib.accounts.models import Account
from chalicelib.notifications import log, outbox
from chalicelib.notifications.delivery import AlreadyDone, FannedOut, Sent, Skipped, deliver
from chalicelib.notifications.kinds import Kind
from chalicelib.settings import settings
from tests.unit import cloud
from tests.unit.accounts.people import JAN, settled
from tests.unit.notifications.messages import a_change, a_request, a_reset, body, handed_out


@pytest.fixture
def jan(aws_in_memory: None) -> Account:
    return settled("jan", JAN)


# What it does.


def test_a_mail_is_sent_logged_and_gone_from_the_outbox_in_four_calls(jan: Account, wire: cloud.Wire) -> None:
    message = a_change(jan)
    wire.clear()
    outcome = deliver(message.message_id, COMPOSERS)
    assert list(map(str, wire.requests)) == [
        "UpdateItem outbox_table",
        "GetItem accounts_table",
        "SendEmail",
        "TransactWriteItems notifications_table outbox_table addresses_table",
    ]
    assert outcome == Sent("password_changed")
    [entry] = log.of_account(jan.account_id, limit=9)
    assert (entry.status, entry.ses_message_id) == ("sent", cloud.receipts()[-1])
    assert [mail["To"] for mail in cloud.sent_mails()] == [JAN]
    assert cloud.items("OUTBOX_TABLE") == []


def test_a_reset_mail_costs_one_call_more_however_many_logins_it_lists(
    jan: Account, wire: cloud.Wire
) -> None:
    message = a_reset(jan, settled("zofia", JAN), settled("ewa", JAN))
    wire.clear()
    assert isinstance(deliver(message.message_id, COMPOSERS), Sent)
    assert wire.calls == [
        "UpdateItem", "BatchGetItem", "TransactWriteItems", "SendEmail", "TransactWriteItems"
    ]  # fmt: skip


def test_a_request_becomes_a_mail_for_each_recipient_in_five_calls(jan: Account, wire: cloud.Wire) -> None:
    settled(JAN, "nowy@poczta.example")
    message = a_request(jan, JAN)
    wire.clear()
    assert deliver(message.message_id, COMPOSERS) == FannedOut(2)
    assert list(map(str, wire.requests)) == [
        "UpdateItem outbox_table",
        "GetItem credentials_table",
        "Query addresses_table",
        "BatchGetItem accounts_table",
        "TransactWriteItems outbox_table throttles_table outbox_table throttles_table outbox_table",
    ]
    successors = cloud.items("OUTBOX_TABLE")
    assert sorted(item["recipient"]["S"] for item in successors) == [JAN, "nowy@poczta.example"]
    assert {item["kind"]["S"] for item in successors} == {Kind.PASSWORD_RESET}


def test_ses_is_told_sender_recipient_configuration_and_tags(jan: Account, wire: cloud.Wire) -> None:
    message = a_change(jan)
    deliver(message.message_id, COMPOSERS)
    [asked] = [call.body for call in wire.requests if call.operation == "SendEmail"]
    sender = str(make_header(decode_header(asked["FromEmailAddress"])))
    assert sender == f"{settings().operator_name} <{settings().mail_from}>"
    assert asked["Destination"] == {"ToAddresses": [JAN]}
    assert asked["ConfigurationSetName"] == "klucznik"
    assert {tag["Name"]: tag["Value"] for tag in asked["EmailTags"]} == {
        "kind": "password_changed",
        "account_id": jan.account_id,
        "notification_id": message.notification_id,
    }
    mail = message_from_bytes(base64.b64decode(asked["Content"]["Raw"]["Data"]), policy=policy.default)
    assert (mail["From"], mail["To"], mail["Auto-Submitted"]) == (sender, JAN, "auto-generated")
    assert message.notification_id in mail["Message-ID"]


def test_an_international_domain_is_written_to_in_ascii(aws_in_memory: None, wire: cloud.Wire) -> None:
    ewa = settled("ewa", "ewa@żółw.example")
    deliver(a_change(ewa).message_id, COMPOSERS)
    [asked] = [call.body for call in wire.requests if call.operation == "SendEmail"]
    assert asked["Destination"] == {"ToAddresses": ["ewa@xn--w-uga1v8h.example"]}
    [entry] = log.of_account(ewa.account_id, limit=9)
    assert entry.recipient == "ewa@żółw.example"


# Once.


@pytest.mark.parametrize("during", ["BatchGetItem", "PutItem", "SendEmail", "TransactWriteItems"])
def test_a_message_handed_out_again_during_any_call_is_sent_once_and_wanted_again(
    jan: Account, during: str
) -> None:
    message = a_reset(jan)
    again: list[list[int]] = []

    def hand_out(call: cloud.Call) -> None:
        if call.operation == during:
            again.append(handed_out(body(message)))

    with cloud.before_calls(hand_out):
        assert isinstance(deliver(message.message_id, COMPOSERS), Sent)
    assert again == [[0]]
    assert len(cloud.sent_mails()) == 1
    assert handed_out(body(message)) == []
    assert len(cloud.sent_mails()) == len(log.of_account(jan.account_id, limit=9)) == 1


def test_a_message_handed_out_again_when_it_was_delivered_is_done(jan: Account, wire: cloud.Wire) -> None:
    message = a_change(jan)
    deliver(message.message_id, COMPOSERS)
    wire.clear()
    assert deliver(message.message_id, COMPOSERS) == AlreadyDone()
    assert wire.calls == ["UpdateItem"]
    assert len(cloud.sent_mails()) == 1


def test_a_message_that_never_was_is_done(aws_in_memory: None) -> None:
    assert handed_out('{"message_id": "never"}') == []


# Nobody to send it to.


def test_a_message_to_nobody_is_dropped_and_its_reason_is_in_the_log(
    jan: Account, caplog: pytest.LogCaptureFixture
) -> None:
    message = a_request(jan, "nobody")
    reason = "nobody_has_this_identifier"
    with caplog.at_level(logging.INFO, "chalicelib"):
        assert handed_out(body(message)) == []
    assert str(Skipped("reset_requested", reason)) in caplog.text
    assert cloud.items("OUTBOX_TABLE") == []
    assert cloud.sent_mails() == []


def test_of_two_workers_that_drop_a_message_one_reports_it(jan: Account) -> None:
    message = a_request(jan, "nobody")

    def removed_meanwhile(call: cloud.Call) -> None:
        if call.operation == "DeleteItem":
            storage.write(outbox.removal(message))

    with cloud.before_calls(removed_meanwhile):
        assert deliver(message.message_id, COMPOSERS) == AlreadyDone()
