"""The balances of the last days: kept, written in little space, and what they say about the days to come."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.balances.history import MOST_DAYS, days_left, decode, encode, with_balance

SUNDAY = date(2026, 11, 22)


def days(*balances: int | None, until: date = SUNDAY) -> dict[date, int]:
    """A history of consecutive days up to a Sunday; None is a day without news."""
    first = until - timedelta(days=len(balances) - 1)
    return {first + timedelta(days=number): each for number, each in enumerate(balances) if each is not None}


def test_the_last_balance_of_a_day_stands_for_it() -> None:
    history = with_balance({}, 1250, datetime(2026, 11, 22, 9, 0, tzinfo=UTC))
    history = with_balance(history, 1100, datetime(2026, 11, 22, 18, 0, tzinfo=UTC))
    history = with_balance(history, 900, datetime(2026, 11, 23, 1, 0, tzinfo=UTC))
    assert history == {date(2026, 11, 22): 1100, date(2026, 11, 23): 900}


def test_a_day_ends_by_the_operators_clocks() -> None:
    assert with_balance({}, 1250, datetime(2026, 11, 22, 23, 30, tzinfo=UTC)) == {date(2026, 11, 23): 1250}


def test_days_before_the_last_sixty_are_forgotten() -> None:
    history: dict[date, int] = {}
    for number in range(100):
        at = datetime(2026, 8, 1, 12, 0, tzinfo=UTC) + timedelta(days=number)
        history = dict(with_balance(history, number, at))
    assert list(history.values()) == list(range(40, 100))
    assert len(history) == MOST_DAYS


def test_after_a_long_silence_only_what_is_recent_is_left() -> None:
    history = days(1000, 900)
    later = datetime(2027, 6, 1, 12, 0, tzinfo=UTC)
    assert with_balance(history, 500, later) == {date(2027, 6, 1): 500}


@given(
    st.dictionaries(
        st.integers(0, MOST_DAYS - 1).map(lambda number: SUNDAY - timedelta(days=number)),
        st.integers(-(10**11), 10**11),
    )
)
def test_a_history_is_read_as_it_was_written(history: dict[date, int]) -> None:
    assert decode(encode(history)) == history


def test_sixty_days_of_what_customers_usually_have_take_less_than_half_a_kilobyte() -> None:
    assert len(encode(days(*range(9999, 9999 - MOST_DAYS, -1)))) < 512


@pytest.mark.parametrize(
    ("history", "left"),
    [
        (days(), None),
        (days(1000), None),
        (days(1000, 900), None),
        (days(1000, 900, 800), None),
        (days(1000, 900, 800, 700), 7),
        (days(1000, 900, 800, 750), 9),
        (days(1000, 1000, 1000, 1000), None),
        (days(1000, None, None, 700), 7),
        (days(300, 200, 100, 0), None),
        (days(300, 200, 100, -50), None),
        (days(5000, 4000, 3000, 100), 0),
        # A top-up says nothing about spending, on whatever day it came.
        (days(400, 300, 200, 100, 5100, 5000), 50),
        (days(400, 5300), None),
        # What was more than two weeks ago is not recent.
        (days(90_000, 1000, *[990 - 10 * number for number in range(13)]), 87),
        # And beyond a year nobody can see.
        (days(99_999, 99_998, 99_997, 99_996), None),
    ],
)
def test_the_recent_pace_says_how_long_it_lasts_if_it_is_known(
    history: dict[date, int], left: int | None
) -> None:
    assert days_left(history) == left


@given(
    st.dictionaries(
        st.integers(0, MOST_DAYS - 1).map(lambda number: SUNDAY - timedelta(days=number)),
        st.integers(-10_000, 10_000),
    )
)
def test_how_long_it_lasts_is_never_negative_nor_more_than_a_year(history: dict[date, int]) -> None:
    left = days_left(history)
    assert left is None or 0 <= left <= 365
