"""From a claimed outbox message to SES and the log.

What a kind of message needs from its account (whose login is that? make a reset link) is the
business of a *composer*, which the package that owns the kind provides.
"""

import json
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib import aws, storage
from chalicelib.notifications import log, outbox
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.mail import Letter, UnusableAddress, ascii_address, to_mime
from chalicelib.notifications.models import OutboxMessage
from chalicelib.settings import settings

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Mail:
    """A composed message: the letter, and the accounts in whose logs it belongs."""

    letter: Letter
    account_ids: Sequence[str]


@dataclass(frozen=True)
class Successor:
    """A message that another one turns into, if `allowance` (a throttle's write) admits it."""

    message: OutboxMessage
    allowance: storage.Write


@dataclass(frozen=True)
class FanOut:
    """The message becomes these messages, one for each recipient."""

    successors: Sequence[Successor]


@dataclass(frozen=True)
class Skip:
    """There is nobody to send the message to; `reason` is a name that is counted."""

    reason: str


Composer = Callable[[OutboxMessage], Mail | FanOut | Skip]
Composers = Mapping[Kind, Composer]


@dataclass(frozen=True)
class Sent:
    """SES took the mail and the log has it."""

    ses_message_id: str


@dataclass(frozen=True)
class FannedOut:
    """The message was replaced by `messages` others."""

    messages: int


@dataclass(frozen=True)
class Skipped:
    """The message was dropped, with a named reason."""

    reason: str


@dataclass(frozen=True)
class AlreadyDone:
    """A redelivery: the message is not waiting any more."""


def deliver_batch(event: Mapping[str, Any], composers: Composers) -> dict[str, Any]:
    """Deliver the messages of one SQS event; the answer names the ones to be handed out again."""
    failed = []
    for record in event["Records"]:
        named = record["body"]
        try:
            outcome = deliver(json.loads(named)["message_id"], composers)
        except outbox.Claimed:
            _logger.info("message %s is claimed by another worker", named)
            failed.append({"itemIdentifier": record["messageId"]})
        except Exception:  # one message's failure, of whatever kind, must not hold back the others
            _logger.exception("message %s was not delivered", named)
            failed.append({"itemIdentifier": record["messageId"]})
        else:
            _logger.info("message %s: %s", named, outcome)
    return {"batchItemFailures": failed}


def deliver(message_id: str, composers: Composers) -> Sent | FannedOut | Skipped | AlreadyDone:
    """Claim, compose, send and log one message of the outbox.

    Raises outbox.Claimed while another worker has it, and whatever keeps it from being sent now;
    the message then stays in the outbox and its claim runs out.
    """
    try:
        message = outbox.claim(message_id)
        match composers[Kind(message.kind)](message):
            case Mail() as mail:
                return _send(message, mail)
            case FanOut() as fan_out:
                return _replace(message, list(fan_out.successors))
            case Skip(reason):
                return _drop(message, reason)
    except outbox.NotWaiting:
        return AlreadyDone()


def _send(message: OutboxMessage, mail: Mail) -> Sent | Skipped:
    letter = mail.letter
    try:
        recipient = ascii_address(letter.recipient)
    except UnusableAddress:  # the operator's own addresses may become usable: then the message waits
        return _drop(message, "unusable_address")
    answer = aws.client("sesv2").send_email(
        FromEmailAddress=settings().mail_from,
        Destination={"ToAddresses": [recipient]},
        Content={"Raw": {"Data": to_mime(letter, message.notification_id)}},
        ConfigurationSetName=os.environ["SES_CONFIGURATION_SET"],
        EmailTags=[
            {"Name": "kind", "Value": message.kind},
            {"Name": "account_id", "Value": mail.account_ids[0]},
            {"Name": "notification_id", "Value": message.notification_id},
        ],
    )
    log.record_sent(
        message,
        recipient=letter.recipient,
        account_ids=mail.account_ids,
        ses_message_id=answer["MessageId"],
    )
    return Sent(answer["MessageId"])


def _replace(message: OutboxMessage, successors: list[Successor]) -> FannedOut | Skipped:
    while successors:
        writes = [write for each in successors for write in (storage.put(each.message), each.allowance)]
        try:
            storage.write(*writes, outbox.removal(message))
        except storage.ConditionFailed as refusal:
            if isinstance(refusal.item, OutboxMessage):
                raise outbox.NotWaiting from None
            successors = [each for each in successors if each.allowance.item is not refusal.item]
        else:
            return FannedOut(len(successors))
    return _drop(message, "recipient_mail_limit")


def _drop(message: OutboxMessage, reason: str) -> Skipped:
    try:
        storage.write(outbox.removal(message))
    except storage.ConditionFailed:
        raise outbox.NotWaiting from None
    return Skipped(reason)
