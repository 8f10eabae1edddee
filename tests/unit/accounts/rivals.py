"""Several who do something about an account, or want the same, at the same moment."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar
from unittest.mock import patch

from botocore.awsrequest import AWSPreparedRequest
from moto.core.botocore_stubber import BotocoreStubber

_Result = TypeVar("_Result")

_WRITES = ("TransactWriteItems", "UpdateItem")
_ACCOUNTS = '"accounts_table"'


@contextmanager
def _meeting_at_the_account(rivals: int) -> Iterator[None]:
    """Threads wait for each other before the first write of each to an account; calls come one by one."""
    ready, one_by_one, met = threading.Barrier(rivals), threading.Lock(), threading.local()
    pass_on = BotocoreStubber.process_request

    def answered(stubber: BotocoreStubber, request: AWSPreparedRequest) -> Any:
        if _writes_account(request) and not hasattr(met, "already"):
            met.already = True
            ready.wait(timeout=60)
        with one_by_one:
            return pass_on(stubber, request)

    with patch.object(BotocoreStubber, "process_request", answered):
        yield


def _writes_account(request: AWSPreparedRequest) -> bool:
    target, body = str(request.headers.get("X-Amz-Target")), request.body or b""
    text = body.decode() if isinstance(body, bytes) else str(body)
    return any(write in target for write in _WRITES) and _ACCOUNTS in text


def at_once(*acts: Callable[[], _Result]) -> list[_Result]:
    """Do all of them in threads of their own; their results, in order.

    Each has read what it goes by before any of them writes.
    """
    with _meeting_at_the_account(len(acts)), ThreadPoolExecutor(len(acts)) as pool:
        return [each.result() for each in [pool.submit(act) for act in acts]]
