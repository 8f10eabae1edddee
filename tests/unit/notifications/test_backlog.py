"""What waits, for the operator: listed without a scan, and tried again without sending anything twice."""

import json
from datetime import timedelta
from functools import partial

import pytest

from chalicelib import storage
from chalicelib.accounts.composers import COMPOSERS
from chalicelib.accounts.models import Account
from chalicelib.errors import MessageNotWaiting, Unavailable
from chalicelib.notifications import backlog, outbox
from chalicelib.notifications.delivery import AlreadyDone, Sent, deliver
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import OutboxMessage
from chalicelib.notifications.sweep import Swept, sweep_outbox
from tests.unit import cloud
from tests.unit.accounts.people import JAN, settled
from tests.unit.conftest import FrozenClock
from tests.unit.crashes import Crash, Works, points
from tests.unit.notifications.messages import a_change, waiting

BUSY = {"__type": "ThrottlingException", "message": "not now"}


@pytest.fixture
def jan(aws_in_memory: None) -> Account:
    return settled("jan", JAN)


def stored(message: OutboxMessage) -> OutboxMessage:
    found = storage.get(OutboxMessage, message.message_id)
    assert found is not None
    return found


def parked(account: Account, clock: FrozenClock) -> OutboxMessage:
    """A message that could not be sent for a day."""
    message = a_change(account)
    outbox.release(outbox.claim(message.message_id), "ClientError TooManyRequestsException")
    clock.advance(hours=24)
    assert sweep_outbox(lambda: True).parked == 1
    return message


def listed(limit: int = 100) -> list[str]:
    return [each.message_id for each in backlog.waiting(limit).messages]


def queued() -> list[tuple[str, str]]:
    """The queues' messages, and which queue each is in; they are empty then."""
    found = []
    for name, queue in cloud._backend("sqs").queues.items():
        found += [(name, json.loads(message.body)["message_id"]) for message in queue._messages]
        queue._messages = []
    return found


# What waits.


def test_parked_messages_come_first_then_those_that_are_due_soonest(
    jan: Account, frozen_clock: FrozenClock
) -> None:
    first, second = parked(jan, frozen_clock), parked(jan, frozen_clock)
    bulk = waiting(Kind.CONTRACT_ENDED, jan)
    frozen_clock.advance(minutes=1)
    urgent = a_change(jan)
    assert listed() == [each.message_id for each in (first, second, urgent, bulk)]


def test_of_each_message_is_said_since_when_it_waits_how_often_it_was_tried_and_why_it_failed(
    jan: Account, frozen_clock: FrozenClock
) -> None:
    message = parked(jan, frozen_clock)
    [seen] = backlog.waiting(10).messages
    assert (seen.kind, seen.account_id, seen.attempts) == ("password_changed", jan.account_id, 1)
    assert seen.last_error == "ClientError TooManyRequestsException"
    assert seen.created_at == stored(message).created_at
    assert seen.parked_at == frozen_clock.time


def test_a_short_list_says_that_there_is_more(jan: Account) -> None:
    for _ in range(12):
        a_change(jan)
    for limit, found, more in ((3, 3, True), (11, 11, True), (12, 12, False), (100, 12, False)):
        seen = backlog.waiting(limit)
        assert (len(seen.messages), seen.more) == (found, more)


def test_nothing_that_waits_is_an_empty_list_and_costs_one_query_for_each_shard(wire: cloud.Wire) -> None:
    assert backlog.waiting(100) == backlog.Backlog([], more=False)
    assert wire.calls == ["Query"] * (len(outbox.SHARDS) + 1)


def test_a_list_costs_one_read_more_however_long_it_is(jan: Account, wire: cloud.Wire) -> None:
    for _ in range(5):
        a_change(jan)
    wire.clear()
    assert len(backlog.waiting(100).messages) == 5
    assert wire.calls == ["Query"] * (len(outbox.SHARDS) + 1) + ["BatchGetItem"]


def test_what_the_index_still_shows_although_it_was_delivered_is_left_out(jan: Account) -> None:
    gone, there = a_change(jan), a_change(jan)

    def delivered_meanwhile(call: cloud.Call) -> None:
        if call.operation == "BatchGetItem":
            storage.write(outbox.removal(gone))

    with cloud.before_calls(delivered_meanwhile):
        assert listed() == [there.message_id]


def test_a_busy_database_is_waited_out_or_named(jan: Account) -> None:
    a_change(jan)
    with cloud.faults(lambda operation: BUSY if operation == "Query" else None), pytest.raises(Unavailable):
        backlog.waiting(10)


# Trying again.


def test_a_parked_message_that_is_resent_is_delivered_once(jan: Account, frozen_clock: FrozenClock) -> None:
    message = parked(jan, frozen_clock)
    backlog.resend(message.message_id)
    assert queued() == [("urgent", message.message_id)]
    assert isinstance(deliver(message.message_id, COMPOSERS), Sent)
    assert deliver(message.message_id, COMPOSERS) == AlreadyDone()
    assert len(cloud.sent_mails()) == 1
    assert listed() == []


def test_each_message_goes_into_its_own_lane(jan: Account) -> None:
    bulk = waiting(Kind.CONTRACT_ENDED, jan)
    backlog.resend(bulk.message_id)
    assert queued() == [("bulk", bulk.message_id)]


def test_a_resent_message_gets_a_day_of_attempts_before_it_is_parked_again(
    jan: Account, frozen_clock: FrozenClock
) -> None:
    message = parked(jan, frozen_clock)
    frozen_clock.advance(days=30)
    backlog.resend(message.message_id)
    assert stored(message).parked_at is None
    sweeps = []
    for minutes in range(5, 24 * 60 + 1, 5):
        frozen_clock.advance(minutes=5)
        swept = sweep_outbox(lambda: True)
        assert swept.parked == (minutes == 24 * 60)
        if swept.queued:
            sweeps.append(minutes)
    assert sweeps[:5] == [5, 15, 35, 75, 135]
    assert stored(message).parked_at == frozen_clock.time


def test_a_message_that_is_not_parked_is_handed_out_at_once_as_well(
    jan: Account, frozen_clock: FrozenClock
) -> None:
    message = a_change(jan)
    backlog.resend(message.message_id)
    assert queued() == [("urgent", message.message_id)]
    frozen_clock.advance(minutes=5)
    assert sweep_outbox(lambda: True) == Swept(queued=1)


def test_a_message_that_a_worker_holds_stays_with_that_worker(jan: Account) -> None:
    message = a_change(jan)
    held = outbox.claim(message.message_id)
    backlog.resend(message.message_id)
    with pytest.raises(outbox.Claimed):
        outbox.claim(message.message_id)
    assert stored(message).lease_until == held.lease_until


def test_a_message_that_was_delivered_waits_no_more_and_does_not_come_back(jan: Account) -> None:
    message = a_change(jan)
    deliver(message.message_id, COMPOSERS)
    for message_id in (message.message_id, "01M80000000000000000000000"):
        with pytest.raises(MessageNotWaiting):
            backlog.resend(message_id)
    assert cloud.items("OUTBOX_TABLE") == []
    assert queued() == []


def test_a_sweep_that_saw_the_message_before_it_was_resent_does_not_park_it_again(
    jan: Account, frozen_clock: FrozenClock
) -> None:
    message = parked(jan, frozen_clock)
    late = stored(message)
    late.shard, late.park_at = "0", message.park_at
    backlog.resend(message.message_id)
    before = cloud.items("OUTBOX_TABLE")
    outbox.park(late)
    outbox.postpone(late)
    assert cloud.items("OUTBOX_TABLE") == before


def test_without_a_queue_the_sweep_hands_the_message_out(
    jan: Account, frozen_clock: FrozenClock, caplog: pytest.LogCaptureFixture, sleep_moves_the_clock: None
) -> None:
    message = parked(jan, frozen_clock)
    denied = {"__type": "AccessDeniedException", "message": "not you"}
    with cloud.faults(lambda operation: denied if operation == "SendMessageBatch" else None):
        backlog.resend(message.message_id)
    assert "left to the sweep" in caplog.text
    assert queued() == []
    frozen_clock.advance(minutes=5)
    assert sweep_outbox(lambda: True) == Swept(queued=1)
    assert queued() == [("urgent", message.message_id)]


@pytest.mark.parametrize("crash", [Crash.KILLED, Crash.REFUSED, Crash.UNANSWERED])
def test_wherever_a_resend_breaks_off_the_message_is_sent_once_or_stays_parked(
    crash: Crash,
    aws_in_memory: None,
    quick_tables: None,
    frozen_clock: FrozenClock,
    sleep_moves_the_clock: None,
) -> None:
    for point in points(crash):
        jan = settled("jan", JAN)
        message = parked(jan, frozen_clock)
        before = len(cloud.sent_mails())
        point.runs("resend")
        with cloud.around_calls(point):
            works = Works(frozen_clock)
            works.stream_lost = True
            works._survives("resend", partial(backlog.resend, message.message_id))
        works.run()
        sent = len(cloud.sent_mails()) - before
        left = cloud.items("OUTBOX_TABLE")
        assert (sent, len(left)) in {(1, 0), (0, 1)}, str(point)
        for item in left:
            assert "parked_at" in item
            storage.write(outbox.removal(message))
        storage.write(storage.delete(jan))


def test_a_resent_message_is_due_for_the_sweep_in_the_time_that_urgent_ones_have(
    jan: Account, frozen_clock: FrozenClock
) -> None:
    message = waiting(Kind.CONTRACT_ENDED, jan)
    backlog.resend(message.message_id)
    assert stored(message).next_attempt_at == frozen_clock.time + timedelta(minutes=5)
