"""Sessions: how long they last, how many there are, and how they end."""

from collections.abc import Callable

import pytest

from tests.unit import cloud
from tests.unit.accounts.people import as_stored, is_in, logged_in, settled
from tests.unit.clients import Customer
from tests.unit.conftest import FrozenClock

pytestmark = pytest.mark.usefixtures("aws_in_memory", "quick_tables")


def test_a_session_ends_after_12_hours_without_use(frozen_clock: FrozenClock) -> None:
    settled()
    jan = logged_in()
    frozen_clock.advance(hours=12, seconds=-1)
    assert is_in(jan)
    jan = logged_in()
    frozen_clock.advance(hours=12)
    assert not is_in(jan)


def test_a_session_in_use_lasts_but_30_days_at_most(
    frozen_clock: FrozenClock, with_settings: Callable[..., None]
) -> None:
    with_settings(SESSION_HOURS="240")
    settled()
    jan = logged_in()
    for _ in range(3):
        frozen_clock.advance(days=9)
        assert is_in(jan)
    frozen_clock.advance(days=3, seconds=-1)
    assert is_in(jan)
    frozen_clock.advance(seconds=1)
    assert not is_in(jan)


def test_a_session_past_its_30_days_is_not_listed(
    frozen_clock: FrozenClock, with_settings: Callable[..., None]
) -> None:
    with_settings(SESSION_HOURS="240")
    settled()
    old = logged_in()
    for _ in range(3):
        frozen_clock.advance(days=9)
        assert is_in(old)
    frozen_clock.advance(days=3)
    listed = logged_in().get("/v1/sessions").json["sessions"]
    assert [each["current"] for each in listed] == [True]


def test_using_a_session_moves_its_end_at_most_every_72_minutes(
    frozen_clock: FrozenClock, wire: cloud.Wire
) -> None:
    settled()
    jan = logged_in()
    renewals = []
    for minutes in (30, 41, 1, 1, 70, 1):
        wire.clear()
        frozen_clock.advance(minutes=minutes)
        assert is_in(jan)
        renewals.append(wire.calls.count("UpdateItem"))
    assert renewals == [0, 0, 1, 0, 0, 1]


def test_the_lengths_are_settings(frozen_clock: FrozenClock, with_settings: Callable[..., None]) -> None:
    with_settings(SESSION_HOURS="720", SESSION_MAX_DAYS="1")
    settled()
    jan = logged_in()
    frozen_clock.advance(days=1, seconds=-1)
    assert is_in(jan)
    frozen_clock.advance(seconds=1)
    assert not is_in(jan)


def test_an_eleventh_session_takes_the_place_of_the_oldest(frozen_clock: FrozenClock) -> None:
    jan = settled()
    sessions = []
    for _ in range(11):
        sessions.append(logged_in())
        frozen_clock.advance(minutes=20)
    assert [is_in(session) for session in sessions] == [False] + [True] * 10
    assert len(as_stored(jan).sessions.as_dict()) == 10


def test_expired_sessions_make_room_before_the_oldest_does(frozen_clock: FrozenClock) -> None:
    jan = settled()
    oldest = logged_in()
    for _ in range(9):
        frozen_clock.advance(minutes=20)
        unused = logged_in()
    frozen_clock.advance(hours=8)
    assert is_in(oldest)
    frozen_clock.advance(hours=5)
    assert not is_in(unused)
    newest = logged_in()
    assert is_in(oldest)
    assert is_in(newest)
    assert len(as_stored(jan).sessions.as_dict()) == 2


def test_a_session_ended_while_room_is_made_stays_ended(frozen_clock: FrozenClock) -> None:
    jan = settled()
    sessions = []
    for _ in range(10):
        frozen_clock.advance(minutes=20)
        sessions.append(logged_in())
    ended: list[int] = []

    def end_one_meanwhile(call: cloud.Call) -> None:
        # The second try, which makes room.
        if "REMOVE" in call.body.get("UpdateExpression", "") and not ended:
            ended.append(sessions[5].request("DELETE", "/v1/sessions/current").status)

    with cloud.before_calls(end_one_meanwhile):
        newest = logged_in()
    assert ended == [204]
    assert [is_in(session) for session in sessions] == [False, *[True] * 4, False, *[True] * 4]
    assert is_in(newest)
    assert len(as_stored(jan).sessions.as_dict()) == 9


def test_two_log_ins_at_once_when_sessions_are_full_leave_at_most_ten_and_both_inside(
    frozen_clock: FrozenClock,
) -> None:
    jan = settled()
    for _ in range(9):
        logged_in()
        frozen_clock.advance(minutes=20)
    rival = Customer(ip="203.0.113.7")

    def log_in_meanwhile(call: cloud.Call) -> None:
        if call.tables == ["accounts_table"] and rival.token is None:
            assert rival.log_in("jan").status == 201

    with cloud.before_calls(log_in_meanwhile):
        winner = logged_in()
    assert is_in(winner)
    assert is_in(rival)
    assert len(as_stored(jan).sessions.as_dict()) == 10
