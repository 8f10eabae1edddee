"""SQS events: each message by itself; one that fails is handed out again later, and the others go on."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.notifications import queues

# After a failure, by how often the message was handed out before; in the end comes the dead-letter queue.
_FIRST_PAUSE_SECONDS = 15
_LONGEST_PAUSE_SECONDS = 900

_logger = logging.getLogger(__name__)

Record = Mapping[str, Any]


class Malformed(Exception):
    """A message that nobody can make anything of; the text says why, without its contents."""


def handle_each(event: Mapping[str, Any], handle: Callable[[Any, Record], object]) -> dict[str, Any]:
    """Give each message's JSON body and its record to `handle`; the answer names those to hand out again."""
    failed = [record["messageId"] for record in event["Records"] if not _is_done(record, handle)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _is_done(record: Record, handle: Callable[[Any, Record], object]) -> bool:
    try:
        outcome = handle(_body(record), record)
    except Malformed as reason:
        # No later attempt can do better: soon in the dead-letter queue, where it is seen. Logged without
        # a traceback (TRY400), which would show what the sender wrote.
        _logger.error("message %s from %s is malformed: %s", record["messageId"], _queue(record), reason)  # noqa: TRY400
        _hand_out_again(record, after_seconds=0)
        return False
    except Exception:  # of whatever kind: one message's failure must not hold back the others
        _logger.exception("message %s from %s failed", record["messageId"], _queue(record))
        _hand_out_again(record, after_seconds=_pause(record))
        return False
    _logger.info("message %s from %s: %s", record["messageId"], _queue(record), outcome)
    return True


def _body(record: Record) -> Any:
    try:
        return json.loads(record["body"])
    except ValueError:
        raise Malformed("not JSON") from None


def _queue(record: Record) -> str:
    return str(record["eventSourceARN"]).rpartition(":")[2]


def _pause(record: Record) -> int:
    handed_out = int(record["attributes"]["ApproximateReceiveCount"])
    doublings = min(handed_out - 1, 10)
    return min(_FIRST_PAUSE_SECONDS << doublings, _LONGEST_PAUSE_SECONDS)


def _hand_out_again(record: Record, *, after_seconds: int) -> None:
    try:
        queues.hand_out_later(_queue(record), record["receiptHandle"], after_seconds)
    except (BotoCoreError, ClientError):
        _logger.warning("message %s comes again after the queue's own time", record["messageId"])
