"""Tables that hold a million customers, and count what DynamoDB would charge for what is asked of them.

It answers what intake and notifier ask, as DynamoDB does (a test compares it with an emulator), and
refuses the rest. `python -m bench.store --customers N` fills it and serves it on a port that it prints.
"""

import json
import math
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.paths import ROOT

Item = Mapping[str, Any]

_WRITE_UNIT, _READ_UNIT = 1024, 4096
_PAGE_BYTES = 1024 * 1024


class Unknown(Exception):
    """A request that this store does not know."""


class ConditionFailed(Exception):
    """The condition of a write does not hold; carries the item that stood in the way."""


@dataclass
class Index:
    """A sparse index: entries by hash key, in the order of their range key."""

    hash_key: str
    range_key: str
    projected: frozenset[str]
    entries: dict[str, list[tuple[Any, str]]] = field(default_factory=dict)

    def entry(self, item: Item | None) -> Item:
        """What the index holds of an item; nothing if it lacks one of the keys."""
        if item is None or self.hash_key not in item or self.range_key not in item:
            return {}
        return {name: value for name, value in item.items() if name in self.projected}

    def place(self, item: Item, key: str) -> tuple[str, tuple[Any, str]]:
        """Under which hash key, and where in its order."""
        [(kind, value)] = item[self.range_key].items()
        return item[self.hash_key]["S"], (float(value) if kind == "N" else value, key)


@dataclass
class Table:
    """The items of a table as JSON, by their key."""

    name: str
    key: str
    indexes: dict[str, Index]
    items: dict[str, bytes] = field(default_factory=dict)

    def get(self, key: str) -> Item | None:
        """An item."""
        stored = self.items.get(key)
        return json.loads(stored) if stored is not None else None

    def put(self, item: Item) -> None:
        """Store an item, in the indexes, too."""
        key = item[self.key]["S"]
        old = self.get(key)
        for index in self.indexes.values():
            if index.entry(old) and old is not None:
                shard, place = index.place(old, key)
                entries = index.entries[shard]
                del entries[bisect_left(entries, place)]
            if index.entry(item):
                shard, place = index.place(item, key)
                insort(index.entries.setdefault(shard, []), place)
        self.items[key] = json.dumps(item).encode()


class Store:
    """The tables of the template, by the names of their variables, and what was asked of them."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.tables = {table.name: table for table in _tables(names)}
        self.counts: defaultdict[str, float] = defaultdict(float)
        # When set, reads of balances of customers who are not due at this moment are counted.
        self.due_at: float | None = None

    def answer(self, operation: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """Answer a request. Raises ConditionFailed and Unknown."""
        operations = {
            "BatchGetItem": self._batch_get,
            "PutItem": self._put,
            "Query": self._query,
            "TransactWriteItems": self._transact_write,
        }
        if operation not in operations:
            raise Unknown(operation)
        self.counts["calls"] += 1
        return operations[operation](asked)

    def _batch_get(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        found: dict[str, list[Item]] = {}
        for name, wanted in asked["RequestItems"].items():
            table = self.tables[name]
            share = 1 if wanted.get("ConsistentRead") else 0.5
            for key in wanted["Keys"]:
                item = table.get(key[table.key]["S"])
                self._count_read(table, item)
                self.counts["read_units"] += share * _units(size(item), _READ_UNIT)
                if item is not None:
                    found.setdefault(name, []).append(item)
        return {"Responses": found, "UnprocessedKeys": {}}

    def _count_read(self, table: Table, item: Item | None) -> None:
        if self.due_at is None or "low_balance_due" not in table.indexes:
            return
        if item is None or "due_at" not in item or float(item["due_at"]["N"]) > self.due_at:
            self.counts["read_not_due"] += 1

    def _put(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        self._check(asked)
        self._store(asked, factor=1)
        return {}

    def _transact_write(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        puts = [action["Put"] for action in asked["TransactItems"]]
        for put in puts:
            self._check(put)
        for put in puts:
            self._store(put, factor=2)
        return {}

    def _check(self, put: Mapping[str, Any]) -> None:
        condition = put.get("ConditionExpression")
        if condition is None:
            return
        table = self.tables[put["TableName"]]
        old = table.get(put["Item"][table.key]["S"])
        names = put["ExpressionAttributeNames"]
        match condition.split():
            case ["attribute_not_exists", attribute]:
                holds = old is None or names[attribute.strip("()")] not in old
            case [attribute, "=", value]:
                expected = put["ExpressionAttributeValues"][value]
                holds = old is not None and old.get(names[attribute]) == expected
            case _:
                raise Unknown(condition)
        if not holds:
            raise ConditionFailed(old)

    def _store(self, put: Mapping[str, Any], factor: int) -> None:
        table, item = self.tables[put["TableName"]], put["Item"]
        old = table.get(item[table.key]["S"])
        self.counts["write_units"] += factor * _units(max(size(old), size(item)), _WRITE_UNIT)
        for index in table.indexes.values():
            before, after = index.entry(old), index.entry(item)
            if before != after:
                moved = before and after and any(before[key] != after[key] for key in _keys(index))
                self.counts["write_units"] += 2 if moved else 1
        table.put(item)

    def _query(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        table = self.tables[asked["TableName"]]
        index = table.indexes[asked["IndexName"]]
        if asked["KeyConditionExpression"] != "#key = :key AND #range <= :range":
            raise Unknown(asked["KeyConditionExpression"])
        values = asked["ExpressionAttributeValues"]
        up_to = float(values[":range"]["N"])
        entries = index.entries.get(values[":key"]["S"], [])
        begin = 0
        if "ExclusiveStartKey" in asked:
            start = asked["ExclusiveStartKey"]
            begin = bisect_right(entries, (float(start[index.range_key]["N"]), start[table.key]["S"]))
        most = asked.get("Limit", len(entries))
        keys = [key for at, key in entries[begin : begin + most] if at <= up_to]
        found: list[Item] = []
        taken = 0
        for key in keys:
            found.append(index.entry(table.get(key)))
            taken += size(found[-1])
            if taken >= _PAGE_BYTES:
                break
        self.counts["read_units"] += 0.5 * _units(taken, _READ_UNIT)
        # As DynamoDB does, also where nothing comes after the last one that the limit allowed.
        more = found and (len(found) == most or len(found) < len(keys))
        last = {"LastEvaluatedKey": found[-1]} if more else {}
        return {"Items": found, "Count": len(found), "ScannedCount": len(found), **last}


def size(item: Item | None) -> int:
    """The bytes of an item, as DynamoDB counts them."""
    return sum(len(name.encode()) + _value_size(value) for name, value in (item or {}).items())


def _value_size(value: Mapping[str, Any]) -> int:
    kind, content = _single(value)
    match kind:
        case "S":
            return len(str(content).encode())
        case "N":
            digits = str(content).lstrip("-")
            return len(digits) // 2 + 2 + (len(content) > len(digits))
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_size(each) for name, each in content.items())
        case "BOOL" | "NULL":
            return 1
        case _:
            raise Unknown(kind)


def _single(value: Mapping[str, Any]) -> tuple[str, Any]:
    [(kind, content)] = value.items()
    return kind, content


def _units(taken: int, unit: int) -> int:
    return max(1, math.ceil(taken / unit))


def _keys(index: Index) -> tuple[str, str]:
    return index.hash_key, index.range_key


def _tables(names: Mapping[str, str]) -> Iterator[Table]:
    """The tables with one key, as the template describes them."""
    template = json.loads((ROOT / ".chalice" / "resources.json").read_text())
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    for variable, name in names.items():
        properties = template["Resources"][variables[variable]["Ref"]]["Properties"]
        keys = [each["AttributeName"] for each in properties["KeySchema"]]
        made = {
            each["IndexName"]: _index(each, keys) for each in properties.get("GlobalSecondaryIndexes", [])
        }
        yield Table(name, keys[0], made)


def _index(described: Mapping[str, Any], keys_of_table: list[str]) -> Index:
    hash_key, range_key = (each["AttributeName"] for each in described["KeySchema"])
    included = described["Projection"].get("NonKeyAttributes", [])
    return Index(hash_key, range_key, frozenset([hash_key, range_key, *keys_of_table, *included]))
