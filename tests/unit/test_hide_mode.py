"""I7: where unknown users are hidden, "forgot your password?" treats everybody and nobody exactly alike."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.accounts.models import Status
from tests.unit import cloud
from tests.unit.accounts.asking import move
from tests.unit.accounts.people import JAN, ZOFIA, settled
from tests.unit.clients import Answer, Customer, PostOffice
from tests.unit.conftest import FrozenClock

# All of one length, so that requests to AWS can be compared by size as well.
LOGIN = "jan.kowalski.login"
ADDRESS = "jan@poczta.example"
BOTH = "ewa@poczta.example"
LOCKED = "locked@locked.exam"
DELETED = "gone@deleted.examp"
UNCONFIRMED = "new@poczta.example"
EXPIRED = "old@poczta.example"
KNOWN = [LOGIN, ADDRESS, BOTH, LOCKED, DELETED, UNCONFIRMED, EXPIRED]
UNKNOWN = [
    "nobody.with.that.1",
    "nob@poczta.example",
    "'; DROP TABLE x;--",
    "@@@@@@@@@@@@@@@@@@",
    "<b>nobody&here</b>",
]
GARBAGE = [
    "🐌" * 9,
    "żółw@żółw.example",
    "\u202e\u202e\u202egnp.exe",
    "a" * 320,
    "\x00\x01\x02",
    "x\r\nBcc: y@z.pl",
]


@dataclass(frozen=True)
class Observed:
    """What can be seen of a request: the answer, and what it asked of AWS."""

    answer: Answer
    calls: list[str]
    sizes: list[int]
    shapes: list[Any]


@pytest.fixture
def people(aws_in_memory: None, with_settings: Callable[..., None], frozen_clock: FrozenClock) -> None:
    """Customers in every state, on an installation that hides who exists."""
    with_settings(UNKNOWN_USER="hide")
    settled("expired", EXPIRED, confirmed=False)
    frozen_clock.advance(days=30, seconds=1)
    settled(LOGIN, ADDRESS)
    move(settled(BOTH, BOTH), ZOFIA)
    settled("ewa", BOTH)
    settled("locked", LOCKED, status=Status.LOCKED)
    settled("deleted", DELETED, status=Status.DELETED)
    settled("unconfirmed", UNCONFIRMED, confirmed=False)


def shape(value: Any) -> Any:
    """What a request asks for, without the values that must differ: identifiers, hashes, ids."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return type(value).__name__


def observed(wire: cloud.Wire, identifier: str, number: int, times: int = 1) -> Observed:
    """Ask for a reminder, from a network that nobody asked from before."""
    stranger = Customer(ip=f"203.0.{100 + number}.7")
    for _ in range(times):
        wire.clear()
        answer = stranger.post("/v1/password-resets", identifier=identifier)
    return Observed(
        answer,
        list(map(str, wire.requests)),
        [len(json.dumps(call.body)) for call in wire.requests],
        [shape(call.body) for call in wire.requests],
    )


@pytest.mark.parametrize("times", [1, 4], ids=["first request", "throttled"])
def test_known_and_unknown_identifiers_get_the_same_answer_for_the_same_work(
    people: None, wire: cloud.Wire, times: int
) -> None:
    everybody = [observed(wire, each, number, times) for number, each in enumerate(KNOWN + UNKNOWN)]
    first = everybody[0]
    assert first.answer.status == (202 if times == 1 else 429)
    assert first.calls == ["TransactWriteItems throttles_table throttles_table outbox_table"]
    for other in everybody[1:]:
        assert other == first


@pytest.mark.parametrize("times", [1, 4], ids=["first request", "throttled"])
def test_garbage_gets_the_same_answer_for_the_same_work(people: None, wire: cloud.Wire, times: int) -> None:
    known = observed(wire, LOGIN, 0, times)
    for number, garbage in enumerate(GARBAGE, start=1):
        other = observed(wire, garbage, number, times)
        assert (other.answer, other.calls, other.shapes) == (known.answer, known.calls, known.shapes)


def test_the_comparison_sees_the_difference_where_unknown_users_are_told_so(
    people: None, wire: cloud.Wire, with_settings: Callable[..., None]
) -> None:
    with_settings(UNKNOWN_USER="reveal")
    known, unknown = observed(wire, LOGIN, 0), observed(wire, UNKNOWN[0], 1)
    assert known.answer != unknown.answer
    assert known.calls != unknown.calls
    assert known.sizes != unknown.sizes
    assert known.shapes != unknown.shapes


def test_the_answer_says_nothing_of_whether_a_message_was_sent(people: None, wire: cloud.Wire) -> None:
    answer = observed(wire, LOGIN, 0).answer
    assert answer.json["message"].startswith("Jeśli mamy takiego użytkownika")
    assert "nobody" not in answer.text


def test_a_database_too_busy_to_count_is_too_busy_for_everybody(people: None, wire: cloud.Wire) -> None:
    conflict = {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message": "busy",
        "CancellationReasons": [{"Code": "TransactionConflict", "Message": "busy"}],
    }
    with cloud.faults(lambda _: conflict):
        known, unknown = observed(wire, LOGIN, 0), observed(wire, UNKNOWN[0], 1)
    assert known == unknown
    assert known.answer.status == 503


def test_only_those_who_exist_get_mail(people: None, wire: cloud.Wire, post_office: PostOffice) -> None:
    for number, identifier in enumerate(KNOWN + UNKNOWN + GARBAGE):
        assert observed(wire, identifier, number).answer.status == 202
    post_office.deliver_all()
    assert sorted(mail["To"] for mail in cloud.sent_mails()) == sorted([JAN, JAN, BOTH, ZOFIA, UNCONFIRMED])
