"""What SES tells us afterwards: delivered, bounced, complained. It comes late, repeatedly, in any order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chalicelib import metrics, storage
from chalicelib.notifications import addresses
from chalicelib.notifications.batches import Malformed, Record, handle_each
from chalicelib.notifications.log import Status
from chalicelib.notifications.models import AddressRow, Notification


class Unreachable(StrEnum):
    """Why nothing but recovery mail asked for by hand is sent to an address."""

    BOUNCED = "bounced"
    COMPLAINED = "complained"


@dataclass(frozen=True)
class Event:
    """One event of SES about a mail of ours."""

    account_id: str
    notification_id: str
    status: Status
    unreachable: Unreachable | None = None


@dataclass(frozen=True)
class Ignored:
    """An event that tells nothing new, or nothing about a mail of ours."""

    reason: str


_JUDGEMENTS: Mapping[str, tuple[Status, Unreachable | None]] = {
    "Delivery": (Status.DELIVERED, None),
    "DeliveryDelay": (Status.DELAYED, None),
    "Reject": (Status.REJECTED, None),
    "Complaint": (Status.COMPLAINED, Unreachable.COMPLAINED),
}

# SES says so to its topic once, in plain words, when the two are connected.
_GREETING = "Successfully validated SNS topic"

# What every mail of ours is tagged with.
_OUR_TAGS = {"account_id", "notification_id"}


class NotLoggedYet(Exception):
    """The event came before our own log entry; it is taken when it is handed out again."""


# What makes of an account's mark a write; it belongs to the package that owns accounts.
MarkAccount = Callable[[str, str, Unreachable], storage.Write]


def take_events(event: Mapping[str, Any], mark_account: MarkAccount) -> dict[str, Any]:
    """Take the events of one SQS event; the answer names the ones to be handed out again."""

    def handle(body: Any, _: Record) -> Event | Ignored:
        outcome = take_event(body, mark_account)
        if isinstance(outcome, Event):
            metrics.count("Feedback", Status=outcome.status)
        return outcome

    told = [each for each in event["Records"] if not each["body"].startswith(_GREETING)]
    return handle_each({"Records": told}, handle)


def take_event(body: Any, mark_account: MarkAccount) -> Event | Ignored:
    """Move the log entries of a mail to what SES says became of it.

    A permanent bounce or a complaint marks the accounts, as far as the address is still theirs, in the
    same transaction; a repeated event marks nothing again. Raises Malformed, and NotLoggedYet when our
    own entry is not there yet.
    """
    event = parse_event(body)
    if isinstance(event, Ignored):
        return event
    entry = storage.get(Notification, event.account_id, event.notification_id)
    if entry is None:
        raise NotLoggedYet
    optional = [_moved(each, event) for each in entry.account_ids if each != event.account_id]
    if event.unreachable is not None:
        for account_id in entry.account_ids:
            optional.append(mark_account(account_id, entry.recipient, event.unreachable))
            optional.append(_marked_row(account_id, entry.recipient, event.unreachable))
    try:
        storage.write_with_optional([_moved(event.account_id, event)], optional)
    except storage.ConditionFailed:
        return Ignored("nothing new")
    return event


def parse_event(body: Any) -> Event | Ignored:
    """An event in SES's own JSON, as its configuration sets publish it. Raises Malformed."""
    try:
        judgement = _judged(body)
        if judgement is None:
            return Ignored(str(body["eventType"]))
        tags: Mapping[str, list[str]] = body["mail"]["tags"]
        if not tags.keys() >= _OUR_TAGS:
            return Ignored("not a mail of ours")
        return Event(str(tags["account_id"][0]), str(tags["notification_id"][0]), *judgement)
    except (AttributeError, KeyError, IndexError, TypeError) as error:
        raise Malformed(f"no event of SES: {type(error).__name__} {error}") from None


def _judged(body: Any) -> tuple[Status, Unreachable | None] | None:
    event_type = body["eventType"]
    if event_type == "Bounce":
        permanent = body["bounce"]["bounceType"] == "Permanent"
        return (Status.BOUNCED, Unreachable.BOUNCED) if permanent else (Status.SOFT_BOUNCED, None)
    return _JUDGEMENTS.get(event_type)


def _moved(account_id: str, event: Event) -> storage.Write:
    return storage.update(
        Notification(account_id, event.notification_id),
        Notification.status.set(event.status),
        when=Notification.status.is_in(*event.status.earlier),
    )


def _marked_row(account_id: str, recipient: str, reason: Unreachable) -> storage.Write:
    return storage.update(
        AddressRow(addresses.fold(recipient), account_id),
        AddressRow.unreachable.set(reason),
        when=AddressRow.account_id.exists(),
    )
