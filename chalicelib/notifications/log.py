"""The log of every message sent, and the delivery's last write (R16)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib import clock, storage
from chalicelib.notifications import addresses, outbox
from chalicelib.notifications.models import AddressRow, Notification, OutboxMessage
from chalicelib.settings import settings


class Status(StrEnum):
    """What became of a message after it was handed to SES."""

    SENT = "sent"


def record_sent(
    message: OutboxMessage, *, recipient: str, account_ids: Iterable[str], ses_message_id: str
) -> None:
    """Log a sent message for each account it was about, and take it out of the outbox: one transaction.

    The address rows it went to learn that they were written to. A row that is gone by now (the
    address was replaced meanwhile) stays gone: a late delivery recovers nothing (I5). One that a
    later mail has told already stays as it is (I9).
    Raises outbox.NotWaiting when another worker has recorded it already.
    """
    now = clock.now()
    accounts = list(account_ids)
    entries = [storage.put(_entry(message, recipient, each, ses_message_id, now)) for each in accounts]
    told = [_told(recipient, each, now) for each in accounts]
    while True:
        try:
            storage.write(*entries, *told, outbox.removal(message))
        except storage.ConditionFailed as refusal:
            if isinstance(refusal.item, OutboxMessage):
                raise outbox.NotWaiting from None
            told = [each for each in told if each.item is not refusal.item]
        else:
            return


def of_account(account_id: str, *, limit: int, before: str | None = None) -> list[Notification]:
    """A page of an account's log, newest first; `before` is the last id of the former page. One call."""
    return storage.page(Notification, account_id, limit=limit, before=before)


def _entry(
    message: OutboxMessage, recipient: str, account_id: str, ses_message_id: str, now: datetime
) -> Notification:
    return Notification(
        account_id=account_id,
        notification_id=message.notification_id,
        kind=message.kind,
        recipient=recipient,
        language=message.language,
        status=Status.SENT,
        sent_at=now,
        ses_message_id=ses_message_id,
        expires_at=now + timedelta(days=settings().notification_log_days),
    )


def _told(recipient: str, account_id: str, now: datetime) -> storage.Write:
    return storage.update(
        AddressRow(addresses.fold(recipient), account_id),
        AddressRow.last_notified_at.set(now),
        when=AddressRow.account_id.exists()
        & (AddressRow.last_notified_at.does_not_exist() | (AddressRow.last_notified_at <= now)),
    )
