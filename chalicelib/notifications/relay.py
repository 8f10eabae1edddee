"""From the outbox's stream to the queues: only ids travel, each in its message's lane."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.notifications import queues
from chalicelib.notifications.kinds import Lane

_logger = logging.getLogger(__name__)


def relay_new_messages(images: Iterable[Mapping[str, Any]]) -> int:
    """Queue the ids of new outbox messages, given as DynamoDB images; returns how many.

    What cannot be read is passed over, so that it does not hold up the stream: it stays in the
    outbox, where the sweep finds it. Raises queues.QueueRefused; the stream then shows all again.
    """
    by_lane: defaultdict[Lane, list[str]] = defaultdict(list)
    for image in images:
        try:
            by_lane[Lane(image["lane"]["S"])].append(image["message_id"]["S"])
        except (KeyError, TypeError, ValueError):
            _logger.warning("an outbox item without lane or id was passed over")
    for lane, message_ids in by_lane.items():
        queues.send_ids(lane, message_ids)
    return sum(map(len, by_lane.values()))
