"""The queues as SQS keeps them, by the tests' clock and by what the template says of each."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from moto.backends import get_backend

from tests.unit import cloud
from tests.unit.conftest import FrozenClock

# By name, with the resource of the template that describes it.
QUEUES = {
    "notices": "NoticesQueue",
    "balances": "BalancesQueue",
    "urgent": "UrgentQueue",
    "bulk": "BulkQueue",
    "feedback": "FeedbackQueue",
}

Record = dict[str, Any]


class Queues:
    """Hands messages out, hides them meanwhile, and sets aside what was handed out too often."""

    def __init__(self, clock: FrozenClock) -> None:
        self._clock = clock
        self.dead_letters: list[str] = []

    @contextmanager
    def on_our_clock(self) -> Iterator[None]:
        """Let the queues of moto count time by the tests' clock."""
        with (
            patch("moto.sqs.models.unix_time", self._seconds),
            patch("moto.sqs.models.unix_time_millis", lambda: self._seconds() * 1000),
        ):
            yield

    def hand_out(self, queue: str, most: int) -> list[Record]:
        """Up to `most` visible messages, as Lambda shows them to a function."""
        properties = cloud.resource(QUEUES[queue])
        self._set_aside(queue, properties["RedrivePolicy"]["maxReceiveCount"])
        messages = _backend().receive_message(queue, most, 0, properties["VisibilityTimeout"])
        return [_record(queue, each) for each in messages]

    def delete(self, queue: str, records: Iterable[Record]) -> None:
        """Forget what was handled."""
        for each in records:
            _backend().delete_message(queue, each["receiptHandle"])

    def put(self, queue: str, body: str) -> None:
        """Put a message there, as other systems do."""
        _backend().send_message(queue, body)

    def coming(self) -> list[datetime]:
        """When each message will be visible."""
        return [
            datetime.fromtimestamp(message.visible_at / 1000, tz=UTC)
            for queue in QUEUES
            for message in _backend().queues[queue]._messages
        ]

    def _seconds(self) -> float:
        return self._clock.time.timestamp()

    def _set_aside(self, queue: str, most: int) -> None:
        kept = []
        for message in _backend().queues[queue]._messages:
            if message.approximate_receive_count >= most and message.visible:
                self.dead_letters.append(message.body)
            else:
                kept.append(message)
        _backend().queues[queue]._messages = kept


def _backend() -> Any:
    backends: Any = get_backend("sqs")
    return backends[cloud.ACCOUNT][cloud.REGION]


def _record(queue: str, message: Any) -> Record:
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": {
            "ApproximateReceiveCount": str(message.approximate_receive_count),
            "SenderId": "AROABILLING:billing",
        },
        "eventSourceARN": f"arn:aws:sqs:{cloud.REGION}:{cloud.ACCOUNT}:{queue}",
    }
