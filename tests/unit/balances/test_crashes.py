"""Intake and notifier fail or die at each of their calls: nobody is told twice, nobody missed (I1, I10)."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import count

import pytest

from chalicelib import clock
from chalicelib.accounts.models import Account
from chalicelib.notifications import log
from tests.unit import cloud
from tests.unit.accounts.people import bounced, settled
from tests.unit.balances.billing import balance_of, row_of, told, update
from tests.unit.conftest import FrozenClock
from tests.unit.crashes import EVERY_CRASH, Crash, Works, points

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("aws_in_memory", "quick_tables", "sleep_moves_the_clock"),
]

_names = count()

Check = Callable[[Works], None]


def a_customer() -> Account:
    name = f"jan{next(_names)}"
    return settled(name, f"{name}@poczta.example")


def low_at_last(works: Works) -> Check:
    """A balance that is too old, one of nobody, one that is malformed, and at last one that is low."""
    jan = a_customer()
    nobody = update(jan, "1.00", account_id="01JD0000000000000000000000")
    old, low = update(jan, "20.00", clock.now() - timedelta(hours=1)), update(jan, "4.99")
    for body in ([low, nobody], "no object", old, low):
        works.queues.put("balances", json.dumps(body))

    def check(works: Works) -> None:
        assert told(jan) == ["low_balance"]
        assert balance_of(jan) == "4.99"
        assert works.dead_letters == ['"no object"']

    return check


def low_exhausted_and_unreachable(works: Works) -> Check:
    jan, zofia, ewa = a_customer(), a_customer(), a_customer()
    for each, balance in ((jan, "4.99"), (zofia, "4.99"), (ewa, "-1.00")):
        works.queues.put("balances", json.dumps(update(each, balance)))
    bounced(zofia)

    def check(_: Works) -> None:
        assert told(jan) == ["low_balance"]
        assert told(ewa) == ["balance_exhausted"]
        assert log.of_account(zofia.account_id, limit=9) == []
        assert row_of(zofia).skipped == "address_unreachable"

    return check


# Each with the number of calls at which each function must have failed at least: how many it makes depends
# on which part of the index the customers are in, and which part is read first.
STORIES: Mapping[Callable[[Works], Check], dict[str, int]] = {
    low_at_last: {"take_balances": 5, "notify_low_balances": 3, "deliver": 2},
    low_exhausted_and_unreachable: {"take_balances": 5, "notify_low_balances": 3, "deliver": 4},
}


@pytest.mark.parametrize("crash", EVERY_CRASH)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_crash_at_any_call_tells_nobody_twice_and_misses_nobody(
    story: Callable[[Works], Check], crash: Crash, frozen_clock: FrozenClock
) -> None:
    crashed: Counter[str] = Counter()
    for point in points(crash):
        works = Works(frozen_clock, point)
        check = story(works)
        works.run()
        check(works)
        assert cloud.items("OUTBOX_TABLE") == [], point
        assert not any("due_at" in item for item in cloud.items("BALANCES_TABLE")), point
        if point.call is not None:
            crashed[point.function] += 1
    if crash is Crash.REFUSED:
        for function, least in STORIES[story].items():
            assert crashed[function] >= least
