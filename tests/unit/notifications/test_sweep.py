"""The sweep: what queue and stream lost is handed out again, ever more rarely, and after a day parked."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from app import sweep_outbox as handler
from chalicelib import storage
from chalicelib.accounts.composers import COMPOSERS
from chalicelib.accounts.models import Account
from chalicelib.notifications import log, outbox, queues
from chalicelib.notifications.delivery import AlreadyDone, Sent, deliver
from chalicelib.notifications.kinds import Kind, Lane
from chalicelib.notifications.models import OutboxMessage
from chalicelib.notifications.sweep import Swept, sweep, sweep_outbox
from tests.unit import cloud, emf
from tests.unit.accounts.people import JAN, settled
from tests.unit.conftest import FrozenClock
from tests.unit.crashes import SCHEDULED, Works
from tests.unit.notifications.messages import a_change, waiting

MINUTES, HOURS = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def jan(aws_in_memory: None) -> Account:
    return settled("jan", JAN)


def always() -> bool:
    return True


def for_calls(number: int) -> Callable[[], bool]:
    """Time that is up after it was asked for so often."""
    left = iter([True] * number)
    return lambda: next(left, False)


def ended(account: Account) -> OutboxMessage:
    return waiting(Kind.SERVICES_BLOCKED, account)


def stored(message: OutboxMessage) -> OutboxMessage:
    found = storage.get(OutboxMessage, message.message_id)
    assert found is not None
    return found


def queued() -> dict[str, list[str]]:
    """The ids in the queues, by queue; they are empty then."""
    found: dict[str, list[str]] = {}
    for lane in Lane:
        backend = cloud._backend("sqs").queues[lane]
        found[lane] = sorted(json.loads(message.body)["message_id"] for message in backend._messages)
        backend._messages = []
    return found


def swept_at(clock: FrozenClock, message: OutboxMessage, *, until: timedelta) -> Iterator[timedelta]:
    """After how long the sweep, every five minutes, handed the message out."""
    start = clock.time
    while clock.time < start + until:
        clock.advance(minutes=5)
        sweep_outbox(always)
        if message.message_id in queued()[message.lane]:
            yield clock.time - start


# When.


def test_an_urgent_message_is_handed_out_after_growing_intervals(
    jan: Account, quick_tables: None, frozen_clock: FrozenClock
) -> None:
    message = a_change(settled("ewa", "ewa@poczta.example"))
    times = list(swept_at(frozen_clock, message, until=5 * HOURS))
    assert times == [minutes * MINUTES for minutes in (5, 15, 35, 75, 135, 195, 255)]


def test_a_bulk_message_is_handed_out_after_hours(aws_in_memory: None, frozen_clock: FrozenClock) -> None:
    message = ended(settled("jan", JAN))
    start = frozen_clock.time
    times = []
    for _ in range(24):
        frozen_clock.advance(hours=1)
        sweep_outbox(always)
        if queued()["bulk"]:
            times.append(frozen_clock.time - start)
    assert times == [hours * HOURS for hours in (1, 3, 7, 15, 23)]
    assert stored(message).parked_at == frozen_clock.time


def test_nothing_is_swept_before_its_time(jan: Account, frozen_clock: FrozenClock) -> None:
    a_change(jan)
    frozen_clock.advance(minutes=5, seconds=-1)
    assert sweep_outbox(always) == Swept()
    assert queued() == {"urgent": [], "bulk": []}
    frozen_clock.advance(seconds=1)
    assert sweep_outbox(always) == Swept(queued=1)


def test_each_message_is_handed_out_in_its_lane(jan: Account, frozen_clock: FrozenClock) -> None:
    urgent = sorted(a_change(jan).message_id for _ in range(12))
    bulk = sorted(ended(jan).message_id for _ in range(3))
    frozen_clock.advance(hours=1)
    assert sweep_outbox(always) == Swept(queued=15)
    assert queued() == {"urgent": urgent, "bulk": bulk}


def test_a_sweep_of_nothing_costs_one_query_for_each_shard(wire: cloud.Wire) -> None:
    assert sweep_outbox(always) == Swept()
    assert wire.calls == ["Query"] * len(outbox.SHARDS)


# In the end.


def test_after_a_day_a_message_is_parked_with_its_reason_and_never_deleted(
    jan: Account, frozen_clock: FrozenClock
) -> None:
    message = a_change(jan)
    outbox.release(outbox.claim(message.message_id), "ClientError TooManyRequestsException")
    frozen_clock.advance(hours=24)
    assert sweep_outbox(always) == Swept(parked=1)
    parked = stored(message)
    assert parked.parked_at == frozen_clock.time
    assert parked.last_error == "ClientError TooManyRequestsException"
    assert (parked.kind, parked.parameters, parked.attempts) == (message.kind, message.parameters, 1)
    frozen_clock.advance(days=400)
    assert sweep_outbox(always) == Swept()
    assert stored(message).parked_at == parked.parked_at
    assert queued() == {"urgent": [], "bulk": []}


def test_a_message_is_not_parked_before_its_day_is_over(jan: Account, frozen_clock: FrozenClock) -> None:
    message = a_change(jan)
    frozen_clock.advance(hours=24, seconds=-1)
    assert sweep_outbox(always) == Swept(queued=1)
    assert stored(message).parked_at is None


def test_a_parked_message_is_not_delivered_by_a_redelivery(jan: Account, frozen_clock: FrozenClock) -> None:
    message = a_change(jan)
    frozen_clock.advance(hours=24)
    sweep_outbox(always)
    with pytest.raises(outbox.Claimed):
        deliver(message.message_id, COMPOSERS)
    assert cloud.sent_mails() == []


def test_a_message_that_is_delivered_while_it_is_parked_or_postponed_does_not_come_back(
    jan: Account, frozen_clock: FrozenClock
) -> None:
    for hours in (1, 24):
        message = a_change(jan)
        frozen_clock.advance(hours=hours)

        def delivered_meanwhile(call: cloud.Call, message: OutboxMessage = message) -> None:
            if call.operation == "UpdateItem":
                storage.write(outbox.removal(message))

        with cloud.before_calls(delivered_meanwhile):
            sweep_outbox(always)
        assert cloud.items("OUTBOX_TABLE") == []
        queued()


# When time is up, and when two sweep at once.


def test_a_sweep_that_runs_out_of_time_ends_and_the_next_one_goes_on(
    jan: Account, frozen_clock: FrozenClock
) -> None:
    all_of_them = sorted(a_change(jan).message_id for _ in range(20))
    frozen_clock.advance(minutes=5)
    first = sweep_outbox(for_calls(6))
    swept = queued()["urgent"]
    assert 0 < len(swept) == first.queued <= 6
    assert first.shards_left > 0
    rest = sweep_outbox(always)
    swept += queued()["urgent"]
    assert rest == Swept(queued=20 - first.queued)
    assert sorted(swept) == all_of_them


def test_time_that_is_up_within_the_last_shard_leaves_that_shard(
    jan: Account, frozen_clock: FrozenClock
) -> None:
    for _ in range(2):
        message = a_change(jan)
        storage.write(storage.update(message, OutboxMessage.shard.set(outbox.SHARDS[-1])))
    frozen_clock.advance(minutes=5)
    # Asked once after each shard before, and before each message.
    swept = sweep_outbox(for_calls(len(outbox.SHARDS) - 1 + 1))
    assert swept == Swept(queued=1, shards_left=1)


def test_the_function_leaves_itself_time_to_end(jan: Account, frozen_clock: FrozenClock) -> None:
    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return 9_000

    a_change(jan)
    frozen_clock.advance(minutes=5)
    handler(SCHEDULED, Context())
    assert queued() == {"urgent": [], "bulk": []}


def test_two_sweeps_at_once_are_harmless(jan: Account, frozen_clock: FrozenClock) -> None:
    message = a_change(jan)
    frozen_clock.advance(minutes=5)
    at_once = False

    def another(call: cloud.Call) -> None:
        nonlocal at_once
        if call.operation == "UpdateItem" and not at_once:
            at_once = True
            sweep_outbox(always)

    with cloud.before_calls(another):
        sweep_outbox(always)
    assert queued()["urgent"] == [message.message_id] * 2
    assert isinstance(deliver(message.message_id, COMPOSERS), Sent)
    assert deliver(message.message_id, COMPOSERS) == AlreadyDone()


def test_a_queue_that_refuses_fails_the_sweep_and_the_next_interval_finds_the_message(
    jan: Account, frozen_clock: FrozenClock, sleep_moves_the_clock: None
) -> None:
    message = a_change(jan)
    frozen_clock.advance(minutes=5)

    def refused(call: cloud.Call, pass_on: Callable[[], Any]) -> Any:
        if call.operation != "SendMessageBatch":
            return pass_on()
        failed = [{"Id": message.message_id, "SenderFault": False, "Code": "InternalError"}]
        return 200, {}, json.dumps({"Successful": [], "Failed": failed})

    with cloud.around_calls(refused), pytest.raises(queues.QueueRefused):
        sweep_outbox(always)
    frozen_clock.advance(minutes=10)
    assert sweep_outbox(always) == Swept(queued=1)


def test_a_sweep_counts_what_it_did(
    jan: Account, frozen_clock: FrozenClock, capsys: pytest.CaptureFixture[str]
) -> None:
    a_change(jan)
    frozen_clock.advance(hours=24)
    a_change(jan)
    a_change(jan)
    frozen_clock.advance(minutes=5)
    sweep(always)
    assert emf.counted(capsys.readouterr().out) == {("Requeued",): 2, ("Parked",): 1}


# What it is for.


def test_a_message_that_the_stream_lost_arrives_by_the_sweep(
    jan: Account, quick_tables: None, frozen_clock: FrozenClock, sleep_moves_the_clock: None
) -> None:
    ewa = settled("ewa", "ewa@poczta.example")
    a_change(ewa)
    ended(ewa)
    works = Works(frozen_clock)
    works.stream_lost = True
    works.run()
    assert [each.kind for each in log.of_account(ewa.account_id, limit=9)] == [
        "services_blocked", "password_changed"
    ]  # fmt: skip
    assert len(cloud.sent_mails()) == 2


UNVERIFIED = {"__type": "MessageRejected", "message": "Email address is not verified. panel@poczta.example"}
BUSY = {"__type": "TooManyRequestsException", "message": "not now"}
DOWN = {"__type": "InternalFailure", "message": "we are sorry"}


@pytest.mark.parametrize("error", [UNVERIFIED, BUSY, DOWN], ids=lambda error: error["__type"])
def test_an_outage_of_hours_is_waited_out(
    error: dict[str, str],
    aws_in_memory: None,
    quick_tables: None,
    frozen_clock: FrozenClock,
    sleep_moves_the_clock: None,
) -> None:
    ewa = settled("ewa", "ewa@poczta.example")
    a_change(ewa)
    ended(ewa)
    over = frozen_clock.time + 4 * HOURS

    def outage(call: cloud.Call) -> dict[str, str] | None:
        return error if call.operation == "SendEmail" and frozen_clock.time < over else None

    Works(frozen_clock, fault=outage).run()
    assert cloud.items("OUTBOX_TABLE") == []
    entries = log.of_account(ewa.account_id, limit=9)
    assert sorted((each.kind, each.status) for each in entries) == [
        ("password_changed", "sent"), ("services_blocked", "sent")
    ]  # fmt: skip
    urgent = next(each for each in entries if each.kind == "password_changed")
    assert urgent.sent_at - over <= 65 * MINUTES
    assert len(cloud.sent_mails()) == 2


def test_an_outage_of_more_than_a_day_parks_with_the_reason(
    aws_in_memory: None, quick_tables: None, frozen_clock: FrozenClock, sleep_moves_the_clock: None
) -> None:
    message = ended(settled("ewa", "ewa@poczta.example"))
    Works(frozen_clock, fault=lambda call: BUSY if call.operation == "SendEmail" else None).run()
    parked = stored(message)
    assert parked.parked_at is not None
    assert parked.last_error == "TooManyRequestsException TooManyRequestsException"
    assert cloud.sent_mails() == []


def test_what_is_refused_for_good_blocks_nothing_else(
    aws_in_memory: None, quick_tables: None, frozen_clock: FrozenClock, sleep_moves_the_clock: None
) -> None:
    jan, ewa = settled("jan", JAN), settled("ewa", "ewa@poczta.example")
    for account in (jan, ewa, jan, ewa):
        a_change(account)

    def rejected(call: cloud.Call) -> dict[str, str] | None:
        to_jan = call.operation == "SendEmail" and JAN in str(call.body)
        return {"__type": "MessageRejected", "message": "a virus"} if to_jan else None

    start = frozen_clock.time
    works = Works(frozen_clock, fault=rejected)
    works.run()
    assert [each.status for each in log.of_account(jan.account_id, limit=9)] == ["failed"] * 2
    assert [each.status for each in log.of_account(ewa.account_id, limit=9)] == ["sent"] * 2
    assert cloud.items("OUTBOX_TABLE") == []
    assert works.dead_letters == []
    assert frozen_clock.time - start < MINUTES
