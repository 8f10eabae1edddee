"""What waits to be sent, since when and why, for the operator; and trying one of them again."""

import heapq
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import storage
from chalicelib.notifications import outbox, queues
from chalicelib.notifications.models import OutboxMessage

MOST_LISTED = 100

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Backlog:
    """Messages that wait, parked ones first, then those that wait longest; `more` if there are others."""

    messages: Sequence[OutboxMessage]
    more: bool


def waiting(limit: int) -> Backlog:
    """Up to `limit` (at most 100) of the messages in the outbox: parked since longest, due since longest.

    One query for each shard, and one read of what they found. Raises Unavailable.
    """
    index = OutboxMessage.overdue
    parked, *others = (
        list(storage.query_index(OutboxMessage, index, shard, limit=limit + 1))
        for shard in (outbox.PARKED, *outbox.SHARDS)
    )
    found = [*parked, *heapq.merge(*others, key=attrgetter("next_attempt_at"))]
    stored = storage.get_many(*found[:limit]) if found else []
    # The index is late by a moment: what is not stored any more was delivered meanwhile.
    return Backlog([each for each in stored if each is not None], more=len(found) > limit)


def resend(message_id: str) -> None:
    """Hand a message out again now, parked or not; deliveries begin with a claim, so it is sent once.

    Raises MessageNotWaiting. Where the queue cannot be had, the sweep hands the message out.
    """
    lane = outbox.resume(message_id)
    try:
        queues.send_ids(lane, [message_id])
    except (queues.QueueRefused, ClientError, BotoCoreError) as error:
        _logger.warning("a resumed message is left to the sweep: %s", type(error).__name__)
