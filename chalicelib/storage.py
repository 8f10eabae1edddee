"""The one seam to DynamoDB: all writes, with conditions and conflict retries, and consistent reads.

PynamoDB describes the tables and turns items, conditions and updates into requests; this module
sends them, so that every write is retried alike and every refused condition becomes the domain
error that the writer named.
"""

import os
import random
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from itertools import islice
from typing import Any, NoReturn, TypeVar

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection
from pynamodb.attributes import Attribute
from pynamodb.connection import Connection
from pynamodb.connection.table import TableConnection
from pynamodb.constants import NUMBER
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.indexes import Index
from pynamodb.models import Model

from chalicelib import aws, clock
from chalicelib.errors import DomainError, Unavailable

# The longest pause after each attempt; the real one is random below it, so that rivals part.
_PAUSES_SECONDS = (0.02, 0.04, 0.08, 0.16, 0.32, 0.5, 0.5, 0.5)

# Answers that mean "not now": another write holds the item, or the table is busy. Nothing was written.
_NOT_NOW = {
    "InternalServerError",
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingError",
    "ThrottlingException",
    "TransactionConflict",
    "TransactionConflictException",
    "TransactionInProgressException",
}
_UNREACHABLE = (HTTPClientError, NoConnection)

# In hexadecimal digits; DynamoDB takes up to 36 characters.
_TOKEN_BYTES = 16

_PLACEHOLDER = re.compile(r"[#:]\w+")

_Item = TypeVar("_Item", bound="Table")


def table_name(variable: str) -> str:
    """The deployed name of a table: the template gives it in the environment.

    Read while the models are defined, since PynamoDB wants it there; packaging knows no names yet.
    """
    return os.environ.get(variable, variable.lower())


class _SharedConnection(Connection):
    """PynamoDB makes one client per model, some 60 ms each; our models share one."""

    @property
    def client(self) -> Any:
        return aws.client("dynamodb")


class Table(Model):
    """The base of our tables."""

    @classmethod
    def _get_connection(cls) -> TableConnection:
        table = super()._get_connection()
        if not isinstance(table.connection, _SharedConnection):
            shared = _SharedConnection()
            shared.add_meta_table(table.get_meta_table())
            table.connection = shared
        return table


class TimeAttribute(Attribute[datetime]):
    """A moment in UTC, stored as whole seconds since 1970: comparable, and fit for DynamoDB's TTL."""

    attr_type = NUMBER

    def serialize(self, value: datetime) -> str:
        """Whole seconds; what is below a second is cut off."""
        return str(int(value.timestamp()))

    def deserialize(self, value: str) -> datetime:
        """The moment, in UTC."""
        return datetime.fromtimestamp(int(value), tz=UTC)


class ConditionFailed(Exception):
    """A write's condition did not hold; `stored` is the item that stood in the way, if there is one."""

    def __init__(self, item: Table, stored: Any) -> None:
        self.item = item
        self.stored = stored
        super().__init__(type(item).__name__)


@dataclass(frozen=True)
class Write:
    """One write of a transaction, and what to raise when its condition does not hold."""

    operation: str
    item: Table
    request: dict[str, Any]
    otherwise: DomainError | None


def put(item: Table, when: Condition | None = None, otherwise: DomainError | None = None) -> Write:
    """Store a whole item."""
    return Write("Put", item, item.get_save_kwargs_from_instance(when), otherwise)


def update(
    item: Table, *actions: Action, when: Condition | None = None, otherwise: DomainError | None = None
) -> Write:
    """Change attributes of an item."""
    return Write("Update", item, item.get_update_kwargs_from_instance(list(actions), when), otherwise)


def delete(item: Table, when: Condition | None = None, otherwise: DomainError | None = None) -> Write:
    """Remove an item."""
    return Write("Delete", item, item.get_delete_kwargs_from_instance(when), otherwise)


def check(item: Table, when: Condition, otherwise: DomainError | None = None) -> Write:
    """Write nothing, but require the condition of an item."""
    return Write("ConditionCheck", item, item.get_delete_kwargs_from_instance(when), otherwise)


def write(*writes: Write) -> None:
    """Do all of the writes or none of them, in one call.

    Conflicts with other writers are retried with jitter. Raises the `otherwise` of the first write
    whose condition does not hold (ConditionFailed where it has none), Unavailable when the database
    refuses for longer than the retries last.
    """
    if len(writes) == 1 and writes[0].operation != "ConditionCheck":
        write_one(writes[0])
        return
    items = [{each.operation: _telling_what_stood(each)} for each in writes]
    # "Not now" can come too late: by the token, another try of a transaction that was done is harmless.
    token = secrets.token_hex(_TOKEN_BYTES)

    def attempt() -> None:
        aws.client("dynamodb").transact_write_items(TransactItems=items, ClientRequestToken=token)

    try:
        _retried(attempt)
    except ClientError as error:
        _raise_refusal(writes, error)


def rehearse(*writes: Write) -> None:
    """Find out whether `write` would do the writes, in one call that does none of them. Raises like it."""
    if conditions := [_condition_of(each) for each in writes if "ConditionExpression" in each.request]:
        write(*conditions)


def write_with_optional(required: Sequence[Write], optional: Sequence[Write]) -> None:
    """Do all `required` writes, and with them those `optional` ones whose condition holds.

    One call more for each optional write that has to be left out. Raises like `write`.
    """
    while True:
        try:
            write(*required, *optional)
        except ConditionFailed as refusal:
            kept = [each for each in optional if each.item is not refusal.item]
            if len(kept) == len(optional):
                raise
            optional = kept
        else:
            return


def write_one(one: Write, *, returning: str = "NONE") -> Any:
    """Do one write; `returning` as DynamoDB's ReturnValues: the item before (ALL_OLD) or after (ALL_NEW).

    Raises like `write`.
    """
    call = {"Put": "put_item", "Update": "update_item", "Delete": "delete_item"}[one.operation]
    request = _telling_what_stood(one) | {"ReturnValues": returning}
    try:
        answer = _retried(lambda: getattr(aws.client("dynamodb"), call)(**request))
    except ClientError as error:
        if _code(error) != "ConditionalCheckFailedException":
            raise
        _refuse(one, error.response.get("Item"))
    return _item_of(type(one.item), answer.get("Attributes"))


def get(table: type[_Item], key: str, range_key: str | None = None) -> _Item | None:
    """An item read consistently, or None."""
    request = table.get_operation_kwargs_from_class(key, range_key)
    answer = _retried(lambda: aws.client("dynamodb").get_item(**request, ConsistentRead=True))
    return _item_of(table, answer.get("Item"))


def get_many(*wanted: Table) -> list[Any]:
    """The stored items with the keys of the `wanted` ones, over several tables, in one consistent call.

    The answer is in the order of `wanted`, with None for what is not stored; at most 100 items.
    """
    keys = [one.get_delete_kwargs_from_instance() for one in wanted]
    found = _read_all(keys)

    def stored(one: Table, key: dict[str, Any]) -> Any:
        for item in found.get(key["TableName"], []):
            if all(item.get(name) == value for name, value in key["Key"].items()):
                return _item_of(type(one), item)
        return None

    return [stored(one, key) for one, key in zip(wanted, keys, strict=True)]


def page(table: type[_Item], key: str, *, limit: int, before: str | None = None) -> list[_Item]:
    """Up to `limit` items of one partition, newest range key first, read consistently in one call.

    `before` continues after a former page: only items with a smaller range key.
    """
    request = table.get_operation_kwargs_from_class(key, before or "0")
    names = list(request["Key"])
    values = {":key": request["Key"][names[0]]}
    condition = f"{names[0]} = :key"
    if before is not None:
        values[":before"] = request["Key"][names[1]]
        condition += f" AND {names[1]} < :before"
    answer = _retried(
        lambda: aws.client("dynamodb").query(
            TableName=request["TableName"],
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=limit,
        )
    )
    return [table.from_raw_data(item) for item in answer["Items"]]


def query_index(
    table: type[_Item],
    index: Index[Any],
    key: str,
    *,
    up_to: Any = None,
    limit: int | None = None,
    at_once: int | None = None,
) -> Iterator[_Item]:
    """The items under one key of an index, lowest range key first; late by a moment, as indexes are.

    With the attributes that the index has. `up_to` leaves out higher range keys, `limit` is how many
    there may be, `at_once` how many are read and held at a time. One call for each time, or for each
    megabyte, made as the items are asked for. Raises Unavailable.
    """
    most = at_once or limit
    pages = _pages_of_index(table, index, key, up_to, {"Limit": most} if most else {})
    return islice((table.from_raw_data(item) for page in pages for item in page), limit)


def _pages_of_index(
    table: type[Table], index: Index[Any], key: str, up_to: Any, options: dict[str, Any]
) -> Iterator[list[Any]]:
    attributes: Sequence[Attribute[Any]] = list(index.Meta.attributes.values())
    [hash_key] = (each for each in attributes if each.is_hash_key)
    condition, bounds = "#key = :key", {"key": (hash_key, key)}
    if up_to is not None:
        [range_key] = (each for each in attributes if each.is_range_key)
        condition, bounds = f"{condition} AND #range <= :range", bounds | {"range": (range_key, up_to)}
    request = {
        "TableName": table.Meta.table_name,
        "IndexName": index.Meta.index_name,
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": {f"#{role}": each.attr_name for role, (each, _) in bounds.items()},
        "ExpressionAttributeValues": {
            f":{role}": {each.attr_type: each.serialize(value)} for role, (each, value) in bounds.items()
        },
        **options,
    }
    while True:
        answer = _retried(partial(aws.client("dynamodb").query, **request))
        yield answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _condition_of(one: Write) -> Write:
    condition = one.request["ConditionExpression"]
    request = {
        "TableName": one.request["TableName"],
        "Key": one.item.get_delete_kwargs_from_instance()["Key"],
        "ConditionExpression": condition,
    }
    used = set(_PLACEHOLDER.findall(condition))
    for kind in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        # Those that say what is written are refused where nothing is.
        if needed := {name: value for name, value in one.request.get(kind, {}).items() if name in used}:
            request[kind] = needed
    return Write("ConditionCheck", one.item, request, one.otherwise)


def _read_all(keys: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    missing: dict[str, Any] = {}
    for key in keys:
        missing.setdefault(key["TableName"], {"ConsistentRead": True, "Keys": []})["Keys"].append(key["Key"])
    found: dict[str, list[Any]] = {}
    for longest_pause in _PAUSES_SECONDS:
        answer = _retried(partial(aws.client("dynamodb").batch_get_item, RequestItems=missing))
        for table, items in answer["Responses"].items():
            found.setdefault(table, []).extend(items)
        missing = answer.get("UnprocessedKeys")
        if not missing:
            return found
        clock.pause(random.uniform(0, longest_pause))  # noqa: S311 - jitter, not a secret
    raise Unavailable


def _telling_what_stood(one: Write) -> dict[str, Any]:
    return one.request | {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}


def _item_of(table: type[_Item], raw: dict[str, Any] | None) -> _Item | None:
    return table.from_raw_data(raw) if raw else None


def _retried(attempt: Callable[[], Any]) -> Any:
    refusal: Exception | None = None
    for longest_pause in _PAUSES_SECONDS:
        try:
            return attempt()
        except ClientError as error:
            if not _worth_retrying(error):
                raise
            refusal = error
        except _UNREACHABLE as error:
            raise Unavailable from error
        clock.pause(random.uniform(0, longest_pause))  # noqa: S311 - jitter, not a secret
    raise Unavailable from refusal


def _worth_retrying(error: ClientError) -> bool:
    if error.response["ResponseMetadata"]["HTTPStatusCode"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return True  # not always with a code: what stands before the database has failures of its own
    reasons = _reasons(error) if _code(error) == "TransactionCanceledException" else {_code(error)}
    return "ConditionalCheckFailed" not in reasons and not reasons.isdisjoint(_NOT_NOW)


def _raise_refusal(writes: Sequence[Write], error: ClientError) -> NoReturn:
    for one, reason in zip(writes, error.response.get("CancellationReasons", []), strict=False):
        if reason.get("Code") == "ConditionalCheckFailed":
            _refuse(one, reason.get("Item"))
    raise error


def _refuse(one: Write, stored: dict[str, Any] | None) -> NoReturn:
    raise one.otherwise or ConditionFailed(one.item, _item_of(type(one.item), stored))


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code"))


def _reasons(error: ClientError) -> set[str]:
    return {str(reason.get("Code")) for reason in error.response.get("CancellationReasons", [])}
