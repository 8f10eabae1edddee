"""The outbox: messages are put here in the same transaction as the change they tell of."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from chalicelib import clock, storage
from chalicelib.notifications.kinds import LANES, Kind
from chalicelib.notifications.models import OutboxMessage

# Longer than a delivery can take (the function's time limit), shorter than the queue's visibility
# timeout: a worker that died has lost its claim when the queue hands the message out again.
LEASE = timedelta(seconds=30)


class NotWaiting(Exception):
    """The message is not in the outbox any more: it was delivered, or dropped with a reason."""


class Claimed(Exception):
    """Another worker holds the message, or died with it less than a lease ago."""


def message(
    kind: Kind,
    *,
    language: str,
    account_id: str | None = None,
    recipient: str | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> OutboxMessage:
    """A new message, to be stored with `storage.put` together with what it tells of.

    `parameters` is plain JSON data and never holds a secret: secrets are made at delivery.
    """
    return OutboxMessage(
        message_id=clock.new_id(),
        notification_id=clock.new_id(),
        kind=kind,
        lane=LANES[kind],
        account_id=account_id,
        recipient=recipient,
        language=language,
        parameters=dict(parameters or {}),
        created_at=clock.now(),
    )


def claim(message_id: str) -> OutboxMessage:
    """Take the message for one lease; whoever holds the claim may deliver, nobody else.

    Raises NotWaiting when there is no such message any more, Claimed while another holds it.
    """
    now = clock.now()
    try:
        claimed: OutboxMessage = storage.write_one(
            storage.update(
                OutboxMessage(message_id),
                OutboxMessage.lease_until.set(now + LEASE),
                OutboxMessage.attempts.add(1),
                when=OutboxMessage.kind.exists()
                & (OutboxMessage.lease_until.does_not_exist() | (OutboxMessage.lease_until <= now)),
            ),
            returning="ALL_NEW",
        )
    except storage.ConditionFailed as refusal:
        if refusal.stored is None:
            raise NotWaiting from None
        raise Claimed from None
    return claimed


def removal(done: OutboxMessage) -> storage.Write:
    """The write that takes a message out; it goes with the write that accounts for it."""
    return storage.delete(done, when=OutboxMessage.kind.exists())
