"""A stand-in for the AWS services that an import asks, quick enough for a hundred thousand customers.

It answers inside the process, where botocore would send, so that all of our own code and botocore's
runs as ever. It knows the operations and the conditions of an import, and refuses any other.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from chalicelib import aws

Item = Mapping[str, Any]

_SECRET = "the-secret-of-pseudonyms-in-the-benchmark".ljust(64, "x")
_TERM = re.compile(r"attribute_not_exists \((?P<missing>#\d+)\)|(?P<small>#\d+) <= (?P<limit>:\d+)")


class _Body:
    def __init__(self, text: str) -> None:
        self._text = text

    def stream(self, **_: Any) -> Any:
        """The whole body at once."""
        return iter([self._text.encode()])


class FastStore:
    """Tables in dictionaries: partition key → the rest of the key → item."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, dict[str, Item]]] = {}
        self.calls = 0
        self._operations: Mapping[str, Callable[[Any], Any]] = {
            "BatchGetItem": self._batch_get,
            "Query": self._query,
            "TransactWriteItems": self._transact_write,
            "GetSecretValue": lambda _: {"SecretString": _SECRET, "VersionId": "1"},
            "CreateLogStream": lambda _: {},
            "PutLogEvents": lambda _: {},
        }

    def take_over(self) -> None:
        """Answer whatever clients ask that are made from now on in this process."""
        aws._session().register("before-send", self._answer)  # noqa: SLF001 - the one place of all clients

    def count(self, table: str) -> int:
        """How many items a table has."""
        return sum(map(len, self.tables.get(table, {}).values()))

    def _answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        self.calls += 1
        operation = request.headers["X-Amz-Target"].decode().rpartition(".")[2]
        answer = self._operations[operation](json.loads(request.body))
        status = 400 if "__type" in answer else 200
        return AWSResponse(request.url, status, {}, _Body(json.dumps(answer)))

    def _batch_get(self, asked: Any) -> Any:
        found = {
            table: [item for key in wanted["Keys"] if (item := self._at(table, key))]
            for table, wanted in asked["RequestItems"].items()
        }
        return {"Responses": found, "UnprocessedKeys": {}}

    def _query(self, asked: Any) -> Any:
        [partition] = asked["ExpressionAttributeValues"].values()
        rows = self.tables.get(asked["TableName"], {}).get(partition["S"], {})
        return {"Items": [rows[key] for key in sorted(rows, reverse=True)][: asked["Limit"]]}

    def _transact_write(self, asked: Any) -> Any:
        writes = [(kind, write) for each in asked["TransactItems"] for kind, write in each.items()]
        reasons = [self._reason(write) for _, write in writes]
        if any(reason["Code"] != "None" for reason in reasons):
            return {"__type": "TransactionCanceledException", "CancellationReasons": reasons}
        for kind, write in writes:
            if kind == "Put":
                partition, rest = _key(write["Item"])
                self.tables.setdefault(write["TableName"], {}).setdefault(partition, {})[rest] = write["Item"]
        return {}

    def _reason(self, write: Any) -> Any:
        there = self._at(write["TableName"], write.get("Key") or write["Item"])
        if "ConditionExpression" not in write or _holds(write, there):
            return {"Code": "None"}
        return {"Code": "ConditionalCheckFailed", "Item": there}

    def _at(self, table: str, key: Item) -> Item | None:
        partition, rest = _key(key)
        return self.tables.get(table, {}).get(partition, {}).get(rest)


def _key(item: Item) -> tuple[str, str]:
    """The key of an item of any table that an import knows: they differ in their first attributes."""
    if "address" in item:
        return item["address"]["S"], item["account_id"]["S"]
    if "login_key" in item:
        return item["login_key"]["S"], ""
    # An account may have a number, too; it has a login besides.
    name = "sip_number" if "sip_number" in item and "login" not in item else "account_id"
    return item[name]["S"], ""


def _holds(write: Any, there: Item | None) -> bool:
    item, names = there or {}, write["ExpressionAttributeNames"]

    def holds(term: str) -> bool:
        found = _TERM.fullmatch(term.strip("() ") + (")" if "exists" in term else ""))
        if not found:
            raise NotImplementedError(term)
        if found["missing"]:
            return names[found["missing"]] not in item
        limit = write["ExpressionAttributeValues"][found["limit"]]["N"]
        value = item.get(names[found["small"]])
        return value is not None and float(value["N"]) <= float(limit)

    return any(map(holds, write["ConditionExpression"].split(" OR ")))
