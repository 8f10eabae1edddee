"""A store full of customers, served over HTTP in a process of its own, as DynamoDB is.

`python -m bench.crowd --customers N` prints its port once it is filled, and serves until it is ended.
"""

import argparse
import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bench.store import ConditionFailed, Store, Unknown
from chalicelib.accounts.models import Account, Status
from chalicelib.balances.models import Balance

TABLES = {
    "ACCOUNTS_TABLE": "accounts",
    "BALANCES_TABLE": "balances",
    "OUTBOX_TABLE": "outbox",
}

# A Wednesday noon in Warsaw: nothing is quiet then.
NOON = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)
_PLACE = "ACCOUNT"
_HISTORY_DAYS = 45


def account_id(number: int) -> str:
    """The id of a customer of the crowd."""
    return f"01JD{number:022}"


def fill(store: Store, customers: int) -> None:
    """So many customers, each with twenty zlotys and a history, and nothing due."""
    yesterday = NOON - timedelta(days=1)
    account = Account(
        _PLACE,
        login=f"jan.{_PLACE}",
        email=f"jan.{_PLACE}@poczta.example",
        email_confirmed_at=yesterday,
        language="pl",
        status=Status.ACTIVE,
        password_version=1,
        password_changed_at=yesterday,
        created_at=yesterday,
    )
    days = {date(2026, 11, 24) - timedelta(days=number): 2000 + number for number in range(_HISTORY_DAYS)}
    balance = Balance(_PLACE, balance=2000, as_of=yesterday, history=days)
    for name, row in (("accounts", account), ("balances", balance)):
        item, items = json.dumps(row.serialize()), store.tables[name].items
        for number in range(customers):
            key = account_id(number)
            items[key] = item.replace(_PLACE, key).encode()


class _Connection(asyncio.Protocol):
    """As much of HTTP as the AWS client speaks to DynamoDB."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody calls."""
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, rest = self._buffer.partition(b"\r\n\r\n")
            lines = head.decode().split("\r\n")[1:]
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            length = int(headers.get("content-length", 0))
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            status, answer = self._answered(headers["x-amz-target"].rpartition(".")[2], rest[:length])
            body = json.dumps(answer).encode()
            kind = b"Content-Type: application/x-amz-json-1.0\r\n"
            self._transport.write(
                b"HTTP/1.1 %d Status\r\n%bContent-Length: %d\r\n\r\n%b" % (status, kind, len(body), body)
            )

    def _answered(self, operation: str, body: bytes) -> tuple[int, Any]:
        if operation == "Counts":
            counts = dict(self._store.counts)
            self._store.counts.clear()
            self._store.due_at = json.loads(body)["due_at"]
            return 200, counts
        return answered(self._store, operation, json.loads(body))


def answered(store: Store, operation: str, asked: Any) -> tuple[int, Any]:
    """The status and body by which DynamoDB answers a request."""
    try:
        return 200, store.answer(operation, asked)
    except Unknown as reason:
        return 400, {"__type": "ValidationException", "message": f"not known to the store: {reason}"}
    except ConditionFailed as refusal:
        [stood] = refusal.args
        item = {"Item": stood} if stood else {}
        if operation != "TransactWriteItems":
            return 400, {"__type": "ConditionalCheckFailedException", "message": "", **item}
        reasons = [{"Code": "ConditionalCheckFailed", **item}, *[{"Code": "None"}] * 9]
        reasons = reasons[: len(asked["TransactItems"])]
        return 400, {"__type": "TransactionCanceledException", "CancellationReasons": reasons}


async def _serve(store: Store) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(store), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    """Fill the store, and serve it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--customers", type=int, required=True)
    store = Store(TABLES)
    fill(store, arguments.parse_args().customers)
    asyncio.run(_serve(store))


if __name__ == "__main__":
    main()
