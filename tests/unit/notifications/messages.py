"""Messages in the outbox, and their ids in the hands of `deliver`."""

import json
import os
from typing import Any

from app import deliver
from chalicelib import storage
from chalicelib.accounts.models import Account
from chalicelib.notifications import outbox
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import OutboxMessage
from tests.unit import cloud
from tests.unit.clients import queue_record

REQUESTED_AT = "2026-11-22T10:00:00+00:00"


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
    return waiting(Kind.PASSWORD_RESET, accounts[0], account_ids=account_ids, requested_at=REQUESTED_AT)


def a_request(account: Account, identifier: str) -> OutboxMessage:
    return waiting(Kind.RESET_REQUESTED, account, identifier=identifier, requested_at=REQUESTED_AT)


def body(message: OutboxMessage) -> str:
    return json.dumps({"message_id": message.message_id})


def handed_out(*bodies: str, times_before: int = 0) -> list[int]:
    """Queue these messages and hand them out in one batch; the numbers of those that are wanted again.

    The queue has handed each of them out so many times before.
    """
    sqs, url = cloud.client("sqs"), os.environ["URGENT_QUEUE_URL"]
    records = []
    for each in bodies:
        sqs.send_message(QueueUrl=url, MessageBody=each)
        [message] = sqs.receive_message(QueueUrl=url)["Messages"]
        record = queue_record(message, url)
        record["attributes"]["ApproximateReceiveCount"] = str(times_before + 1)
        records.append(record)
    failed = {each["itemIdentifier"] for each in deliver({"Records": records}, None)["batchItemFailures"]}
    return [number for number, record in enumerate(records) if record["messageId"] in failed]
