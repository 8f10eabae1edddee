"""The outbox: messages are put here in the same transaction as the change they tell of."""

import random
from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import Enum, auto
from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib import clock, storage
from chalicelib.errors import MessageNotWaiting
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
# And the one of messages that wait for the operator.
PARKED = "parked"


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
        park_at=clock.now() + PARK_AFTER,
        shard=_any_shard(),
    )


def _any_shard() -> str:
    return random.choice(SHARDS)  # noqa: S311 - to spread them, not a secret


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
    return storage.query_index(OutboxMessage, OutboxMessage.overdue, shard, up_to=clock.now())


def postpone(waiting: OutboxMessage) -> None:
    """Set when the sweep looks at a message again: after growing intervals, and when it is to be parked."""
    intervals = SWEEP_AFTER[Lane(waiting.lane)]
    sweeps = int(waiting.sweeps) + 1
    next_attempt_at = clock.now() + intervals[min(sweeps, len(intervals) - 1)]
    _write_unless_gone(
        storage.update(
            OutboxMessage(waiting.message_id),
            OutboxMessage.sweeps.set(sweeps),
            OutboxMessage.next_attempt_at.set(min(next_attempt_at, waiting.park_at)),
            when=_is_swept(waiting),
        )
    )


def park(waiting: OutboxMessage) -> None:
    """Leave a message for the operator: it stays, with its reason, and is not tried again by itself."""
    _write_unless_gone(
        storage.update(
            OutboxMessage(waiting.message_id),
            OutboxMessage.parked_at.set(clock.now()),
            OutboxMessage.shard.set(PARKED),
            OutboxMessage.next_attempt_at.set(clock.now()),
            when=_is_swept(waiting),
        )
    )


def _is_swept(waiting: OutboxMessage) -> Condition:
    # The index is late by a moment: the message may be gone, parked, or brought back meanwhile.
    swept: Condition = OutboxMessage.shard.is_in(*SHARDS) & (OutboxMessage.park_at == waiting.park_at)
    return swept


def resume(message_id: str) -> Lane:
    """Take a message out of parking, as if it were new; returns the lane to queue its id in.

    One that is not parked begins anew, too. If nobody queues its id, the sweep does so after the first
    interval of the urgent lane. Raises MessageNotWaiting.
    """
    resumed: OutboxMessage = storage.write_one(
        storage.update(
            OutboxMessage(message_id),
            OutboxMessage.parked_at.remove(),
            OutboxMessage.shard.set(_any_shard()),
            OutboxMessage.next_attempt_at.set(clock.now() + SWEEP_AFTER[Lane.URGENT][0]),
            OutboxMessage.park_at.set(clock.now() + PARK_AFTER),
            OutboxMessage.sweeps.set(0),
            when=OutboxMessage.kind.exists(),
            otherwise=MessageNotWaiting(),
        ),
        returning="ALL_NEW",
    )
    return Lane(resumed.lane)


def _write_unless_gone(write: storage.Write) -> None:
    try:
        storage.write(write)
    except storage.ConditionFailed:
        return  # delivered meanwhile, or somebody else's now


class Discarded(Enum):
    """What came of discarding a message."""

    DONE = auto()
    GONE = auto()
    CLAIMED = auto()


def discard(waiting: OutboxMessage) -> Discarded:
    """Take a message out without sending it, unless somebody is about to send it."""
    unclaimed = OutboxMessage.lease_until.does_not_exist() | (OutboxMessage.lease_until <= clock.now())
    try:
        storage.write(
            storage.delete(OutboxMessage(waiting.message_id), when=OutboxMessage.kind.exists() & unclaimed)
        )
    except storage.ConditionFailed as refusal:
        return Discarded.GONE if refusal.stored is None else Discarded.CLAIMED
    return Discarded.DONE


def removal(done: OutboxMessage) -> storage.Write:
    """The write that takes a message out; it goes with the write that accounts for it."""
    return storage.delete(done, when=OutboxMessage.kind.exists())
