"""When the database says "not now", or nothing: retried with jitter, and given up in time."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)

from chalicelib import aws, clock, storage
from chalicelib.accounts.models import Throttle
from chalicelib.errors import LoginTaken, Unavailable
from chalicelib.notifications.models import AddressRow
from tests.unit import cloud
from tests.unit.conftest import FrozenClock

_CONFIG = json.loads((Path(__file__).parents[2] / ".chalice" / "config.json").read_text())
_FUNCTIONS = _CONFIG["stages"]["all"]["lambda_functions"]
TIME_LIMIT = timedelta(seconds=min(each["lambda_timeout"] for each in _FUNCTIONS.values()))

# What AWS documents as a reason of a cancelled transaction that another try can overcome.
REASONS = ["TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError"]
# So is each of these as the answer to a call.
CODES = sorted(
    {
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
    | storage._NOT_NOW
)
every_code = pytest.mark.parametrize("code", CODES)

NAMESPACE = "com.amazonaws.dynamodb.v20120810#"
UNREACHABLE = [
    EndpointConnectionError(endpoint_url="https://dynamodb"),
    ConnectTimeoutError(endpoint_url="https://dynamodb"),
    ReadTimeoutError(endpoint_url="https://dynamodb"),
    ConnectionClosedError(endpoint_url="https://dynamodb"),
    SSLError(endpoint_url="https://dynamodb", error="handshake"),
]


@pytest.fixture(autouse=True)
def _aws(aws_in_memory: None, sleep_moves_the_clock: None) -> Iterator[None]:
    """Every test here has tables, time that passes by pauses alone, and a client that has not failed yet."""
    aws.client.cache_clear()  # botocore retries less after many failures
    yield
    aws.client.cache_clear()


def counter(key: str) -> Throttle:
    return Throttle(key, attempts=1, expires_at=datetime(2027, 1, 1, tzinfo=UTC))


def stored() -> list[str]:
    return sorted(item["key"]["S"] for item in cloud.items("THROTTLES_TABLE"))


def refused(code: str) -> dict[str, Any]:
    return {"__type": NAMESPACE + code, "message": "not now"}


def cancelled(*reasons: str) -> dict[str, Any]:
    listed = [{"Code": reason, "Message": "not now"} for reason in reasons]
    return refused("TransactionCanceledException") | {"CancellationReasons": listed}


def times(number: int, error: dict[str, Any]) -> cloud.Fault:
    """The answer to so many requests."""
    turns = iter(range(number))
    return lambda _: error if next(turns, None) is not None else None


def always(error: dict[str, Any]) -> cloud.Fault:
    return lambda _: error


ONE = [lambda: storage.write(storage.put(counter("a")))]
TWO = [lambda: storage.write(storage.put(counter("a")), storage.put(counter("b")))]
READS: list[Callable[[], Any]] = [
    lambda: storage.get(Throttle, "a"),
    lambda: storage.get_many(counter("a")),
    lambda: storage.page(AddressRow, "jan@poczta.example", limit=1),
]
every_access = pytest.mark.parametrize(
    "access", [*ONE, *TWO, *READS], ids=["write", "transaction", "get", "get_many", "page"]
)


@every_code
@pytest.mark.parametrize("access", TWO + READS[:1], ids=["transaction", "get"])
def test_an_answer_that_means_not_now_is_asked_again_after_a_pause(
    access: Callable[[], Any], code: str, frozen_clock: FrozenClock, wire: cloud.Wire
) -> None:
    started = frozen_clock()
    with cloud.faults(times(3, refused(code))):
        access()
    assert len(wire.calls) == 4
    assert frozen_clock() > started


@every_access
def test_a_failure_without_a_code_is_retried_and_given_up_like_the_others(
    access: Callable[[], Any], frozen_clock: FrozenClock
) -> None:
    started = frozen_clock()
    bad_gateway = 502, {"Content-Type": "text/html"}, "<h1>Bad Gateway</h1>"
    turns = iter(range(3))
    with cloud.around_calls(lambda _, pass_on: pass_on() if next(turns, None) is None else bad_gateway):
        access()
    with cloud.around_calls(lambda *_: bad_gateway), pytest.raises(Unavailable):
        access()
    assert frozen_clock() < started + TIME_LIMIT


@pytest.mark.parametrize("reason", REASONS)
def test_a_transaction_cancelled_by_somebody_elses_write_is_done_again(
    reason: str, wire: cloud.Wire, frozen_clock: FrozenClock
) -> None:
    started = frozen_clock()
    with cloud.faults(times(5, cancelled("None", reason))):
        storage.write(storage.put(counter("a")), storage.put(counter("b")))
    assert stored() == ["a", "b"]
    assert len(wire.calls) == 6
    assert frozen_clock() > started


def test_a_refused_condition_beside_a_conflict_is_final(wire: cloud.Wire) -> None:
    taken = storage.put(counter("b"), otherwise=LoginTaken())
    with (
        cloud.faults(always(cancelled("TransactionConflict", "ConditionalCheckFailed"))),
        pytest.raises(LoginTaken),
    ):
        storage.write(storage.put(counter("a")), taken)
    assert len(wire.calls) == 1


@every_access
def test_an_error_that_no_other_try_can_mend_is_raised_at_once(
    access: Callable[[], Any], wire: cloud.Wire
) -> None:
    with cloud.faults(always(refused("AccessDeniedException"))), pytest.raises(ClientError):
        access()
    assert len(wire.calls) == 1


def test_the_tries_of_a_transaction_are_one_to_the_database(wire: cloud.Wire) -> None:
    # "Not now" may come too late: the transaction was done. By its token DynamoDB knows it again.
    with cloud.faults(times(3, refused("InternalServerError"))):
        storage.write(storage.put(counter("a")), storage.put(counter("b")))
    assert len({call.body["ClientRequestToken"] for call in wire.requests}) == 1
    storage.write(storage.put(counter("a")), storage.put(counter("b")))
    assert len({call.body["ClientRequestToken"] for call in wire.requests}) == 2


@every_code
def test_a_database_that_stays_busy_is_given_up_within_the_functions_time_limit(
    code: str, frozen_clock: FrozenClock, wire: cloud.Wire
) -> None:
    started = frozen_clock()
    with cloud.faults(always(refused(code))), pytest.raises(Unavailable) as refusal:
        storage.write(storage.put(counter("a")))
    assert refusal.value.retry_after > timedelta(0)
    assert len(wire.calls) > 5
    assert started < frozen_clock() < started + TIME_LIMIT / 2
    assert stored() == []


@every_access
def test_every_access_to_a_database_that_stays_busy_ends_as_unavailable(access: Callable[[], Any]) -> None:
    with cloud.faults(always(refused("ThrottlingException"))), pytest.raises(Unavailable):
        access()


def test_a_transaction_that_always_conflicts_is_given_up_and_nothing_is_written(
    frozen_clock: FrozenClock,
) -> None:
    started = frozen_clock()
    with cloud.faults(always(cancelled("None", "TransactionConflict"))), pytest.raises(Unavailable):
        storage.write(storage.put(counter("a")), storage.put(counter("b")))
    assert frozen_clock() - started < timedelta(seconds=5)
    assert stored() == []


def test_rivals_pause_for_different_and_growing_times(monkeypatch: pytest.MonkeyPatch) -> None:
    rivals: list[list[float]] = []
    for _ in range(20):
        pauses: list[float] = []
        monkeypatch.setattr(clock, "pause", pauses.append)
        with cloud.faults(always(cancelled("TransactionConflict"))), pytest.raises(Unavailable):
            storage.write(storage.put(counter("a")), storage.put(counter("b")))
        rivals.append(pauses)
    by_attempt = list(zip(*rivals, strict=True))
    assert all(len(set(pauses)) > 15 for pauses in by_attempt)
    assert all(max(pauses) <= 0.5 for pauses in by_attempt)
    assert max(by_attempt[0]) < max(by_attempt[2]) < max(by_attempt[-1])


@pytest.mark.parametrize("failure", UNREACHABLE, ids=lambda failure: type(failure).__name__)
@pytest.mark.parametrize("access", TWO + READS[:1], ids=["transaction", "get"])
def test_a_database_that_cannot_be_reached_is_unavailable(
    access: Callable[[], Any], failure: Exception, frozen_clock: FrozenClock
) -> None:
    waits = aws._READ_SECONDS if isinstance(failure, ReadTimeoutError) else aws._CONNECT_SECONDS

    def broken(_: cloud.Call) -> None:
        frozen_clock.advance(seconds=waits)
        raise failure

    started = frozen_clock()
    with cloud.before_calls(broken), pytest.raises(Unavailable):
        access()
    assert frozen_clock() < started + TIME_LIMIT


@every_access
def test_a_connection_that_broke_once_is_not_felt(access: Callable[[], Any]) -> None:
    turns = iter(range(1))

    def breaks_once(_: cloud.Call) -> None:
        if next(turns, None) is not None:
            raise ConnectionClosedError(endpoint_url="https://dynamodb")

    with cloud.before_calls(breaks_once):
        access()
