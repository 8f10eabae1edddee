"""The chart of a balance: every point is inside the frame, in order, and where its amount belongs."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.balances.history import MOST_DAYS
from chalicelib.web.panel.chart import ABOVE, BELOW, HEIGHT, LEFT, WIDTH, Chart, chart

TODAY = date(2026, 11, 22)

# The days that a history keeps, the newest of them today.
days = st.integers(0, MOST_DAYS - 1).map(lambda ago: TODAY - timedelta(days=ago))
histories = st.dictionaries(days, st.integers(-1_000_000, 100_000_000), min_size=2)
thresholds = st.integers(0, 1_000_000)


def points(text: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (each.split(",") for each in text.split(" "))]


def drawn(history: dict[date, int], threshold: int = 500) -> Chart:
    found = chart(history, threshold)
    assert found is not None
    return found


@given(histories, thresholds)
def test_every_point_is_inside_the_frame(history: dict[date, int], threshold: int) -> None:
    found = drawn(history, threshold)
    heights = [y for _, y in points(found.line) + points(found.area)] + [y for _, y in found.marks]
    if found.threshold is not None:
        heights.append(found.threshold)
    assert all(ABOVE <= y <= HEIGHT - BELOW for y in heights)
    assert all(LEFT <= x <= WIDTH for x, _ in points(found.line) + points(found.area))


@given(histories, thresholds)
def test_the_days_follow_each_other_from_edge_to_edge(history: dict[date, int], threshold: int) -> None:
    found = drawn(history, threshold)
    across = [x for x, _ in points(found.line)]
    assert (across[0], across[-1], len(across)) == (LEFT, WIDTH, len(history))
    assert all(one < next_ for one, next_ in pairwise(across))
    assert (found.first, found.last) == (min(history), max(history))


@given(histories, thresholds)
def test_a_higher_balance_stands_no_lower(history: dict[date, int], threshold: int) -> None:
    heights = [y for _, y in points(drawn(history, threshold).line)]
    balances = [history[day] for day in sorted(history)]
    by_balance = [y for _, y in sorted(zip(balances, heights, strict=True))]
    assert by_balance == sorted(by_balance, reverse=True)


@given(histories, thresholds)
def test_the_area_is_what_lies_between_the_line_and_nothing(history: dict[date, int], threshold: int) -> None:
    found = drawn(history, threshold)
    begin, *line, end = points(found.area)
    assert line == points(found.line)
    assert begin[1] == end[1]
    assert (begin[0], end[0]) == (LEFT, WIDTH)


@given(histories, thresholds)
def test_the_amounts_at_the_edge_can_be_read_and_begin_with_the_highest(
    history: dict[date, int], threshold: int
) -> None:
    found = drawn(history, threshold)
    amounts, heights = zip(*found.marks, strict=True)
    assert amounts[0] == max(threshold, 100, *history.values())
    assert set(amounts[1:]) <= {0, min(0, *history.values())}
    assert all(below - above >= 16 for above, below in pairwise(heights))


def test_half_the_balance_at_half_the_time_is_in_the_middle() -> None:
    found = drawn({TODAY - timedelta(days=2): 2000, TODAY - timedelta(days=1): 1000, TODAY: 0}, threshold=500)
    left, middle, right = points(found.line)
    assert left == (LEFT, ABOVE)
    assert middle == ((LEFT + WIDTH) / 2, (ABOVE + HEIGHT - BELOW) / 2)
    assert right == (WIDTH, HEIGHT - BELOW)
    assert found.threshold == HEIGHT - BELOW - (HEIGHT - BELOW - ABOVE) / 4


def test_a_day_without_a_balance_leaves_its_room() -> None:
    found = drawn({TODAY - timedelta(days=4): 100, TODAY - timedelta(days=3): 100, TODAY: 100})
    (one, _), (two, _), (three, _) = points(found.line)
    assert three - two == 3 * (two - one)


def test_a_debt_goes_below_the_line_of_nothing() -> None:
    found = drawn({TODAY - timedelta(days=1): 1000, TODAY: -1000}, threshold=0)
    assert found.marks == [(1000, ABOVE), (0, (ABOVE + HEIGHT - BELOW) / 2), (-1000, HEIGHT - BELOW)]


def test_an_amount_that_would_be_written_over_another_is_left_out() -> None:
    found = drawn({TODAY - timedelta(days=1): 10_000, TODAY: -1})
    assert [amount for amount, _ in found.marks] == [10_000, 0]


def test_without_a_threshold_there_is_no_line_of_it() -> None:
    assert drawn({TODAY - timedelta(days=1): 100, TODAY: 0}, threshold=0).threshold is None


def test_a_single_day_makes_no_chart() -> None:
    assert chart({}, 500) is None
    assert chart({TODAY: 1000}, 500) is None
