"""The local cloud's DynamoDB, in this process, in the place of moto's.

It takes a third of the time, for tests that make many calls. And as the two were written by different
people, each is a second opinion on the other: UNIT_DYNAMODB=moto or UNIT_DYNAMODB=local in the
environment runs all tests on one of them.
"""

from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from botocore.awsrequest import AWSPreparedRequest
from moto.core.botocore_stubber import BotocoreStubber


@contextmanager
def in_place_of_motos() -> Iterator[None]:
    """Send what is asked of DynamoDB to the local cloud's, which begins empty, without tables."""
    from ministack.services import dynamodb

    others = BotocoreStubber.process_request

    def answered(stubber: BotocoreStubber, request: AWSPreparedRequest) -> Any:
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        if not headers.get("x-amz-target", "").startswith("DynamoDB_"):
            return others(stubber, request)
        return _awaited(dynamodb.handle_request("POST", "/", headers, request.body, {}))

    dynamodb.reset()
    with patch.object(BotocoreStubber, "process_request", answered):
        yield
    dynamodb.reset()


def items(table: str) -> list[dict[str, Any]]:
    """Everything in one of its tables, without the cost of asking for it."""
    from ministack.services import dynamodb

    return [item for partition in dynamodb._tables[table]["items"].values() for item in partition.values()]


def _awaited(answer: Coroutine[Any, Any, Any]) -> Any:
    # It never waits for anything; an event loop would take longer than the answer.
    try:
        answer.send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("the local cloud waits")


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
