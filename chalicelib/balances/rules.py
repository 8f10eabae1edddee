"""When a customer is told that the balance is low (I10). Pure: values in, values out, no AWS.

There are two levels, each deeper than the one before: *low* is below the customer's threshold,
*exhausted* is nothing left. A level is due while the balance is at it and neither it nor a deeper one
was settled (told, or skipped with a reason) since the balance was last above threshold plus margin. So
a crossing is told once, however often the balance is measured, and a balance that swings around the
threshold does not mail at every swing. A crossing that nobody was told of yet leaves no trace when the
balance comes back.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_PERCENT = 100
# Every hour of the clock comes within two days, whatever the clocks do in the night between them.
_HOURS_AHEAD = 49


class Level(StrEnum):
    """How little there is left."""

    LOW = "low"
    EXHAUSTED = "exhausted"

    def covers(self, other: "Level") -> bool:
        """Whether whoever was told of this level needs not be told of the other."""
        return self is other or self is Level.EXHAUSTED


@dataclass(frozen=True)
class QuietHours:
    """The hours of the day, by the clocks of a zone, in which low balances are not told; none if equal."""

    begin: int
    end: int
    zone: ZoneInfo

    def over(self, at: datetime) -> datetime:
        """The first moment from `at` on that is not quiet."""
        local = at.astimezone(self.zone)
        if not self._hold(local.hour):
            return at
        # Hour by hour, in UTC: clocks are set forward and back in the night.
        begun = local.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
        hours = (begun + timedelta(hours=number) for number in range(1, _HOURS_AHEAD + 1))
        return next(hour for hour in hours if not self._hold(hour.astimezone(self.zone).hour))

    def _hold(self, hour: int) -> bool:
        if self.begin <= self.end:
            return self.begin <= hour < self.end
        return hour >= self.begin or hour < self.end


@dataclass(frozen=True)
class Terms:
    """What operator and customer have set: amounts in grosze, whether low balances are told at all."""

    threshold: int
    margin: int
    notices: bool
    cooldown: timedelta
    quiet: QuietHours


@dataclass(frozen=True)
class Told:
    """What the customer knows: the deepest level settled since there was enough, and when each was told."""

    settled: Level | None = None
    low_at: datetime | None = None
    exhausted_at: datetime | None = None

    def last(self, level: Level) -> datetime | None:
        """When the customer was last told of the level."""
        return self.low_at if level is Level.LOW else self.exhausted_at


@dataclass(frozen=True)
class Due:
    """What is to be told, and from which moment on it may be."""

    level: Level
    at: datetime


def margin(threshold: int, percent: int, least: int) -> int:
    """How far above the threshold a balance must rise to be enough again, in whole grosze, rounded up."""
    return max(least, -(-threshold * percent // _PERCENT))


def level_of(balance: int, threshold: int) -> Level | None:
    """The level that a balance is at; None while there is no less than the customer wants."""
    if balance <= 0:
        return Level.EXHAUSTED
    return Level.LOW if balance < threshold else None


def settled_after(settled: Level | None, balance: int, terms: Terms) -> Level | None:
    """What stays settled at this balance: nothing, once it is above threshold plus margin."""
    return None if balance > terms.threshold + terms.margin else settled


def wanted(settled: Level | None, balance: int, terms: Terms) -> Level | None:
    """The level that the customer has yet to be told of."""
    level = level_of(balance, terms.threshold)
    if level is None or (settled is not None and settled.covers(level)):
        return None
    if level is Level.LOW and not terms.notices:
        return None
    return level


def due(told: Told, balance: int, terms: Terms, now: datetime) -> Due | None:
    """What is to be told of this balance, no earlier than now, after the cooldown and not in quiet hours."""
    level = wanted(told.settled, balance, terms)
    if level is None:
        return None
    last = told.last(level)
    at = now if last is None else max(now, last + terms.cooldown)
    return Due(level, terms.quiet.over(at) if level is Level.LOW else at)
