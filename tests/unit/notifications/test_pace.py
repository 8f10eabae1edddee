"""Not faster than SES takes it: all workers of both lanes together."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.accounts.composers import COMPOSERS
from chalicelib.notifications import delivery
from chalicelib.notifications.pace import Pace
from tests.unit import cloud
from tests.unit.accounts.people import settled
from tests.unit.conftest import FrozenClock
from tests.unit.notifications.messages import a_change

Settings = Callable[..., None]
LANES = 2
START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def moments(pace: Pace, clock: FrozenClock, mails: int) -> list[timedelta]:
    """When a worker that has nothing else to do may send each of these mails."""
    start, sent = clock.time, []
    for _ in range(mails):
        pace.wait()
        sent.append(clock.time - start)
    return sent


def seconds(*numbers: float) -> list[timedelta]:
    return [timedelta(seconds=number) for number in numbers]


@pytest.mark.parametrize(
    ("per_second", "workers", "share"),
    [("10", "5", 1.0), ("14", "7", 1.0), ("100", "5", 0.1), ("1", "2", 4.0)],
)
def test_a_worker_leaves_its_share_of_a_second_between_two_mails(
    frozen_clock: FrozenClock, with_settings: Settings, per_second: str, workers: str, share: float
) -> None:
    with_settings(SES_PER_SECOND=per_second, DELIVER_CONCURRENCY=workers)
    assert moments(Pace(), frozen_clock, 3) == seconds(0, share, 2 * share)


def test_a_worker_that_was_busy_or_idle_for_long_enough_need_not_wait(
    frozen_clock: FrozenClock, with_settings: Settings
) -> None:
    with_settings(SES_PER_SECOND="10", DELIVER_CONCURRENCY="5")
    pace = Pace()
    moments(pace, frozen_clock, 1)
    frozen_clock.advance(seconds=0.75)
    assert moments(pace, frozen_clock, 1) == seconds(0.25)
    frozen_clock.advance(seconds=60)
    # What was not sent meanwhile is not made up for.
    assert moments(pace, frozen_clock, 3) == seconds(0, 1, 2)


def test_a_clock_that_is_set_back_holds_up_no_mail_for_longer_than_a_share(
    frozen_clock: FrozenClock, with_settings: Settings
) -> None:
    with_settings(SES_PER_SECOND="10", DELIVER_CONCURRENCY="5")
    pace = Pace()
    moments(pace, frozen_clock, 1)
    frozen_clock.advance(hours=-1)
    assert moments(pace, frozen_clock, 2) == seconds(1, 2)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(per_second=st.integers(1, 50), workers=st.integers(2, 8), idle=st.lists(st.floats(0, 3), max_size=8))
def test_all_workers_of_both_lanes_together_keep_below_the_rate(
    with_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    per_second: int,
    workers: int,
    idle: list[float],
) -> None:
    with_settings(SES_PER_SECOND=str(per_second), DELIVER_CONCURRENCY=str(workers))
    span = 20
    sent = 0
    for _ in range(LANES * workers):
        clock = FrozenClock(START)
        monkeypatch.setattr("chalicelib.clock.source", clock)
        monkeypatch.setattr(
            "chalicelib.clock.pause", lambda length, clock=clock: clock.advance(seconds=length)
        )
        pace, pauses = Pace(), iter(idle)
        while True:
            pace.wait()
            if clock.time >= START + timedelta(seconds=span):
                break
            sent += 1
            clock.advance(seconds=next(pauses, 0))
    # Each worker may send its first mail at once.
    assert sent <= per_second * span + LANES * workers


def test_mails_are_sent_at_the_pace(
    aws_in_memory: None, frozen_clock: FrozenClock, with_settings: Settings
) -> None:
    with_settings(SES_PER_SECOND="5", DELIVER_CONCURRENCY="5")
    jan = settled("jan", "jan@poczta.example")
    sent_at: list[datetime] = []

    def note(call: cloud.Call) -> None:
        if call.operation == "SendEmail":
            sent_at.append(frozen_clock.time)

    with cloud.before_calls(note):
        for _ in range(3):
            delivery.deliver(a_change(jan).message_id, COMPOSERS)
    assert [later - earlier for earlier, later in pairwise(sent_at)] == seconds(2, 2)


def test_a_message_that_is_not_sent_waits_for_nothing(
    aws_in_memory: None, frozen_clock: FrozenClock, with_settings: Settings
) -> None:
    start = frozen_clock.time
    gone = settled("jan", "jan kowalski@poczta.example")
    for _ in range(3):
        delivery.deliver(a_change(gone).message_id, COMPOSERS)
    assert frozen_clock.time == start
