"""SQS events: each message by itself; what fails comes again later and later, what is malformed at once."""

import json
import logging
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.notifications import batches
from chalicelib.notifications.batches import Malformed, handle_each
from tests.unit import cloud

PERSONAL = "jan@poczta.example"


def record(number: int, body: Any, *, handed_out: int = 1, queue: str = "bulk") -> dict[str, Any]:
    return {
        "messageId": f"m{number}",
        "receiptHandle": f"handle-{number}",
        "body": json.dumps(body),
        "attributes": {"ApproximateReceiveCount": str(handed_out), "SenderId": "AIDAKLUCZNIK"},
        "eventSourceARN": f"arn:aws:sqs:{cloud.REGION}:{cloud.ACCOUNT}:{queue}",
    }


def handle(body: Any, _: batches.Record) -> str:
    """Does what the message says."""
    if body == "fail":
        raise RuntimeError("failed")
    if body == "malformed":
        raise Malformed("no message of ours")
    return "done"


def failures(*records: Mapping[str, Any]) -> list[str]:
    answer = handle_each({"Records": list(records)}, handle)
    assert answer.keys() == {"batchItemFailures"}
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def hidden_for(wire: cloud.Wire) -> list[tuple[str, str, int]]:
    """Which messages were to be hidden for how many seconds, and in which queue."""
    return [
        (call.body["QueueUrl"].rpartition("/")[2], call.body["ReceiptHandle"], call.body["VisibilityTimeout"])
        for call in wire.requests
        if call.operation == "ChangeMessageVisibility"
    ]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies=st.lists(st.sampled_from(["ok", "fail", "malformed"]), max_size=10))
def test_exactly_the_ones_that_failed_are_handed_out_again(aws_in_memory: None, bodies: list[str]) -> None:
    named = failures(*(record(number, body) for number, body in enumerate(bodies)))
    assert named == [f"m{number}" for number, body in enumerate(bodies) if body != "ok"]


@pytest.mark.parametrize(
    ("handed_out", "seconds"),
    [(1, 15), (2, 30), (3, 60), (4, 120), (5, 240), (6, 480), (7, 900), (8, 900), (1000, 900)],
)
def test_a_failure_comes_again_after_a_pause_that_doubles_up_to_a_quarter_of_an_hour(
    wire: cloud.Wire, handed_out: int, seconds: int
) -> None:
    assert failures(record(0, "fail", handed_out=handed_out)) == ["m0"]
    assert hidden_for(wire) == [("bulk", "handle-0", seconds)]


@pytest.mark.parametrize("handed_out", [1, 7])
def test_what_is_malformed_comes_again_at_once_on_its_way_to_the_dead_letters(
    wire: cloud.Wire, handed_out: int
) -> None:
    assert failures(record(0, "malformed", handed_out=handed_out)) == ["m0"]
    assert hidden_for(wire) == [("bulk", "handle-0", 0)]


@pytest.mark.parametrize("queue", ["urgent", "bulk", "feedback", "notices"])
def test_a_message_is_given_back_to_the_queue_it_came_from(wire: cloud.Wire, queue: str) -> None:
    failures(record(0, "fail", queue=queue))
    assert hidden_for(wire) == [(queue, "handle-0", 15)]


def test_what_succeeds_costs_no_call(wire: cloud.Wire) -> None:
    assert failures(record(0, "ok"), record(1, {"any": "JSON"})) == []
    assert wire.calls == []


@pytest.mark.parametrize("error", ["ReceiptHandleIsInvalid", "AccessDenied"])
def test_a_queue_that_cannot_give_it_back_later_gives_it_back_by_itself(
    wire: cloud.Wire, sleep_moves_the_clock: None, caplog: pytest.LogCaptureFixture, error: str
) -> None:
    refused = {"__type": f"com.amazonaws.sqs#{error}", "message": "no"}
    with cloud.faults(lambda _: refused):
        assert failures(record(0, "fail"), record(1, "ok"), record(2, "malformed")) == ["m0", "m2"]
    assert "message m0 comes again after the queue's own time" in caplog.text


def test_a_queue_that_does_not_answer_fails_no_other_message(
    wire: cloud.Wire, sleep_moves_the_clock: None
) -> None:
    from botocore.exceptions import ConnectTimeoutError

    def no_answer(call: cloud.Call, pass_on: Any) -> Any:
        raise ConnectTimeoutError(endpoint_url="https://sqs")

    with cloud.around_calls(no_answer):
        assert failures(record(0, "fail"), record(1, "ok")) == ["m0"]


@pytest.mark.parametrize("body", ["", "no JSON", "{", "{'a': 1}", "\ud800", "[" * 5000])
def test_what_is_not_json_is_malformed_and_holds_back_no_other(
    wire: cloud.Wire, caplog: pytest.LogCaptureFixture, body: str
) -> None:
    assert failures(record(0, "ok"), record(1, "") | {"body": body}, record(2, "ok")) == ["m1"]


def test_the_log_says_what_became_of_each_without_its_contents(
    wire: cloud.Wire, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        failures(record(0, {"to": PERSONAL}), record(1, "") | {"body": PERSONAL}, record(2, "fail"))
    lines = [each.getMessage() for each in caplog.records if each.name == batches.__name__]
    assert "message m0 from bulk: done" in lines
    assert "message m1 from bulk is malformed: not JSON" in lines
    assert "message m2 from bulk failed" in lines
    assert PERSONAL not in caplog.text
