"""The balance of the last days as a line: where to draw what; the template makes SVG of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 400, 190
# Room for the amounts at the left, the days below, half a line of text above.
LEFT, BELOW, ABOVE = 76, 26, 10

_LINE_HEIGHT = 16

# With fewer days there is no line.
_FEWEST_DAYS = 2


@dataclass(frozen=True)
class Chart:
    """Pixels from the upper left corner, amounts in grosze.

    `line` are the corners of the line as SVG's `points`, `area` those of what is below it; `marks` are
    the amounts at the left edge with their heights; `threshold` is the height of the threshold's line.
    """

    line: str
    area: str
    marks: list[tuple[int, float]]
    threshold: float | None
    first: date
    last: date
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    bottom: int = HEIGHT - BELOW


def chart(days: Mapping[date, int], threshold: int) -> Chart | None:
    """The chart of a history, in grosze by day; None for too short a one."""
    if len(days) < _FEWEST_DAYS:
        return None
    first, last = min(days), max(days)
    lowest, highest = min(0, *days.values()), max(threshold, 100, *days.values())

    def x(day: date) -> float:
        return round(LEFT + (WIDTH - LEFT) * (day - first).days / (last - first).days, 1)

    def y(grosze: int) -> float:
        return round(ABOVE + (HEIGHT - BELOW - ABOVE) * (highest - grosze) / (highest - lowest), 1)

    points = [f"{x(day)},{y(days[day])}" for day in sorted(days)]
    return Chart(
        line=" ".join(points),
        area=" ".join([f"{x(first)},{y(0)}", *points, f"{x(last)},{y(0)}"]),
        marks=_marks([(amount, y(amount)) for amount in (highest, 0, lowest)]),
        threshold=y(threshold) if threshold else None,
        first=first,
        last=last,
    )


def _marks(marks: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Those of the marks, from the top, that can be written below each other."""
    kept = marks[:1]
    for each in marks[1:]:
        if each[1] - kept[-1][1] >= _LINE_HEIGHT:
            kept.append(each)
    return kept
