"""Nothing waits for ever: messages that queue and stream lost are handed out again, and in the end parked."""

import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from chalicelib import clock, metrics
from chalicelib.notifications import outbox, queues
from chalicelib.notifications.kinds import Lane

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Swept:
    """What a sweep did: messages handed out again, messages parked, shards left for the next sweep."""

    queued: int = 0
    parked: int = 0
    shards_left: int = 0


def sweep(time_left: Callable[[], bool]) -> Swept:
    """Sweep, and count what was done."""
    swept = sweep_outbox(time_left)
    metrics.count("Requeued", swept.queued)
    metrics.count("Parked", swept.parked)
    _logger.info("%s", swept)
    return swept


def sweep_outbox(time_left: Callable[[], bool]) -> Swept:
    """Queue every message whose next attempt is due; park those whose day is over.

    A message is postponed before it is queued: if the sweep ends between the two, the next interval
    finds it. Ends after the message at hand when `time_left` says so.
    """
    queued = parked = 0
    for position, shard in enumerate(outbox.SHARDS):
        by_lane: defaultdict[Lane, list[str]] = defaultdict(list)
        shards_done = position + 1
        for waiting in outbox.overdue(shard):
            if not time_left():
                shards_done = position
                break
            if waiting.park_at <= clock.now():
                outbox.park(waiting)
                parked += 1
            else:
                outbox.postpone(waiting)
                by_lane[Lane(waiting.lane)].append(waiting.message_id)
        queued += _queue(by_lane)
        if shards_done == position or not time_left():
            return Swept(queued, parked, shards_left=len(outbox.SHARDS) - shards_done)
    return Swept(queued, parked)


def _queue(by_lane: dict[Lane, list[str]]) -> int:
    for lane, message_ids in by_lane.items():
        queues.send_ids(lane, message_ids)
    return sum(map(len, by_lane.values()))
