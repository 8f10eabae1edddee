"""From a claimed outbox message to SES and the log.

What a kind of message needs from its account (whose login is that? make a reset link) is the
business of a *composer*, which the package that owns the kind provides.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import aws, metrics, storage
from chalicelib.notifications import batches, log, outbox
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.mail import Letter, UnusableAddress, ascii_address, sender, to_mime
from chalicelib.notifications.models import OutboxMessage
from chalicelib.notifications.pace import Pace


@dataclass(frozen=True)
class Mail:
    """A composed message: the letter, the accounts in whose logs it belongs, what is true once it is sent.

    `recovered` are those of the accounts that the recipient's address recovers now (R6): its rows learn
    that they were written to. `also` holds writes that go with the log entry, each if its condition
    holds then: a new SIP password, for one, becomes valid only with the mail that brings it.
    """

    letter: Letter
    account_ids: Sequence[str]
    recovered: Sequence[str] = ()
    also: Sequence[storage.Write] = ()


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
    """There is nobody to send the message to; `reason` is a name that is counted.

    `also` holds writes that go with dropping it, each if its condition holds then.
    """

    reason: str
    also: Sequence[storage.Write] = ()


Composer = Callable[[OutboxMessage], Mail | FanOut | Skip]
Composers = Mapping[Kind, Composer]


@dataclass(frozen=True)
class Sent:
    """SES took the mail and the log has it."""

    kind: str


@dataclass(frozen=True)
class Failed:
    """SES refused the mail for good, with this reason; the log has it."""

    kind: str
    reason: str


@dataclass(frozen=True)
class FannedOut:
    """The message was replaced by `messages` others."""

    messages: int


@dataclass(frozen=True)
class Skipped:
    """The message was dropped, with a named reason."""

    kind: str
    reason: str


@dataclass(frozen=True)
class AlreadyDone:
    """A redelivery: the message is not waiting any more."""


Outcome = Sent | Failed | FannedOut | Skipped | AlreadyDone


class RefusedForGood(Exception):
    """No attempt will ever send this mail; `reason` says why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


_pace = Pace()


def deliver_batch(event: Mapping[str, Any], composers: Composers) -> dict[str, Any]:
    """Deliver the messages of one SQS event; the answer names the ones to be handed out again."""

    def handle(body: Any, _: batches.Record) -> Outcome:
        try:
            message_id = str(body["message_id"])
        except (KeyError, TypeError):
            raise batches.Malformed("no message_id") from None
        outcome = deliver(message_id, composers)
        _count(outcome)
        return outcome

    return batches.handle_each(event, handle)


def _count(outcome: Outcome) -> None:
    match outcome:
        case Sent(kind):
            metrics.count("Mails", Kind=kind, Outcome="sent")
        case Failed(kind, reason):
            metrics.count("Mails", Kind=kind, Outcome="failed", Reason=reason)
        case Skipped(kind, reason):
            metrics.count("Mails", Kind=kind, Outcome="skipped", Reason=reason)


def deliver(message_id: str, composers: Composers) -> Outcome:
    """Claim, compose, send and log one message of the outbox.

    Raises outbox.Claimed while another worker has it, and whatever keeps it from being sent now; the
    message then stays in the outbox, with the reason, for another attempt.
    """
    try:
        message = outbox.claim(message_id)
    except outbox.NotWaiting:
        return AlreadyDone()
    try:
        return _deliver(message, composers)
    except outbox.NotWaiting:
        return AlreadyDone()
    except Exception as error:  # whatever it is, the claim goes back with its name, and it is raised again
        outbox.release(message, name_of(error))
        raise


def name_of(error: Exception) -> str:
    """What went wrong, without anything personal: the error's class and AWS's code."""
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    return f"{type(error).__name__} {code}".strip()


def _deliver(message: OutboxMessage, composers: Composers) -> Outcome:
    match composers[Kind(message.kind)](message):
        case Mail() as mail:
            return _send(message, mail)
        case FanOut() as fan_out:
            return _replace(message, list(fan_out.successors))
        case Skip(reason, also):
            return _drop(message, reason, also)


def _send(message: OutboxMessage, mail: Mail) -> Sent | Failed:
    try:
        ses_message_id = _hand_to_ses(message, mail)
    except RefusedForGood as refusal:
        log.record_failed(message, mail.letter.recipient, mail.account_ids, reason=refusal.reason)
        return Failed(message.kind, refusal.reason)
    log.record_sent(
        message,
        mail.letter.recipient,
        mail.account_ids,
        recovered=mail.recovered,
        ses_message_id=ses_message_id,
        also=mail.also,
    )
    return Sent(message.kind)


def _hand_to_ses(message: OutboxMessage, mail: Mail) -> str:
    try:
        recipient = ascii_address(mail.letter.recipient)
    except UnusableAddress:  # the operator's own addresses may become usable: then the message waits
        raise RefusedForGood("unusable_address") from None
    mime = to_mime(mail.letter, message.notification_id)
    _pace.wait()
    try:
        answer = aws.client("sesv2").send_email(
            FromEmailAddress=sender(),
            Destination={"ToAddresses": [recipient]},
            Content={"Raw": {"Data": mime}},
            ConfigurationSetName=os.environ["SES_CONFIGURATION_SET"],
            EmailTags=[
                {"Name": "kind", "Value": message.kind},
                {"Name": "account_id", "Value": mail.account_ids[0]},
                {"Name": "notification_id", "Value": message.notification_id},
            ],
        )
    except ClientError as error:
        if _is_permanent(error):
            raise RefusedForGood("refused_by_ses") from error
        raise
    return str(answer["MessageId"])


def _is_permanent(error: ClientError) -> bool:
    code, explanation = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    # SES rejects with the same code when the operator's own sender is not verified (yet), which is
    # no fault of the message: that is waited out.
    return code == "BadRequestException" or (code == "MessageRejected" and "not verified" not in explanation)


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


def _drop(message: OutboxMessage, reason: str, also: Sequence[storage.Write] = ()) -> Skipped:
    try:
        storage.write_with_optional([outbox.removal(message)], also)
    except storage.ConditionFailed:
        raise outbox.NotWaiting from None
    return Skipped(message.kind, reason)
