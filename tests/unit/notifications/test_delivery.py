"""Delivery: claimed, composed, sent and logged, once; what cannot be sent now holds back nothing else."""

import base64
import json
import logging
from collections.abc import Callable
from email import message_from_bytes, policy
from typing import Any

import pytest

from app import deliver as deliver_handler
from chalicelib import storage
from chalicelib.accounts.composers import COMPOSERS
from chalicelib.accounts.models import Account
from chalicelib.notifications import log, outbox
from chalicelib.notifications.delivery import AlreadyDone, FannedOut, Sent, Skipped, deliver
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import OutboxMessage
from chalicelib.settings import settings
from tests.unit import cloud
from tests.unit.accounts.people import JAN, settled
from tests.unit.conftest import FrozenClock

REFUSED = {"__type": "com.amazonaws.ses#LimitExceededException", "message": "not now"}


@pytest.fixture
def jan(aws_in_memory: None) -> Account:
    return settled("jan", JAN)


def waiting(kind: Kind, account: Account, **parameters: Any) -> OutboxMessage:
    """A message of this kind to the account, in the outbox."""
    message = outbox.message(
        kind,
        account_id=account.account_id,
        recipient=account.email,
        language="pl",
        parameters={"network": "198.51.100.0/24"} | parameters,
    )
    storage.write(storage.put(message))
    return message


def a_change(account: Account) -> OutboxMessage:
    return waiting(Kind.PASSWORD_CHANGED, account, changed_at="2026-11-22T10:00:00+00:00")


def a_reset(*accounts: Account) -> OutboxMessage:
    account_ids = [account.account_id for account in accounts]
    requested_at = "2026-11-22T10:00:00+00:00"
    return waiting(Kind.PASSWORD_RESET, accounts[0], account_ids=account_ids, requested_at=requested_at)


def a_request(account: Account, identifier: str) -> OutboxMessage:
    requested_at = "2026-11-22T10:00:00+00:00"
    return waiting(Kind.RESET_REQUESTED, account, identifier=identifier, requested_at=requested_at)


def handed_out(*bodies: str) -> list[str]:
    """Hand out these messages in one batch; the numbers of those that the function wants again."""
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
    failed = deliver_handler({"Records": records}, None)["batchItemFailures"]
    return [each["itemIdentifier"] for each in failed]


def body(message: OutboxMessage) -> str:
    return json.dumps({"message_id": message.message_id})


# What it does.


def test_a_mail_is_sent_logged_and_gone_from_the_outbox_in_four_calls(jan: Account, wire: cloud.Wire) -> None:
    message = a_change(jan)
    wire.clear()
    outcome = deliver(message.message_id, COMPOSERS)
    assert list(map(str, wire.requests)) == [
        "UpdateItem outbox_table",
        "GetItem accounts_table",
        "SendEmail",
        "TransactWriteItems notifications_table addresses_table outbox_table",
    ]
    [entry] = log.of_account(jan.account_id, limit=9)
    assert outcome == Sent(entry.ses_message_id)
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
    assert asked["FromEmailAddress"] == settings().mail_from
    assert asked["Destination"] == {"ToAddresses": [JAN]}
    assert asked["ConfigurationSetName"] == "klucznik"
    assert {tag["Name"]: tag["Value"] for tag in asked["EmailTags"]} == {
        "kind": "password_changed",
        "account_id": jan.account_id,
        "notification_id": message.notification_id,
    }
    mail = message_from_bytes(base64.b64decode(asked["Content"]["Raw"]["Data"]), policy=policy.default)
    assert (mail["To"], mail["Auto-Submitted"]) == (JAN, "auto-generated")
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
    again: list[list[str]] = []

    def hand_out(call: cloud.Call) -> None:
        if call.operation == during:
            again.append(handed_out(body(message)))

    with cloud.before_calls(hand_out):
        assert isinstance(deliver(message.message_id, COMPOSERS), Sent)
    assert again == [["0"]]
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


# Not now.


def test_what_ses_refuses_waits_and_is_sent_when_its_lease_has_run_out(
    jan: Account, frozen_clock: FrozenClock, sleep_moves_the_clock: None
) -> None:
    message = a_change(jan)
    with cloud.faults(lambda operation: REFUSED if operation == "SendEmail" else None):
        assert handed_out(body(message)) == ["0"]
    assert log.of_account(jan.account_id, limit=9) == []
    assert handed_out(body(message)) == ["0"]
    frozen_clock.advance(seconds=outbox.LEASE.total_seconds())
    assert handed_out(body(message)) == []
    assert len(cloud.sent_mails()) == len(log.of_account(jan.account_id, limit=9)) == 1


@pytest.mark.parametrize("poison", ["", "no JSON", "{}", "[]", "null"])
def test_what_is_no_message_goes_back_to_the_queue_and_holds_back_no_other(jan: Account, poison: str) -> None:
    first, last = a_change(jan), a_reset(jan)
    assert handed_out(body(first), poison, body(last)) == ["1"]
    assert len(cloud.sent_mails()) == 2


def test_a_message_that_fails_holds_back_no_other(jan: Account, caplog: pytest.LogCaptureFixture) -> None:
    first, last = a_change(jan), a_reset(jan)
    unknown = OutboxMessage(
        message_id="unknown", kind="unheard_of", lane="urgent", language="pl", parameters={},
        notification_id="n", created_at=first.created_at,
    )  # fmt: skip
    storage.write(storage.put(unknown))
    with caplog.at_level(logging.INFO):
        assert handed_out(body(first), body(unknown), body(last)) == ["1"]
    assert len(cloud.sent_mails()) == 2
    assert [item["message_id"]["S"] for item in cloud.items("OUTBOX_TABLE")] == ["unknown"]
    assert '{"message_id": "unknown"} was not delivered' in caplog.text


@pytest.mark.parametrize("setting", ["MAIL_FROM", "SUPPORT_ADDRESS"])
def test_mail_that_the_operators_own_addresses_make_impossible_waits_for_better_ones(
    jan: Account, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = a_change(jan)
    with monkeypatch.context() as environment:
        environment.setenv(setting, "panel at example")
        settings.cache_clear()
        assert handed_out(body(message)) == ["0"]
    settings.cache_clear()
    assert len(cloud.items("OUTBOX_TABLE")) == 1


# Nobody to send it to.


def skip_reason(message: OutboxMessage) -> str:
    outcome = deliver(message.message_id, COMPOSERS)
    assert isinstance(outcome, Skipped)
    return outcome.reason


def test_a_message_to_nobody_is_dropped_and_its_reason_is_in_the_log(
    jan: Account, caplog: pytest.LogCaptureFixture
) -> None:
    message = a_request(jan, "nobody")
    with caplog.at_level(logging.INFO, "chalicelib"):
        assert handed_out(body(message)) == []
    assert "nobody_has_this_identifier" in caplog.text
    assert cloud.items("OUTBOX_TABLE") == []
    assert cloud.sent_mails() == []


@pytest.mark.parametrize("put", [a_change, a_reset])
def test_an_address_that_mail_cannot_carry_is_dropped_with_that_reason(
    aws_in_memory: None, put: Callable[[Account], OutboxMessage]
) -> None:
    # Such an address is refused at registration; one may have come from elsewhere.
    assert skip_reason(put(settled("ewa", "ewa kowalska@poczta.example"))) == "unusable_address"
    assert cloud.items("OUTBOX_TABLE") == []
    assert cloud.sent_mails() == []


def test_of_two_workers_that_drop_a_message_one_reports_it(jan: Account) -> None:
    message = a_request(jan, "nobody")

    def removed_meanwhile(call: cloud.Call) -> None:
        if call.operation == "DeleteItem":
            storage.write(outbox.removal(message))

    with cloud.before_calls(removed_meanwhile):
        assert deliver(message.message_id, COMPOSERS) == AlreadyDone()
