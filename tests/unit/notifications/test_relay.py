"""From the outbox's stream to the queues: only ids, each in its lane, every one of them."""

import json
import os
from collections.abc import Iterable
from typing import Any

import pytest

from app import relay
from chalicelib.notifications.kinds import Lane
from chalicelib.notifications.queues import QueueRefused
from chalicelib.notifications.relay import relay_new_messages
from tests.unit import cloud
from tests.unit.clients import stream_event


def image(message_id: str, lane: Lane = Lane.URGENT) -> dict[str, Any]:
    return {
        "message_id": {"S": message_id},
        "lane": {"S": lane},
        "parameters": {"S": '{"identifier": "jan"}'},
    }


def images(message_ids: Iterable[str], lane: Lane = Lane.URGENT) -> list[dict[str, Any]]:
    return [image(message_id, lane) for message_id in message_ids]


def queued(lane: Lane) -> list[Any]:
    """What is in the lane's queue; it is empty then."""
    url = os.environ[f"{lane.upper()}_QUEUE_URL"]
    bodies = []
    while (
        messages := cloud.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages")
    ):
        bodies += [json.loads(message["Body"]) for message in messages]
    return bodies


def ids_queued(lane: Lane) -> list[str]:
    return sorted(body["message_id"] for body in queued(lane))


@pytest.mark.parametrize("lane", Lane)
def test_a_message_travels_in_its_lane_only(aws_in_memory: None, lane: Lane) -> None:
    assert relay_new_messages([image("one", lane)]) == 1
    [other] = set(Lane) - {lane}
    assert ids_queued(lane) == ["one"]
    assert queued(other) == []


def test_nothing_of_a_message_travels_but_its_id(aws_in_memory: None) -> None:
    relay_new_messages([image("one")])
    assert queued(Lane.URGENT) == [{"message_id": "one"}]


def test_the_streams_event_is_understood(aws_in_memory: None) -> None:
    relay(stream_event([image("one"), image("two", Lane.BULK)]), None)
    assert ids_queued(Lane.URGENT) == ["one"]
    assert ids_queued(Lane.BULK) == ["two"]


def test_more_than_a_batch_takes_are_sent_in_several(wire: cloud.Wire) -> None:
    urgent = [f"u{number:02}" for number in range(21)]
    bulk = [f"b{number:02}" for number in range(10)]
    assert relay_new_messages(images(urgent) + images(bulk, Lane.BULK)) == 31
    assert wire.calls == ["SendMessageBatch"] * 4
    assert ids_queued(Lane.URGENT) == urgent
    assert ids_queued(Lane.BULK) == bulk


def test_nothing_new_costs_nothing(wire: cloud.Wire) -> None:
    assert relay_new_messages([]) == 0
    assert wire.calls == []


POISON: list[Any] = [
    {},
    {"message_id": {"S": "no lane"}},
    {"lane": {"S": "urgent"}},
    {"message_id": {"S": "x"}, "lane": {"S": "unheard of"}},
    {"message_id": {"S": "x"}, "lane": {"N": "1"}},
    {"message_id": "x", "lane": "urgent"},
    None,
]


@pytest.mark.parametrize("poison", POISON, ids=str)
def test_what_cannot_be_read_is_passed_over_and_holds_up_nothing(
    aws_in_memory: None, poison: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert relay_new_messages([image("one"), poison, image("two")]) == 2
    assert ids_queued(Lane.URGENT) == ["one", "two"]
    assert queued(Lane.BULK) == []
    assert "passed over" in caplog.text


def test_a_queue_that_refuses_one_message_fails_the_batch_so_that_the_stream_shows_it_again(
    aws_in_memory: None,
) -> None:
    def one_refused(call: cloud.Call, pass_on: Any) -> Any:
        status, headers, text = pass_on()
        answer = json.loads(text)
        refused = answer["Successful"].pop()
        answer["Failed"] = [{"Id": refused["Id"], "SenderFault": False, "Code": "InternalError"}]
        return status, {"Content-Type": headers["Content-Type"]}, json.dumps(answer)

    with (
        cloud.around_calls(one_refused),
        pytest.raises(QueueRefused, match="1 of 3 refused by the urgent queue"),
    ):
        relay_new_messages(images(["one", "two", "three"]))
    relay_new_messages(images(["one", "two", "three"]))
    assert set(ids_queued(Lane.URGENT)) == {"one", "two", "three"}


def test_a_queue_that_does_not_answer_fails_the_batch(
    aws_in_memory: None, sleep_moves_the_clock: None
) -> None:
    with (
        cloud.faults(lambda _: {"__type": "com.amazonaws.sqs#AccessDenied", "message": "no"}),
        pytest.raises(Exception, match="AccessDenied"),
    ):
        relay_new_messages([image("one")])
