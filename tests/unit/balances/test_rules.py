"""When a customer is told (I10): the rule as a table, and what holds for whatever happens."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.balances.rules import (
    Due,
    Level,
    QuietHours,
    Terms,
    Told,
    due,
    level_of,
    margin,
    settled_after,
    wanted,
)

LOW, EXHAUSTED = Level.LOW, Level.EXHAUSTED
WARSAW = ZoneInfo("Europe/Warsaw")
NEVER_QUIET = QuietHours(0, 0, WARSAW)
DAY = timedelta(hours=24)
NOON = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)

TERMS = Terms(threshold=500, margin=100, notices=True, cooldown=DAY, quiet=NEVER_QUIET)
SWITCHED_OFF = Terms(threshold=500, margin=100, notices=False, cooldown=DAY, quiet=NEVER_QUIET)
ONLY_AT_NOTHING = Terms(threshold=0, margin=100, notices=True, cooldown=DAY, quiet=NEVER_QUIET)


@pytest.mark.parametrize(
    ("balance", "threshold", "level"),
    [
        (501, 500, None),
        (500, 500, None),
        (499, 500, LOW),
        (1, 500, LOW),
        (0, 500, EXHAUSTED),
        (-1, 500, EXHAUSTED),
        (1, 0, None),
        (0, 0, EXHAUSTED),
        (0, 1, EXHAUSTED),
        (1, 1, None),
    ],
)
def test_a_balance_is_low_below_the_threshold_and_exhausted_at_nothing(
    balance: int, threshold: int, level: Level | None
) -> None:
    assert level_of(balance, threshold) == level


@pytest.mark.parametrize(
    ("threshold", "percent", "least", "expected"),
    [
        (500, 10, 100, 100),
        (1000, 10, 100, 100),
        (1001, 10, 100, 101),
        (5000, 10, 100, 500),
        (5001, 10, 100, 501),
        (500, 0, 0, 0),
        (0, 10, 100, 100),
        (333, 10, 0, 34),
    ],
)
def test_the_margin_is_a_share_of_the_threshold_rounded_up_and_at_least_so_much(
    threshold: int, percent: int, least: int, expected: int
) -> None:
    assert margin(threshold, percent, least) == expected


@pytest.mark.parametrize(
    ("settled", "balance", "terms", "expected"),
    [
        (None, 500, TERMS, None),
        (None, 499, TERMS, LOW),
        (None, 0, TERMS, EXHAUSTED),
        (LOW, 499, TERMS, None),
        (LOW, 1, TERMS, None),
        (LOW, 0, TERMS, EXHAUSTED),
        (EXHAUSTED, 0, TERMS, None),
        (EXHAUSTED, 300, TERMS, None),
        (EXHAUSTED, 550, TERMS, None),
        (None, 499, SWITCHED_OFF, None),
        (None, 0, SWITCHED_OFF, EXHAUSTED),
        (LOW, 0, SWITCHED_OFF, EXHAUSTED),
        (None, 1, ONLY_AT_NOTHING, None),
        (None, 0, ONLY_AT_NOTHING, EXHAUSTED),
    ],
)
def test_a_customer_is_to_be_told_of_a_level_deeper_than_the_one_settled(
    settled: Level | None, balance: int, terms: Terms, expected: Level | None
) -> None:
    assert wanted(settled, balance, terms) == expected


@pytest.mark.parametrize("settled", [LOW, EXHAUSTED])
@pytest.mark.parametrize(("balance", "open_again"), [(499, False), (500, False), (600, False), (601, True)])
def test_a_level_is_open_again_above_threshold_and_margin(
    settled: Level, balance: int, open_again: bool
) -> None:
    assert settled_after(settled, balance, TERMS) == (None if open_again else settled)


@pytest.mark.parametrize(
    ("told", "balance", "expected"),
    [
        (Told(), 499, Due(LOW, NOON)),
        (Told(low_at=NOON - DAY), 499, Due(LOW, NOON)),
        (Told(low_at=NOON - timedelta(hours=1)), 499, Due(LOW, NOON + timedelta(hours=23))),
        (Told(low_at=NOON - timedelta(hours=1)), 0, Due(EXHAUSTED, NOON)),
        (Told(LOW, low_at=NOON - timedelta(hours=1)), 0, Due(EXHAUSTED, NOON)),
        (Told(exhausted_at=NOON - timedelta(hours=1)), 0, Due(EXHAUSTED, NOON + timedelta(hours=23))),
        (Told(exhausted_at=NOON - timedelta(hours=1)), 499, Due(LOW, NOON)),
        (Told(LOW, low_at=NOON - 2 * DAY), 499, None),
        (Told(), 500, None),
    ],
)
def test_a_level_is_told_at_once_unless_it_was_in_the_last_day(
    told: Told, balance: int, expected: Due | None
) -> None:
    assert due(told, balance, TERMS, NOON) == expected


def at(hour: int, minute: int = 0, *, day: int = 22, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=WARSAW)


@pytest.mark.parametrize(
    ("begin", "end", "moment", "over"),
    [
        (21, 7, at(20, 59), at(20, 59)),
        (21, 7, at(21), at(7, day=23)),
        (21, 7, at(23, 30), at(7, day=23)),
        (21, 7, at(0), at(7)),
        (21, 7, at(6, 59), at(7)),
        (21, 7, at(7), at(7)),
        (1, 5, at(0, 59), at(0, 59)),
        (1, 5, at(1), at(5)),
        (0, 0, at(3), at(3)),
        (8, 8, at(8), at(8)),
        (0, 23, at(12), at(23)),
        (23, 22, at(23), at(22, day=23)),
        # The nights in which clocks are set forward, and back.
        (21, 7, at(23, day=28, month=3), at(7, day=29, month=3)),
        (21, 7, at(23, day=24, month=10), at(7, day=25, month=10)),
        (21, 2, at(23, day=28, month=3), at(3, day=29, month=3)),
    ],
)
def test_quiet_hours_are_those_of_the_clocks_on_the_wall(
    begin: int, end: int, moment: datetime, over: datetime
) -> None:
    assert QuietHours(begin, end, WARSAW).over(moment.astimezone(UTC)) == over.astimezone(UTC)


def test_in_quiet_hours_only_an_exhausted_balance_is_told() -> None:
    terms = Terms(threshold=500, margin=100, notices=True, cooldown=DAY, quiet=QuietHours(21, 7, WARSAW))
    night = at(23)
    assert due(Told(), 499, terms, night) == Due(LOW, at(7, day=23))
    assert due(Told(), 0, terms, night) == Due(EXHAUSTED, night)


def test_a_cooldown_that_ends_in_the_night_is_waited_out_until_the_morning() -> None:
    terms = Terms(threshold=500, margin=100, notices=True, cooldown=DAY, quiet=QuietHours(21, 7, WARSAW))
    assert due(Told(low_at=at(23, day=21)), 499, terms, at(12)) == Due(LOW, at(7, day=23))


def test_the_only_loud_hour_may_be_the_one_that_spring_skips() -> None:
    quiet = QuietHours(3, 2, ZoneInfo("Europe/Warsaw"))
    assert quiet.over(datetime(2026, 3, 28, 2, 30, tzinfo=UTC)) == datetime(2026, 3, 30, 0, tzinfo=UTC)


ZONES = [ZoneInfo(name) for name in ("Europe/Warsaw", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")]
moments = st.datetimes(
    datetime(2024, 1, 1),  # noqa: DTZ001 - the zone is added below
    datetime(2028, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(begin=st.integers(0, 23), end=st.integers(0, 23), zone=st.sampled_from(ZONES), moment=moments)
def test_quiet_hours_end_after_they_began_and_no_sooner_than_they_must(
    begin: int, end: int, zone: ZoneInfo, moment: datetime
) -> None:
    quiet = QuietHours(begin, end, zone)
    over = quiet.over(moment)
    assert moment <= over <= moment + timedelta(hours=49)
    assert quiet.over(over) == over
    minute = moment
    while minute < over:
        assert quiet.over(minute) == over
        minute += timedelta(minutes=7)


hours = st.integers(0, 23)
terms = st.builds(
    Terms,
    threshold=st.integers(0, 1000),
    margin=st.integers(0, 200),
    notices=st.booleans(),
    cooldown=st.integers(1, 72).map(lambda hours: timedelta(hours=hours)),
    quiet=st.builds(QuietHours, begin=hours, end=hours, zone=st.just(WARSAW)),
)
balances = st.lists(
    st.tuples(st.integers(-300, 1500), st.timedeltas(timedelta(minutes=1), timedelta(hours=30))),
    max_size=40,
)


@given(terms=terms, balances=balances)
def test_whoever_is_told_whenever_something_is_due_is_told_once_per_crossing_and_cooldown(
    terms: Terms, balances: list[tuple[int, timedelta]]
) -> None:
    now, told = NOON, Told()
    tellings: list[tuple[Level, datetime]] = []
    crossed: set[Level] = set()  # told since the balance was last above threshold and margin
    for balance, pause in balances:
        now += pause
        told = Told(settled_after(told.settled, balance, terms), told.low_at, told.exhausted_at)
        if balance > terms.threshold + terms.margin:
            crossed.clear()
        what = due(told, balance, terms, now)
        level = level_of(balance, terms.threshold)
        if what is None:
            covered = any(each.covers(level) for each in crossed) if level else True
            assert covered or (level is LOW and not terms.notices), "nobody was told of this crossing"
        elif what.at > now:
            assert level == what.level
        else:
            assert level == what.level
            assert level not in crossed
            assert EXHAUSTED not in crossed
            crossed.add(what.level)
            tellings.append((what.level, now))
            low_at = now if what.level is LOW else told.low_at
            told = Told(what.level, low_at, now if what.level is EXHAUSTED else told.exhausted_at)
    for of_level in Level:
        at_moments = [moment for level, moment in tellings if level is of_level]
        gaps = [later - one for one, later in pairwise(at_moments)]
        assert all(gap >= terms.cooldown for gap in gaps)
    for level, moment in tellings:
        if level is LOW:
            assert terms.notices
            assert terms.quiet.over(moment) == moment


@given(terms=terms, balance=st.integers(-300, 1500), settled=st.sampled_from([None, LOW, EXHAUSTED]))
def test_the_same_balance_again_changes_nothing(terms: Terms, balance: int, settled: Level | None) -> None:
    once = settled_after(settled, balance, terms)
    assert settled_after(once, balance, terms) == once
    level = wanted(once, balance, terms)
    if level is not None:
        assert wanted(level, balance, terms) is None
