"""Every operation of the API while other writers hold its items (I11): no 5xx, nothing half-written.

Neither emulator ever answers TransactionConflict, as DynamoDB does when two writers meet; so every
write is refused by hand, a few times, or for ever.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.unit import cloud, quick_dynamodb
from tests.unit.accounts.people import (
    JAN,
    ZOFIA,
    everything_but_counters,
    settled,
)
from tests.unit.clients import Answer, Customer
from tests.unit.conftest import FrozenClock
from tests.unit.operations import OPERATIONS, Operation

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("aws_in_memory")]

MOST_CONFLICTS = 5


all_operations = pytest.mark.parametrize("operation", OPERATIONS, ids=str)


def conflict(call: cloud.Call) -> dict[str, Any]:
    """What DynamoDB answers while another transaction holds an item; in a transaction, the last one."""
    if call.operation != "TransactWriteItems":
        return {"__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException"}
    others = [{"Code": "None"}] * (len(call.tables) - 1)
    held = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
    name = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException"
    return {"__type": name, "CancellationReasons": [*others, held]}


@dataclass
class Rivals:
    """Others who hold the items of chosen writes, numbered from 0: for so many tries of each."""

    tries: float
    of_writes: Iterable[int]
    done: int = 0
    refused: int = 0

    def __call__(self, call: cloud.Call) -> dict[str, Any] | None:
        if not call.writes:
            return None
        if self.done in self.of_writes and self.refused < self.tries:
            self.refused += 1
            return conflict(call)
        self.done, self.refused = self.done + 1, 0
        return None


VARYING = re.compile(
    r"[0-9A-Z]{26}|\$argon2id[^']*|eyJ[\w.-]+|[\w-]{64}|'[\w-]{16}': \{'M'|password-checks#[0-9a-f]{32}"
    r"|'(?:due_|erase_)?shard': \{'S': '[0-7]'"
)
TIMES = re.compile(r"1[78]\d{8}|20\d\d-\d\d-\d\dT[\d:]+(?:Z|\+00:00)")


def outcome(answer: Answer) -> tuple[int, str, dict[str, list[str]]]:
    """The answer and what is stored after it, without what chance and the clock bring in."""
    tables = {variable: cloud.items(variable) for variable in cloud.table_variables()}
    stored = {variable: sorted(map(without_chance, map(str, items))) for variable, items in tables.items()}
    return answer.status, without_chance(answer.text), stored


def without_chance(text: str) -> str:
    return TIMES.sub("time", VARYING.sub("chance", text))


@all_operations
def test_a_few_conflicts_at_every_write_change_nothing(
    operation: Operation, wire: cloud.Wire, frozen_clock: FrozenClock
) -> None:
    start = frozen_clock.time
    expected = None
    for conflicts in range(MOST_CONFLICTS + 1):
        frozen_clock.time = start
        with quick_dynamodb.in_place_of_motos():
            cloud.make_tables()
            do = operation.prepared()
            wire.clear()
            with cloud.before_calls(Rivals(conflicts, of_writes=range(100))):
                answer = do()
            assert sum(call.writes for call in wire.requests) == operation.writes * (conflicts + 1)
            expected = expected or outcome(answer)
            assert outcome(answer) == expected
    assert expected is not None
    assert expected[0] == operation.status


@all_operations
def test_endless_conflicts_at_any_write_end_in_try_again_and_nothing_written(
    operation: Operation, frozen_clock: FrozenClock
) -> None:
    start = frozen_clock.time
    for held in range(operation.writes):
        frozen_clock.time = start
        with quick_dynamodb.in_place_of_motos():
            cloud.make_tables()
            do = operation.prepared()
            before = everything_but_counters()
            asked_at = frozen_clock()
            with cloud.before_calls(Rivals(float("inf"), of_writes=[held])):
                answer = do()
            assert (answer.status, answer.code) == (503, "unavailable")
            assert int(answer.headers["Retry-After"]) > 0
            assert (frozen_clock() - asked_at).total_seconds() < 10
            assert everything_but_counters() == before
            # And when the others have gone, all is well.
            assert do().status == operation.status


def test_a_condition_that_fails_beside_a_conflict_is_the_answer(customer: Customer) -> None:
    settled("jan", ZOFIA)

    def refused_and_held(call: cloud.Call) -> dict[str, Any] | None:
        if call.operation != "TransactWriteItems":
            return None
        error = conflict(call)
        error["CancellationReasons"][0] = {"Code": "ConditionalCheckFailed"}
        return error

    with cloud.before_calls(refused_and_held):
        answer = customer.register("jan", JAN)
    assert (answer.status, answer.code) == (409, "login_taken")


def test_a_hash_that_cannot_be_renewed_now_keeps_nobody_out(
    customer: Customer, with_settings: Callable[..., None]
) -> None:
    settled()
    with_settings(ARGON2_MEMORY_KIB="16")
    with cloud.before_calls(Rivals(float("inf"), of_writes=[2])):
        assert customer.log_in("jan").status == 201
    assert customer.get("/v1/account").status == 200


def test_writers_that_meet_wait_for_different_times(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled()
    pauses: list[float] = []
    monkeypatch.setattr("chalicelib.clock.pause", pauses.append)
    for _ in range(3):
        with cloud.before_calls(Rivals(MOST_CONFLICTS, of_writes=[0])):
            customer.log_in("jan")
    assert len(pauses) == 3 * MOST_CONFLICTS
    assert max(Counter(pauses).values()) == 1
