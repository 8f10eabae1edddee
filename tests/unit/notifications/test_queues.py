"""The queues: ids go in, in batches; what failed is handed out again when we say."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.notifications import queues
from chalicelib.notifications.kinds import Lane
from tests.unit import cloud
from tests.unit.conftest import FrozenClock
from tests.unit.standing_queues import Queues


def ids(count: int) -> list[str]:
    return [f"m{number:02}" for number in range(count)]


@pytest.mark.parametrize(("count", "calls"), [(0, 0), (1, 1), (10, 1), (11, 2), (25, 3)])
def test_ids_are_sent_ten_at_a_time(wire: cloud.Wire, count: int, calls: int) -> None:
    queues.send_ids(Lane.BULK, ids(count))
    assert wire.calls == ["SendMessageBatch"] * calls
    sent = [json.loads(entry["MessageBody"]) for call in wire.requests for entry in call.body["Entries"]]
    assert sent == [{"message_id": message_id} for message_id in ids(count)]
    assert all(call.body["QueueUrl"].endswith("/bulk") for call in wire.requests)


def test_a_message_that_the_queue_refuses_is_told(aws_in_memory: None) -> None:
    def one_refused(call: cloud.Call, pass_on: Callable[[], Any]) -> Any:
        status, headers, text = pass_on()
        answer = json.loads(text)
        answer["Failed"] = [{"Id": answer["Successful"].pop()["Id"], "SenderFault": False, "Code": "x"}]
        return status, headers, json.dumps(answer)

    with (
        cloud.around_calls(one_refused),
        pytest.raises(queues.QueueRefused, match="1 of 3 refused by the urgent queue"),
    ):
        queues.send_ids(Lane.URGENT, ids(3))


@pytest.mark.parametrize("queue", ["urgent", "bulk", "feedback", "notices"])
@pytest.mark.parametrize("seconds", [0, 15, 900])
def test_a_message_is_handed_out_again_when_we_say(
    aws_in_memory: None, frozen_clock: FrozenClock, queue: str, seconds: int
) -> None:
    standing = Queues(frozen_clock)
    with standing.on_our_clock():
        standing.put(queue, "{}")
        [record] = standing.hand_out(queue, 1)
        queues.hand_out_later(queue, record["receiptHandle"], seconds)
        assert standing.hand_out(queue, 1) == []
        frozen_clock.advance(seconds=seconds)
        assert standing.hand_out(queue, 1) == []
        frozen_clock.advance(seconds=1)
        [again] = standing.hand_out(queue, 1)
    assert again["messageId"] == record["messageId"]
    assert again["attributes"]["ApproximateReceiveCount"] == "2"


def test_a_queue_whose_name_ends_like_anothers_is_not_mistaken_for_it(
    wire: cloud.Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BALANCES_QUEUE_URL", "https://sqs.example/123456789012/not-urgent")
    with pytest.raises(Exception, match="ReceiptHandle"):
        queues.hand_out_later("urgent", "handle", 15)
    assert wire.requests[0].body["QueueUrl"].endswith("/urgent")
