"""Crashes at every point: each AWS call of our functions, in turn, fails or is the last thing a process did.

`points` tries a piece of work once for each call it makes, with one crash at that call; `Works` runs
the functions behind the outbox as AWS does, which tries again what failed or died.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError

from app import deliver, relay
from chalicelib.notifications.relay import RelayFailed
from tests.unit import cloud
from tests.unit.clients import stream_event
from tests.unit.conftest import FrozenClock

# How long a queue hides a message that it handed out, and how often it hands it out.
HIDDEN_FOR_SECONDS = 60
MOST_TURNS = 5


READS = {"BatchGetItem", "GetItem", "Query"}


class Killed(BaseException):
    """The process ends here, as a function does that ran out of time; no handler sees it."""


class Crash(StrEnum):
    """What happens at a call."""

    REFUSED = "refused"  # AWS answers with an error; nothing took effect
    ANSWER_LOST = "answer_lost"  # it took effect, the connection broke; the client asks again
    KILLED = "killed"  # it took effect, and the process ended


@dataclass
class CrashPoint:
    """The call of this number (from 1) crashes, once; `call` is that call when it was reached."""

    number: int
    crash: Crash
    call: cloud.Call | None = None
    _made: int = field(default=0, repr=False)

    def __call__(self, call: cloud.Call, pass_on: Callable[[], Any]) -> Any:
        if call.operation in READS and self.crash is not Crash.REFUSED:
            return pass_on()  # a read has no effect: to die after it is to die before the next call
        self._made += 1
        if self._made != self.number:
            return pass_on()
        self.call = call
        if self.crash is Crash.REFUSED:
            return cloud.refusal({"__type": "AccessDeniedException", "message": "a crash of the tests"})
        pass_on()
        if self.crash is Crash.KILLED:
            raise Killed
        raise ConnectionClosedError(endpoint_url="https://aws")

    def __str__(self) -> str:
        return f"call {self.number}, {self.call}, {self.crash}"


def points(crash: Crash) -> Iterator[CrashPoint]:
    """A point for every call that the work makes: until one was not reached.

    Whoever tries them works `with cloud.around_calls(point)`.
    """
    number = 0
    while True:
        number += 1
        point = CrashPoint(number, crash)
        yield point
        if point.call is None:
            return


class Works:
    """`relay` and `deliver` as AWS runs them.

    The stream shows new messages until the relay took them; a queue hands a message out again, a
    minute later, until it was delivered.
    """

    def __init__(self, clock: FrozenClock) -> None:
        self._clock = clock
        self._relayed: set[str] = set()
        self._queued: list[str] = []

    def run(self) -> None:
        """Work until nothing is on its way any more."""
        for _ in range(MOST_TURNS):
            new = self._new()
            if not new and not self._queued:
                return
            self._relay(new)
            self._deliver()
            self._clock.advance(seconds=HIDDEN_FOR_SECONDS)
        raise AssertionError("after so many turns a message was still on its way")

    def _new(self) -> list[dict[str, Any]]:
        return [item for item in cloud.items("OUTBOX_TABLE") if item["message_id"]["S"] not in self._relayed]

    def _relay(self, new: list[dict[str, Any]]) -> None:
        if new and self._survives(lambda: relay(stream_event(new), None)):
            self._relayed |= {image["message_id"]["S"] for image in new}
        self._queued += cloud.take_queued()

    def _deliver(self) -> None:
        self._queued = [body for body in self._queued if not self._delivers(body)]

    def _delivers(self, body: str) -> bool:
        failed: list[Any] = []
        record = {"messageId": "1", "body": body}
        ended = self._survives(
            lambda: failed.extend(deliver({"Records": [record]}, None)["batchItemFailures"])
        )
        return ended and not failed

    @staticmethod
    def _survives(work: Callable[[], Any]) -> bool:
        try:
            work()
        except (Killed, RelayFailed, ClientError, BotoCoreError):
            return False
        return True
