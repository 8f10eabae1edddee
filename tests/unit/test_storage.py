"""The one write seam: conditions, transactions, refusals by name, and consistent reads."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib import storage
from chalicelib.accounts.models import Throttle, Token
from chalicelib.errors import LinkExpired, LoginTaken, Unavailable
from chalicelib.notifications.models import AddressRow
from tests.unit import cloud
from tests.unit.conftest import FrozenClock

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _aws(aws_in_memory: None) -> None:
    """Every test here has tables."""


def counter(key: str, attempts: int = 1) -> Throttle:
    return Throttle(key, attempts=attempts, expires_at=NOON)


def is_new() -> Any:
    return Throttle.key.does_not_exist()


def attempts(key: str) -> int | None:
    stored = storage.get(Throttle, key)
    return int(stored.attempts) if stored else None


# Writes.


def test_a_single_write_is_one_call_and_no_transaction(wire: cloud.Wire) -> None:
    storage.write(storage.put(counter("a")))
    assert wire.calls == ["PutItem"]
    assert attempts("a") == 1


def test_several_writes_are_one_transaction(wire: cloud.Wire) -> None:
    storage.write(storage.put(counter("gone")))
    wire.clear()
    storage.write(
        storage.put(counter("new")),
        storage.update(counter("changed"), Throttle.attempts.set(7)),
        storage.delete(counter("gone")),
        storage.check(counter("asked"), when=is_new()),
    )
    assert wire.calls == ["TransactWriteItems"]
    assert [attempts(key) for key in ("new", "changed", "gone", "asked")] == [1, 7, None, None]


def test_a_rehearsal_looks_at_every_condition_and_writes_nothing(wire: cloud.Wire) -> None:
    storage.write(storage.put(counter("there")))
    wire.clear()
    storage.rehearse(
        storage.put(counter("new"), when=is_new()),
        storage.put(counter("without a condition")),
        storage.update(counter("there"), Throttle.attempts.set(7), when=Throttle.attempts == 1),
        storage.delete(counter("there too"), when=is_new()),
        storage.check(counter("asked"), when=is_new()),
    )
    assert wire.calls == ["TransactWriteItems"]
    assert [attempts(key) for key in ("new", "without a condition", "there", "asked")] == [
        None,
        None,
        1,
        None,
    ]


def test_a_rehearsal_of_one_write_or_of_writes_without_conditions_is_no_special_case(
    wire: cloud.Wire,
) -> None:
    storage.rehearse(storage.put(counter("new"), when=is_new()))
    storage.rehearse(storage.put(counter("new")))
    storage.rehearse()
    assert wire.calls == ["TransactWriteItems"]
    assert attempts("new") is None


def test_a_rehearsal_is_refused_as_the_writes_would_be() -> None:
    storage.write(storage.put(counter("there")))
    with pytest.raises(LoginTaken):
        storage.rehearse(
            storage.put(counter("new"), when=is_new()),
            storage.put(counter("there", 7), when=is_new(), otherwise=LoginTaken()),
        )
    with pytest.raises(storage.ConditionFailed) as refused:
        storage.rehearse(
            storage.put(counter("new"), when=is_new()),
            storage.update(counter("there"), Throttle.attempts.add(1), when=Throttle.attempts > 7),
        )
    assert refused.value.stored.attempts == 1
    assert (attempts("new"), attempts("there")) == (None, 1)


@pytest.mark.parametrize("failing", [0, 1, 2, 3])
def test_a_transaction_with_one_failed_condition_writes_nothing(failing: int) -> None:
    storage.write(storage.put(counter("deleted", 3)))
    holds = {True: Throttle.attempts < 9, False: Throttle.attempts > 9}
    absent = {True: is_new(), False: Throttle.key.exists()}
    writes = [
        storage.put(counter("put"), when=absent[failing != 0]),
        storage.update(counter("updated"), Throttle.attempts.add(1), when=absent[failing != 1]),
        storage.delete(counter("deleted"), when=holds[failing != 2]),
        storage.check(counter("checked"), when=absent[failing != 3]),
    ]
    with pytest.raises(storage.ConditionFailed) as refusal:
        storage.write(*writes)
    assert refusal.value.item is writes[failing].item
    assert {item["key"]["S"]: item["attempts"]["N"] for item in cloud.items("THROTTLES_TABLE")} == {
        "deleted": "3"
    }


def test_the_first_failed_condition_names_the_refusal() -> None:
    storage.write(storage.put(counter("taken")), storage.put(counter("taken too")))
    free = storage.put(counter("free"), when=is_new(), otherwise=Unavailable())
    taken = storage.put(counter("taken"), when=is_new(), otherwise=LoginTaken())
    taken_too = storage.put(counter("taken too"), when=is_new(), otherwise=LinkExpired())
    with pytest.raises(LoginTaken):
        storage.write(free, taken, taken_too)
    with pytest.raises(LinkExpired):
        storage.write(free, taken_too, taken)


def test_a_single_write_is_refused_by_name_too() -> None:
    storage.write(storage.put(counter("taken")))
    with pytest.raises(LoginTaken):
        storage.write(storage.put(counter("taken"), when=is_new(), otherwise=LoginTaken()))


@pytest.mark.parametrize("others", [[], [storage.put(counter("other"))]], ids=["alone", "in a transaction"])
def test_a_refusal_without_a_name_tells_what_stood_in_the_way(others: list[storage.Write]) -> None:
    storage.write(storage.put(counter("taken", 5)))
    with pytest.raises(storage.ConditionFailed) as refusal:
        storage.write(*others, storage.put(counter("taken"), when=is_new()))
    assert isinstance(refusal.value.stored, Throttle)
    assert (refusal.value.stored.key, refusal.value.stored.attempts) == ("taken", 5)


@pytest.mark.parametrize("others", [[], [storage.put(counter("other"))]], ids=["alone", "in a transaction"])
def test_a_refusal_where_nothing_is_stored_tells_so(others: list[storage.Write]) -> None:
    with pytest.raises(storage.ConditionFailed) as refusal:
        storage.write(*others, storage.delete(counter("absent"), when=Throttle.key.exists()))
    assert refusal.value.stored is None


@pytest.mark.parametrize(("returning", "expected"), [("ALL_NEW", 3), ("ALL_OLD", 1), ("NONE", None)])
def test_one_write_returns_the_item_as_asked_for(returning: str, expected: int | None) -> None:
    storage.write(storage.put(counter("a")))
    answer = storage.write_one(storage.update(counter("a"), Throttle.attempts.add(2)), returning=returning)
    assert (answer.attempts if answer else None) == expected


def test_the_first_write_of_an_item_has_no_former_one_to_return() -> None:
    assert storage.write_one(storage.put(counter("a")), returning="ALL_OLD") is None


# Reads.


def test_every_read_is_consistent(wire: cloud.Wire) -> None:
    storage.get(Throttle, "a")
    storage.get_many(counter("a"), Token("b"))
    storage.page(AddressRow, "a", limit=1)
    get, get_many, page = (each.body for each in wire.requests)
    assert get["ConsistentRead"] is True
    assert {table["ConsistentRead"] for table in get_many["RequestItems"].values()} == {True}
    assert page["ConsistentRead"] is True


def test_what_is_not_stored_is_none() -> None:
    assert storage.get(Throttle, "absent") is None
    assert storage.get(AddressRow, "absent", "absent") is None


def test_an_item_of_a_table_with_two_keys_is_found_by_both() -> None:
    storage.write(storage.put(AddressRow("jan@poczta.example", "1")))
    row = storage.get(AddressRow, "jan@poczta.example", "1")
    assert row is not None
    assert row.account_id == "1"
    assert storage.get(AddressRow, "jan@poczta.example", "2") is None


def test_many_items_of_several_tables_come_in_the_order_asked_for_in_one_call(wire: cloud.Wire) -> None:
    rows = [AddressRow("jan@poczta.example", str(number)) for number in range(4)]
    counters = [counter(f"key-{number}") for number in range(4)]
    storage.write(*map(storage.put, [*rows[1:], *counters[1:]]))
    wanted = [counters[2], rows[3], rows[0], counters[0], rows[1], counters[3], counters[1], rows[2]]
    wire.clear()
    found = storage.get_many(*wanted)
    assert wire.calls == ["BatchGetItem"]
    assert [type(each) for each in found] == [
        Throttle, AddressRow, type(None), type(None), AddressRow, Throttle, Throttle, AddressRow
    ]  # fmt: skip
    assert [each.account_id for each in found if isinstance(each, AddressRow)] == ["3", "1", "2"]
    assert [each.key for each in found if isinstance(each, Throttle)] == ["key-2", "key-3", "key-1"]


def leave_out(keys: list[str], times: int) -> Callable[[cloud.Call, Callable[[], Any]], Any]:
    """A table too busy to answer for some keys, so many times."""
    turns = iter(range(times))

    def answered(call: cloud.Call, pass_on: Callable[[], Any]) -> Any:
        status, headers, text = pass_on()
        if next(turns, None) is None:
            return status, headers, text
        answer = json.loads(text)
        found = answer["Responses"]["throttles_table"]
        answer["Responses"]["throttles_table"] = [item for item in found if item["key"]["S"] not in keys]
        left_out = [{"key": {"S": key}} for key in keys]
        answer["UnprocessedKeys"] = {"throttles_table": {"ConsistentRead": True, "Keys": left_out}}
        return status, {"Content-Type": headers["Content-Type"]}, json.dumps(answer)  # without its checksum

    return answered


def test_keys_that_the_database_left_out_are_asked_for_again(wire: cloud.Wire) -> None:
    storage.write(*(storage.put(counter(key)) for key in "abc"))
    wire.clear()
    with cloud.around_calls(leave_out(["a", "c"], times=2)):
        found = storage.get_many(counter("a"), counter("b"), counter("c"))
    assert [each.key for each in found] == ["a", "b", "c"]
    asked = [call.body["RequestItems"]["throttles_table"] for call in wire.requests]
    assert [[key["key"]["S"] for key in each["Keys"]] for each in asked] == [
        ["a", "b", "c"], ["a", "c"], ["a", "c"]
    ]  # fmt: skip
    assert all(each["ConsistentRead"] for each in asked)


def test_keys_that_the_database_keeps_leaving_out_make_it_unavailable(frozen_clock: FrozenClock) -> None:
    storage.write(storage.put(counter("a")))
    started = frozen_clock()
    with cloud.around_calls(leave_out(["a"], times=1000)), pytest.raises(Unavailable):
        storage.get_many(counter("a"))
    assert timedelta(0) < frozen_clock() - started < timedelta(seconds=5)


def test_a_page_is_the_newest_of_one_partition_in_one_call(wire: cloud.Wire) -> None:
    storage.write(
        *(storage.put(AddressRow("jan@poczta.example", str(number))) for number in range(5)),
        *(storage.put(AddressRow("zofia@poczta.example", str(number))) for number in range(5)),
    )
    wire.clear()
    newest = storage.page(AddressRow, "jan@poczta.example", limit=2)
    assert [(row.address, row.account_id) for row in newest] == [
        ("jan@poczta.example", "4"),
        ("jan@poczta.example", "3"),
    ]
    assert wire.calls == ["Query"]
    older = storage.page(AddressRow, "jan@poczta.example", limit=9, before="3")
    assert [row.account_id for row in older] == ["2", "1", "0"]
    assert storage.page(AddressRow, "jan@poczta.example", limit=9, before="0") == []
    assert storage.page(AddressRow, "nobody@poczta.example", limit=9) == []


def test_a_moment_is_kept_in_whole_seconds_for_the_tables_expiry() -> None:
    moment = datetime(2026, 11, 22, 12, 0, 0, 999_999, tzinfo=UTC)
    storage.write(storage.put(Throttle("a", attempts=1, expires_at=moment)))
    [item] = cloud.items("THROTTLES_TABLE")
    assert item["expires_at"] == {"N": str(int(NOON.timestamp()))}
    stored = storage.get(Throttle, "a")
    assert stored is not None
    assert stored.expires_at == NOON
