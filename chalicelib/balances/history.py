"""What was left at the end of each of the last sixty days: for the panel, and to tell how long it lasts."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from chalicelib.settings import settings

MOST_DAYS = 60

# Spending of the last days, and of no fewer than these, says how it will go on.
_RECENT_DAYS = 14
_FEWEST_DAYS = 3
# Further ahead nobody can see.
_MOST_DAYS_AHEAD = 365

History = Mapping[date, int]


def day_of(at: datetime) -> date:
    """The day by the operator's clocks."""
    return at.astimezone(ZoneInfo(settings().time_zone)).date()


def with_balance(history: History, balance: int, as_of: datetime) -> History:
    """The history with a newer balance, in grosze; days that are too long ago are left out."""
    day = day_of(as_of)
    kept = {each: grosze for each, grosze in history.items() if each > day - timedelta(days=MOST_DAYS)}
    return {**kept, day: balance}


def days_left(history: History) -> int | None:
    """How many whole days the newest balance lasts at the recent pace; None if nobody can tell.

    The pace is what the balance fell by in the last two weeks, over the days in which it did not rise:
    a day with a top-up does not show what was spent.
    """
    days = sorted(history)
    recent = [day for day in days if day > days[-1] - timedelta(days=_RECENT_DAYS)] if days else []
    falling = [(one, next_) for one, next_ in pairwise(recent) if history[next_] <= history[one]]
    elapsed = sum((next_ - one).days for one, next_ in falling)
    spent = sum(history[one] - history[next_] for one, next_ in falling)
    if elapsed < _FEWEST_DAYS or not spent or history[days[-1]] <= 0:
        return None
    ahead = history[days[-1]] * elapsed // spent
    return ahead if ahead <= _MOST_DAYS_AHEAD else None


def encode(history: History) -> str:
    """The history as text: its first day, then the grosze of each day, a dash where no balance came.

    A fifth of what a map would take: an item of up to a kilobyte costs one write unit, one beyond it two.
    """
    if not history:
        return ""
    first, last = min(history), max(history)
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return " ".join([first.isoformat(), *(str(history.get(day, "-")) for day in days)])


def decode(text: str) -> History:
    """The history that `encode` made the text of."""
    if not text:
        return {}
    first, *values = text.split(" ")
    begin = date.fromisoformat(first)
    return {begin + timedelta(days=number): int(value) for number, value in enumerate(values) if value != "-"}
