"""From the outbox's stream to the queues: only ids travel, each in its message's lane."""

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib import aws
from chalicelib.notifications.kinds import Lane

_MOST_ENTRIES = 10


class RelayFailed(Exception):
    """A queue refused some messages; the stream shows them to us again."""


def relay_new_messages(images: Iterable[Mapping[str, Any]]) -> int:
    """Queue the ids of new outbox messages, given as DynamoDB images; returns how many.

    Raises RelayFailed when a queue refuses. Queueing an id twice is harmless: delivery claims.
    """
    by_lane: defaultdict[Lane, list[str]] = defaultdict(list)
    for image in images:
        by_lane[Lane(image["lane"]["S"])].append(image["message_id"]["S"])
    for lane, message_ids in by_lane.items():
        for start in range(0, len(message_ids), _MOST_ENTRIES):
            _send(lane, message_ids[start : start + _MOST_ENTRIES])
    return sum(map(len, by_lane.values()))


def _send(lane: Lane, message_ids: list[str]) -> None:
    answer = aws.client("sqs").send_message_batch(
        QueueUrl=os.environ[f"{lane.upper()}_QUEUE_URL"],
        Entries=[
            {"Id": message_id, "MessageBody": json.dumps({"message_id": message_id})}
            for message_id in message_ids
        ],
    )
    if answer.get("Failed"):
        raise RelayFailed(f"{len(answer['Failed'])} of {len(message_ids)} refused by the {lane} queue")
