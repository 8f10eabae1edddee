"""The outbox: messages are put here in the same transaction as the change they tell of."""

import random
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from chalicelib import clock, storage
from chalicelib.notifications.kinds import LANES, Kind, Lane
from chalicelib.notifications.models import OutboxMessage

# Longer than a delivery can take (the function's time limit), shorter than the queue's visibility
# timeout: a worker that died has lost its claim when the queue hands the message out again.
LEASE = timedelta(seconds=30)


# When the sweep hands out a message that is still here, by how often it has done so: the queue retries
# within minutes, so the sweep is for what the queue lost, or for outages that last. A burst of notices
# may rightly wait for hours in its queue.
SWEEP_AFTER = {
    Lane.URGENT: tuple(timedelta(minutes=minutes) for minutes in (5, 10, 20, 40, 60)),
    Lane.BULK: tuple(timedelta(hours=hours) for hours in (1, 2, 4, 8)),
}

# A message that could not be delivered in this time waits for the operator, not for another attempt.
PARK_AFTER = timedelta(hours=24)

# Shards of the index that the sweep reads: one would take no more than 1,000 new messages a second.
SHARDS = tuple("01234567")


class NotWaiting(Exception):
    """The message is not in the outbox any more: it was delivered, or dropped with a reason."""


class Claimed(Exception):
    """Another worker holds the message, or died with it less than a lease ago; or it is parked."""


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
    message_id = clock.new_id()
    return OutboxMessage(
        message_id=message_id,
        notification_id=clock.new_id(),
        kind=kind,
        lane=LANES[kind],
        account_id=account_id,
        recipient=recipient,
        language=language,
        parameters=dict(parameters or {}),
        created_at=clock.now(),
        next_attempt_at=clock.now() + SWEEP_AFTER[LANES[kind]][0],
        shard=random.choice(SHARDS),  # noqa: S311 - to spread them, not a secret
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
                & OutboxMessage.parked_at.does_not_exist()
                & (OutboxMessage.lease_until.does_not_exist() | (OutboxMessage.lease_until <= now)),
            ),
            returning="ALL_NEW",
        )
    except storage.ConditionFailed as refusal:
        if refusal.stored is None:
            raise NotWaiting from None
        raise Claimed from None
    return claimed


def release(claimed: OutboxMessage, error: str) -> None:
    """Give a claim back after a failure, named by `error` (no personal data), for another attempt."""
    _write_unless_gone(
        storage.update(
            claimed,
            OutboxMessage.lease_until.remove(),
            OutboxMessage.last_error.set(error),
            when=OutboxMessage.lease_until == claimed.lease_until,
        )
    )


def overdue(shard: str) -> Iterator[OutboxMessage]:
    """The messages of a shard whose next attempt is due, longest due first, by their index."""
    return OutboxMessage.overdue.query(shard, OutboxMessage.next_attempt_at <= clock.now())


def postpone(waiting: OutboxMessage) -> None:
    """Set when the sweep looks at a message again: after growing intervals, and when it is to be parked."""
    intervals = SWEEP_AFTER[Lane(waiting.lane)]
    sweeps = int(waiting.sweeps) + 1
    next_attempt_at = clock.now() + intervals[min(sweeps, len(intervals) - 1)]
    _write_unless_gone(
        storage.update(
            OutboxMessage(waiting.message_id),
            OutboxMessage.sweeps.set(sweeps),
            OutboxMessage.next_attempt_at.set(min(next_attempt_at, waiting.created_at + PARK_AFTER)),
            when=OutboxMessage.shard.exists(),
        )
    )


def park(waiting: OutboxMessage) -> None:
    """Leave a message for the operator: it stays, with its reason, and is not tried again by itself."""
    _write_unless_gone(
        storage.update(
            OutboxMessage(waiting.message_id),
            OutboxMessage.parked_at.set(clock.now()),
            OutboxMessage.shard.remove(),
            OutboxMessage.next_attempt_at.remove(),
            when=OutboxMessage.shard.exists(),
        )
    )


def _write_unless_gone(write: storage.Write) -> None:
    try:
        storage.write(write)
    except storage.ConditionFailed:
        return  # delivered meanwhile, or somebody else's now


def removal(done: OutboxMessage) -> storage.Write:
    """The write that takes a message out; it goes with the write that accounts for it."""
    return storage.delete(done, when=OutboxMessage.kind.exists())
