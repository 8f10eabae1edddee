"""Reading indexes: in order, page by page, as far as it is asked for; a busy database is waited out."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from chalicelib import clock, storage
from chalicelib.errors import Unavailable
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import OutboxMessage
from tests.unit import cloud
from tests.unit.accounts.people import settled
from tests.unit.notifications.messages import waiting

BUSY = {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "not now"}
DENIED = {"__type": "com.amazonaws.dynamodb.v20120810#AccessDeniedException", "message": "not you"}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def due(aws_in_memory: None) -> list[datetime]:
    """When each message of shard 0 is due: one each minute from now on, of which another shard has one."""
    jan = settled()
    times = [clock.now() + number * MINUTE for number in range(5)]
    for shard, time in [("1", clock.now()), *(("0", each) for each in reversed(times))]:
        message = waiting(Kind.NOTICE, jan, subject="s", text="t" * 1000)
        storage.write(
            storage.update(message, OutboxMessage.shard.set(shard), OutboxMessage.next_attempt_at.set(time))
        )
    return times


def read(up_to: datetime | None = None, limit: int | None = None) -> Iterator[OutboxMessage]:
    return storage.query_index(OutboxMessage, OutboxMessage.overdue, "0", up_to=up_to, limit=limit)


def times(messages: Iterator[OutboxMessage]) -> list[datetime]:
    return [each.next_attempt_at for each in messages]


def test_the_items_under_a_key_come_in_the_order_of_the_range_key(due: list[datetime]) -> None:
    assert times(read()) == due


def test_a_bound_and_a_limit_leave_out_what_is_beyond_them(due: list[datetime]) -> None:
    assert times(read(up_to=due[2])) == due[:3]
    assert times(read(up_to=due[0] - MINUTE)) == []
    assert times(read(limit=2)) == due[:2]
    assert times(read(up_to=due[2], limit=100)) == due[:3]


def test_items_have_what_the_index_has(due: list[datetime]) -> None:
    first = next(read())
    assert (first.shard, first.lane, first.sweeps) == ("0", "bulk", 0)
    assert first.park_at == clock.now() + timedelta(hours=24)
    assert first.kind is None


def test_nothing_is_asked_before_the_first_item_is_and_nothing_after_the_last_one(
    due: list[datetime], wire: cloud.Wire
) -> None:
    wire.clear()
    items = read(limit=2)
    assert wire.calls == []
    assert times(items) == due[:2]
    [call] = wire.requests
    assert (call.body["IndexName"], call.body["Limit"]) == ("overdue", 2)


def test_all_pages_are_read_where_one_does_not_hold_all(due: list[datetime], wire: cloud.Wire) -> None:
    wire.clear()
    pages = storage._pages_of_index(OutboxMessage, OutboxMessage.overdue, "0", None, {"Limit": 2})
    assert [len(page) for page in pages] == [2, 2, 1]
    assert wire.calls == ["Query"] * 3


def test_a_database_that_is_busy_for_a_moment_is_asked_again(due: list[datetime]) -> None:
    refusals = iter([BUSY, BUSY])
    with cloud.faults(lambda _: next(refusals, None)):
        assert times(read()) == due


def test_a_database_that_stays_busy_is_unavailable_and_a_defect_of_ours_is_not(due: list[datetime]) -> None:
    with cloud.faults(lambda _: BUSY), pytest.raises(Unavailable):
        list(read())
    with cloud.faults(lambda _: DENIED), pytest.raises(ClientError, match="not you"):
        list(read())
