"""The log of every message sent, and the delivery's last write (R16)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib import clock, storage
from chalicelib.notifications import addresses, outbox
from chalicelib.notifications.models import AddressRow, Notification, OutboxMessage
from chalicelib.settings import settings

# Whose log has the mail that goes to no customer.
OPERATOR = "operator"


class Status(StrEnum):
    """What became of a message. In their order: feedback only ever moves a message down this list."""

    SENT = "sent"
    DELAYED = "delayed"
    SOFT_BOUNCED = "soft_bounced"
    DELIVERED = "delivered"
    FAILED = "failed"
    REJECTED = "rejected"
    BOUNCED = "bounced"
    COMPLAINED = "complained"

    @property
    def earlier(self) -> tuple["Status", ...]:
        """The statuses that this one replaces."""
        order = list(Status)
        return tuple(order[: order.index(self)])


def record_sent(
    message: OutboxMessage,
    recipient: str,
    account_ids: Sequence[str],
    *,
    recovered: Sequence[str],
    ses_message_id: str,
    also: Sequence[storage.Write] = (),
) -> None:
    """Log a sent message for each account it was about, and take it out of the outbox: one transaction.

    The address's rows of the accounts it recovers (`recovered`) learn that they were written to. A row
    that is gone by now (the address was replaced meanwhile) stays gone: a late delivery recovers
    nothing (I5). `also` is written with it, as far as its conditions hold.
    Raises outbox.NotWaiting when another worker has recorded it already.
    """
    now = clock.now()  # one moment for all: the rows name the entries' (I9)
    entries = _entries(message, recipient, account_ids, now, Status.SENT, ses_message_id=ses_message_id)
    told = [_told(recipient, each, now) for each in recovered]
    try:
        storage.write_with_optional([*entries, outbox.removal(message)], [*told, *also])
    except storage.ConditionFailed:
        raise outbox.NotWaiting from None


def record_failed(message: OutboxMessage, recipient: str, account_ids: Sequence[str], *, reason: str) -> None:
    """Log a message that was refused for good, and take it out of the outbox: one transaction.

    Raises outbox.NotWaiting when another worker has recorded it already.
    """
    entries = _entries(message, recipient, account_ids, clock.now(), Status.FAILED, reason=reason)
    try:
        storage.write(*entries, outbox.removal(message))
    except storage.ConditionFailed:
        raise outbox.NotWaiting from None


def of_account(account_id: str, *, limit: int, before: str | None = None) -> list[Notification]:
    """A page of an account's log, newest first; `before` is the last id of the former page. One call."""
    return storage.page(Notification, account_id, limit=limit, before=before)


def _entries(
    message: OutboxMessage,
    recipient: str,
    account_ids: Sequence[str],
    now: datetime,
    status: Status,
    **facts: Any,
) -> list[storage.Write]:
    return [
        storage.put(
            Notification(
                account_id=account_id,
                notification_id=message.notification_id,
                kind=message.kind,
                recipient=recipient,
                language=message.language,
                status=status,
                sent_at=now,
                account_ids=list(account_ids),
                expires_at=now + timedelta(days=settings().notification_log_days),
                **facts,
            )
        )
        for account_id in account_ids
    ]


def _told(recipient: str, account_id: str, now: datetime) -> storage.Write:
    return storage.update(
        AddressRow(addresses.fold(recipient), account_id),
        AddressRow.last_notified_at.set(now),
        when=AddressRow.account_id.exists()
        & (AddressRow.last_notified_at.does_not_exist() | (AddressRow.last_notified_at <= now)),
    )
