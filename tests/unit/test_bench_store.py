"""The benchmark's store answers what intake and notifier ask as an emulator of DynamoDB does."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from bench.crowd import answered
from bench.store import Index, Store, Table, size
from chalicelib import clock, storage
from chalicelib.accounts.models import Account, Status
from chalicelib.balances.models import Balance
from tests.unit import cloud
from tests.unit.accounts.people import JAN, settled
from tests.unit.balances.billing import run, take, tell, update

OPERATIONS = {"BatchGetItem", "PutItem", "Query", "TransactWriteItems"}
TABLES = ("ACCOUNTS_TABLE", "BALANCES_TABLE", "OUTBOX_TABLE")


@pytest.fixture
def store(aws_in_memory: None) -> Store:
    return Store({name: cloud.table_variables()[name] for name in TABLES})


VARYING = {"ConsumedCapacity", "ItemCollectionMetrics", "message", "Message"}


def comparable(body: Any) -> Any:
    """An answer without what differs from call to call, or in its order."""
    answer = {key: value for key, value in body.items() if key not in VARYING}
    if "__type" in answer:
        answer["__type"] = answer["__type"].rpartition("#")[2]
    for reason in answer.get("CancellationReasons", []):
        reason.pop("Message", None)
    for items in answer.get("Responses", {}).values():
        items.sort(key=str)
    answer["Responses"] = {name: items for name, items in answer.get("Responses", {}).items() if items}
    return answer


@pytest.fixture
def compared(store: Store) -> Iterator[list[str]]:
    """Ask both, and compare; the operations that were compared."""
    operations: list[str] = []

    def both(call: cloud.Call, pass_on: Callable[[], Any]) -> Any:
        status, headers, body = pass_on()
        if call.operation in OPERATIONS and set(call.tables) <= store.tables.keys():
            ours = answered(store, call.operation, call.body)
            theirs = status, json.loads(body)
            assert (ours[0], comparable(as_json(ours[1]))) == (theirs[0], comparable(theirs[1]))
            operations.append(call.operation)
        return status, headers, body

    with cloud.around_calls(both):
        yield operations


def as_json(answer: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(answer))


def copy_into(store: Store) -> None:
    for variable in TABLES:
        for item in cloud.items(variable):
            store.tables[cloud.table_variables()[variable]].put(item)


def test_intake_and_notifier_get_the_same_answers(
    quick_tables: None, store: Store, compared: list[str]
) -> None:
    customers = [settled(f"jan{number}", JAN) for number in range(5)]
    storage.write(storage.update(customers[1], Account.status.set(Status.BLOCKED)))
    compared.clear()
    copy_into(store)
    for balances in (["20.00"] * 5, ["4.99", "4.99", "0.00", "5.00", "4.99"], ["5.00", *["4.98"] * 4]):
        clock.pause(1)
        messages = [update(each, balance) for each, balance in zip(customers, balances, strict=True)]
        assert take(messages, messages) == []
    row = storage.get(Balance, customers[4].account_id)
    run()
    assert row is not None
    tell(customers[2], "20.00", "-1.00")
    with pytest.raises(storage.ConditionFailed):
        storage.write(storage.put(row.changed(), when=Balance.version == row.version))
    run()
    assert set(compared) == OPERATIONS
    for variable in TABLES:
        name = cloud.table_variables()[variable]
        stored = sorted(map(json.loads, store.tables[name].items.values()), key=str)
        assert stored == sorted(cloud.items(variable), key=str)


@pytest.mark.parametrize(("limit", "pages"), [({}, 2), ({"Limit": 500}, 3), ({"Limit": 2000}, 2)])
def test_a_long_index_is_read_page_by_page(limit: dict[str, int], pages: int) -> None:
    index = Index("due_shard", "due_at", frozenset({"account_id", "due_shard", "due_at"}))
    store = Store({})
    store.tables["balances"] = table = Table("balances", "account_id", {"low_balance_due": index})
    for number in range(1200):
        shard = {"due_shard": {"S": "0"}, "due_at": {"N": str(number % 7)}}
        table.put({"account_id": {"S": f"{number:04}" * 500}, **shard})
    values = {":key": {"S": "0"}, ":range": {"N": "5"}}
    asked = {
        "TableName": "balances",
        "IndexName": "low_balance_due",
        "KeyConditionExpression": "#key = :key AND #range <= :range",
        "ExpressionAttributeValues": values,
        **limit,
    }
    found, asked_for = [], 0
    while True:
        answer = store.answer("Query", asked)
        found += [each["account_id"]["S"] for each in answer["Items"]]
        asked_for += 1
        if "LastEvaluatedKey" not in answer:
            break
        asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    assert len(found) == len(set(found)) == len([number for number in range(1200) if number % 7 <= 5])
    assert asked_for == pages


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"a": {"S": "abc"}}, 4),
        ({"a": {"S": "ż"}}, 3),
        ({"a": {"N": "12"}}, 1 + 3),
        ({"a": {"N": "-12"}}, 1 + 4),
        ({"a": {"BOOL": True}}, 2),
        ({"a": {"M": {"b": {"S": "c"}}}}, 1 + 3 + 1 + 1 + 1),
        (None, 0),
    ],
)
def test_an_items_size_is_counted_as_dynamodb_counts_it(item: Any, expected: int) -> None:
    assert size(item) == expected


def test_what_a_write_costs_is_counted_with_its_indexes(store: Store) -> None:
    name = cloud.table_variables()["BALANCES_TABLE"]

    def units(**attributes: Any) -> float:
        store.counts.clear()
        item = {"account_id": {"S": "jan"}, **attributes}
        store.answer("PutItem", {"TableName": name, "Item": item})
        return store.counts["write_units"]

    marked = {"due_shard": {"S": "0"}, "due_at": {"N": "7"}}
    assert units() == 1
    assert units(**marked) == 2
    assert units(**marked, balance={"N": "1"}) == 1
    assert units(**marked | {"due_at": {"N": "8"}}) == 3
    assert units() == 2
    assert units(history={"S": "x" * 1024}) == 2
