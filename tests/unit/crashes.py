"""Crashes at every point: each AWS call of our functions, in turn, fails or is the last thing a process did.

`points` tries a piece of work once for each call it makes, with one crash at that call; `Works` runs
our functions as AWS does, which tries again what failed or died.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, ConnectionClosedError
from pynamodb.exceptions import PynamoDBException

from app import (
    deliver,
    feedback,
    notify_low_balances,
    relay,
    sweep_outbox,
    take_balances,
    take_notices,
)
from chalicelib.errors import Unavailable
from chalicelib.notifications.queues import QueueRefused
from tests.unit import cloud
from tests.unit.clients import stream_event
from tests.unit.conftest import FrozenClock
from tests.unit.standing_queues import QUEUES, Queues

READS = {"BatchGetItem", "GetItem", "Query"}

_SWEPT_EVERY = timedelta(minutes=5)
_NOTIFIED_EVERY = timedelta(minutes=15)
_MOST_TURNS = 150


class Killed(BaseException):
    """The process ends here, as a function does that ran out of time; no handler sees it."""


class Crash(StrEnum):
    """What happens at a call."""

    REFUSED = "refused"  # AWS answers with an error; nothing took effect
    ANSWER_LOST = "answer_lost"  # it took effect, the connection broke; the client asks again
    UNANSWERED = "unanswered"  # it took effect, the connection broke, and again when the client asked again
    KILLED_BEFORE = "killed_before"  # the process ended, and nothing took effect
    KILLED = "killed"  # it took effect, and the process ended


# A read has no effect: to lose its answer, or to die after it, is to die before the next call.
_AT_READS = {Crash.REFUSED, Crash.KILLED_BEFORE}

_CONNECTIONS = {Crash.ANSWER_LOST: 1, Crash.UNANSWERED: 2}

# To die before a call is to die after the one before it, and a client that asks again does less harm than
# one that gives up: they are left out of the quick run.
_SLOW = {Crash.KILLED_BEFORE, Crash.ANSWER_LOST}
EVERY_CRASH = [pytest.param(crash, marks=[pytest.mark.slow] if crash in _SLOW else []) for crash in Crash]

# How often each function crashed, and how.
tried: Counter[tuple[str, Crash]] = Counter()


def summary() -> str:
    """How many crash points were tried, in all and of each function."""
    functions: Counter[str] = Counter()
    for (function, _), points_tried in tried.items():
        functions[function] += points_tried
    counts = ", ".join(f"{function} {number}" for function, number in sorted(functions.items()))
    return f"{tried.total()} crash points tried: {counts}"


@dataclass
class CrashPoint:
    """The call of this number (from 1) crashes, once; `call` is that call when it was reached."""

    number: int
    crash: Crash
    call: cloud.Call | None = None
    function: str = ""
    """The function that runs, and after the crash the one that had it."""
    asleep: bool = False
    """While nothing crashes."""
    _made: int = field(default=0, repr=False)
    _broken: int = field(default=0, repr=False)

    def __call__(self, call: cloud.Call, pass_on: Callable[[], Any]) -> Any:
        if self.call is not None:
            return self._broken_again(pass_on) if call == self.call else pass_on()
        if self.asleep or (call.operation in READS and self.crash not in _AT_READS):
            return pass_on()
        self._made += 1
        if self._made != self.number:
            return pass_on()
        self.call = call
        if self.crash is Crash.REFUSED:
            return cloud.refusal({"__type": "AccessDeniedException", "message": "a crash of the tests"})
        if self.crash is Crash.KILLED_BEFORE:
            raise Killed
        if self.crash is Crash.KILLED:
            pass_on()
            raise Killed
        return self._broken_again(pass_on)

    def _broken_again(self, pass_on: Callable[[], Any]) -> Any:
        answer = pass_on()
        if self._broken >= _CONNECTIONS.get(self.crash, 0):
            return answer
        self._broken += 1
        raise ConnectionClosedError(endpoint_url="https://aws")

    def runs(self, function: str) -> None:
        """Tell which function makes the next calls."""
        if self.call is None:
            self.function = function

    def __str__(self) -> str:
        return f"call {self.number} of {self.function}, {self.call}, {self.crash}"


def points(crash: Crash) -> Iterator[CrashPoint]:
    """A point for every call that the work makes: until one was not reached."""
    number = 0
    while True:
        number += 1
        point = CrashPoint(number, crash)
        random.seed(number)  # the work chooses at random among shards: the same at every point's retry
        yield point
        if point.call is None:
            return
        tried[point.function, crash] += 1


Fault = Callable[[cloud.Call], Mapping[str, Any] | None]

# By queue: its function, and how many messages it is shown at once.
_SERVED: Mapping[str, tuple[str, Callable[..., Any], int]] = {
    "notices": ("take_notices", take_notices, 10),
    "balances": ("take_balances", take_balances, 10),
    "urgent": ("deliver", deliver, 1),
    "bulk": ("deliver", deliver, 1),
    "feedback": ("feedback", feedback, 10),
}

SCHEDULED = dict.fromkeys(
    ["version", "account", "region", "detail", "detail-type", "source", "time", "id", "resources"], ""
)
_TIME_ENOUGH = SimpleNamespace(get_remaining_time_in_millis=lambda: 240_000)


class Works:
    """Our functions as AWS runs them, with one crash.

    The stream shows new messages until the relay took them (or, `stream_lost`, never); a queue hands a
    message out again until its function took it, and in the end sets it aside; the sweep runs every five
    minutes, the notifier every fifteen, here only when they would find something. `fault` is what is
    wrong with AWS besides.
    """

    def __init__(
        self,
        clock: FrozenClock,
        crash: CrashPoint | None = None,
        *,
        fault: Fault | None = None,
    ) -> None:
        self._clock = clock
        self._crash = crash or CrashPoint(0, Crash.REFUSED)
        self._fault = fault
        self.stream_lost = False
        self._later: list[Callable[[], object]] = []
        self._relayed: set[str] = set()
        self._waiting: list[dict[str, Any]] = []
        self._last_sweep = self._last_notified = clock.time
        self.queues = Queues(clock)

    @property
    def dead_letters(self) -> list[str]:
        """The bodies of the messages that were handed out as often as a queue does."""
        return self.queues.dead_letters

    def later(self, act: Callable[[], object]) -> None:
        """Do something between the first turn and the second, which does not crash."""
        self._later.append(act)

    def run(self) -> None:
        """Work until nothing is on its way any more; what is parked stays."""
        with ExitStack() as wrapped:
            wrapped.enter_context(self.queues.on_our_clock())
            if self._fault is not None:
                wrapped.enter_context(cloud.before_calls(self._fault))
            wrapped.enter_context(cloud.around_calls(self._crash))
            self._waiting = cloud.items("OUTBOX_TABLE")
            for _ in range(_MOST_TURNS):
                self._turn()
                self._do_what_comes_later()
                if not self._moved_on():
                    return
        raise AssertionError("after so many turns a message was still on its way")

    def _turn(self) -> None:
        self._show_stream()
        for queue in QUEUES:
            self._serve(queue)
        if self._last_sweep + _SWEPT_EVERY <= self._clock.time:
            self._sweep()
        if self._last_notified + _NOTIFIED_EVERY <= self._clock.time:
            self._notify()

    def _do_what_comes_later(self) -> None:
        self._crash.asleep = True
        while self._later:
            self._later.pop()()
        self._crash.asleep = False

    def _sweep(self) -> None:
        if any(_due(item) <= self._clock.time for item in cloud.items("OUTBOX_TABLE")):
            self._last_sweep = self._clock.time
            self._survives("sweep_outbox", lambda: sweep_outbox(SCHEDULED, _TIME_ENOUGH))

    def _notify(self) -> None:
        if any(due <= self._clock.time for due in _low_balances_due()):
            self._last_notified = self._clock.time
            self._survives("notify_low_balances", lambda: notify_low_balances(SCHEDULED, _TIME_ENOUGH))

    def _show_stream(self) -> None:
        new = [item for item in self._waiting if item["message_id"]["S"] not in self._relayed]
        if not new or self.stream_lost:
            return
        if self._survives("relay", lambda: relay(stream_event(new), None)):
            self._relayed |= {image["message_id"]["S"] for image in new}

    def _serve(self, queue: str) -> None:
        name, function, most = _SERVED[queue]
        while records := self.queues.hand_out(queue, most):
            again: set[str] = set()

            def work(records: list[dict[str, Any]] = records, again: set[str] = again) -> None:
                answer = function({"Records": records}, None)
                again |= {each["itemIdentifier"] for each in answer["batchItemFailures"]}

            if self._survives(name, work):
                self.queues.delete(queue, [each for each in records if each["messageId"] not in again])

    def _moved_on(self) -> bool:
        """Move the clock to what comes next; false when nothing does."""
        waiting = self._waiting = cloud.items("OUTBOX_TABLE")
        if not self.stream_lost and any(item["message_id"]["S"] not in self._relayed for item in waiting):
            self._clock.advance(seconds=1)
            return True
        tried_again = [item for item in waiting if "parked_at" not in item]
        sweeps = [max(_due(item), self._last_sweep + _SWEPT_EVERY) for item in tried_again]
        notices = [max(due, self._last_notified + _NOTIFIED_EVERY) for due in _low_balances_due()]
        coming = [*sweeps, *notices, *self.queues.coming()]
        if not coming:
            return False
        self._clock.time = max(self._clock.time, min(coming)) + timedelta(seconds=1)
        return True

    def _survives(self, function: str, work: Callable[[], Any]) -> bool:
        self._crash.runs(function)
        try:
            work()
        except (Killed, QueueRefused, Unavailable, PynamoDBException, ClientError, BotoCoreError):
            return False
        return True


def _due(item: Mapping[str, Any]) -> datetime:
    """When the sweep will hand a waiting message out; one that is parked, never."""
    if "parked_at" in item:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.fromtimestamp(int(item["next_attempt_at"]["N"]), tz=UTC)


def _low_balances_due() -> list[datetime]:
    """When the notifier will find the customers who must be told."""
    marked = [item for item in cloud.items("BALANCES_TABLE") if "due_at" in item]
    return [datetime.fromtimestamp(int(item["due_at"]["N"]), tz=UTC) for item in marked]
