"""Sending to, and answering, the queues that messages travel in."""

import json
import os
from collections.abc import Sequence

from chalicelib import aws
from chalicelib.notifications.kinds import Lane

MOST_ENTRIES = 10


class QueueRefused(Exception):
    """A queue did not take some messages."""


def send_ids(lane: Lane, message_ids: Sequence[str]) -> None:
    """Queue the ids of waiting messages in their lane. Raises QueueRefused.

    Queueing an id twice is harmless, since delivery begins with a claim.
    """
    for start in range(0, len(message_ids), MOST_ENTRIES):
        entries = [
            {"Id": message_id, "MessageBody": json.dumps({"message_id": message_id})}
            for message_id in message_ids[start : start + MOST_ENTRIES]
        ]
        answer = aws.client("sqs").send_message_batch(QueueUrl=_url(lane), Entries=entries)
        if answer.get("Failed"):
            raise QueueRefused(f"{len(answer['Failed'])} of {len(entries)} refused by the {lane} queue")


def hand_out_later(queue: str, receipt_handle: str, seconds: int) -> None:
    """Have a message that was received from the queue of this name handed out again after so many seconds."""
    urls = {url for name, url in os.environ.items() if name.endswith("_QUEUE_URL")}
    [url] = (url for url in urls if url.endswith(f"/{queue}"))
    aws.client("sqs").change_message_visibility(
        QueueUrl=url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
    )


def _url(lane: Lane) -> str:
    return os.environ[f"{lane.upper()}_QUEUE_URL"]
