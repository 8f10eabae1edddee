"""The outbox: what waits is claimed by one worker at a time, for one lease; what waits too long is found."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib import clock, storage
from chalicelib.notifications import outbox
from chalicelib.notifications.kinds import LANES, Kind, Lane
from chalicelib.notifications.models import OutboxMessage
from tests.unit import cloud
from tests.unit.conftest import FrozenClock

ROOT = Path(__file__).parents[3]


@pytest.fixture
def message(aws_in_memory: None) -> OutboxMessage:
    """A message that waits."""
    waiting = outbox.message(
        Kind.PASSWORD_CHANGED, language="pl", account_id="jan", parameters={"network": "198.51.100.0/24"}
    )
    storage.write(storage.put(waiting))
    return waiting


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_message_has_its_lane(kind: Kind, frozen_clock: FrozenClock) -> None:
    assert outbox.message(kind, language="pl").lane == LANES[kind]


def test_a_claim_gives_the_message_as_it_was_put_there(message: OutboxMessage) -> None:
    claimed = outbox.claim(message.message_id)
    for name in ("message_id", "kind", "lane", "account_id", "language", "parameters", "notification_id"):
        assert getattr(claimed, name) == getattr(message, name)
    assert claimed.attempts == 1
    assert claimed.lease_until == clock.now() + outbox.LEASE


def test_a_message_and_its_log_entry_have_ids_that_sort_by_time(frozen_clock: FrozenClock) -> None:
    first = outbox.message(Kind.CONFIRM_EMAIL, language="pl")
    frozen_clock.advance(seconds=1)
    second = outbox.message(Kind.CONFIRM_EMAIL, language="pl")
    assert first.message_id < second.message_id
    assert first.notification_id < second.notification_id


def test_a_claimed_message_is_claimed_by_nobody_else_until_the_lease_runs_out(
    message: OutboxMessage, frozen_clock: FrozenClock
) -> None:
    outbox.claim(message.message_id)
    for later in (timedelta(0), outbox.LEASE - timedelta(seconds=1)):
        frozen_clock.advance(seconds=later.total_seconds())
        with pytest.raises(outbox.Claimed):
            outbox.claim(message.message_id)
    frozen_clock.advance(seconds=1)
    assert outbox.claim(message.message_id).attempts == 2
    with pytest.raises(outbox.Claimed):
        outbox.claim(message.message_id)


def test_a_refused_claim_changes_nothing(message: OutboxMessage, frozen_clock: FrozenClock) -> None:
    outbox.claim(message.message_id)
    before = cloud.items("OUTBOX_TABLE")
    frozen_clock.advance(seconds=5)
    with pytest.raises(outbox.Claimed):
        outbox.claim(message.message_id)
    assert cloud.items("OUTBOX_TABLE") == before


def test_a_removed_message_waits_no_more_and_a_claim_does_not_bring_it_back(message: OutboxMessage) -> None:
    storage.write(outbox.removal(message))
    with pytest.raises(outbox.NotWaiting):
        outbox.claim(message.message_id)
    assert cloud.items("OUTBOX_TABLE") == []


def test_a_message_is_removed_once(message: OutboxMessage) -> None:
    storage.write(outbox.removal(message))
    with pytest.raises(storage.ConditionFailed):
        storage.write(outbox.removal(message))


def test_of_two_workers_at_once_exactly_one_has_the_claim(message: OutboxMessage) -> None:
    claims: list[str] = []

    def claim(worker: str) -> None:
        try:
            outbox.claim(message.message_id)
        except outbox.Claimed:
            return
        claims.append(worker)

    # The second worker's claim overtakes the first one's, which is on its way already.
    with cloud.before_calls(lambda _: claim("second")):
        claim("first")
    assert claims == ["second"]


def test_a_claim_is_one_call(message: OutboxMessage, wire: cloud.Wire) -> None:
    outbox.claim(message.message_id)
    assert wire.calls == ["UpdateItem"]


# Given back.


def stored(message: OutboxMessage) -> OutboxMessage:
    found = storage.get(OutboxMessage, message.message_id)
    assert found is not None
    return found


def test_a_released_message_says_why_and_is_claimed_again_at_once(message: OutboxMessage) -> None:
    outbox.release(outbox.claim(message.message_id), "TooManyRequestsException")
    assert stored(message).last_error == "TooManyRequestsException"
    again = outbox.claim(message.message_id)
    assert (again.attempts, again.last_error) == (2, "TooManyRequestsException")


def test_a_worker_whose_lease_ran_out_cannot_release_the_claim_of_the_next(
    message: OutboxMessage, frozen_clock: FrozenClock
) -> None:
    late = outbox.claim(message.message_id)
    frozen_clock.advance(seconds=outbox.LEASE.total_seconds())
    outbox.claim(message.message_id)
    before = cloud.items("OUTBOX_TABLE")
    outbox.release(late, "late")
    assert cloud.items("OUTBOX_TABLE") == before


def test_to_release_postpone_or_park_what_is_gone_brings_nothing_back(message: OutboxMessage) -> None:
    claimed = outbox.claim(message.message_id)
    storage.write(outbox.removal(message))
    outbox.release(claimed, "late")
    outbox.postpone(claimed)
    outbox.park(claimed)
    assert cloud.items("OUTBOX_TABLE") == []


# Waiting too long.


def overdue() -> list[str]:
    """The ids of what the sweep would look at now, in all shards."""
    return [each.message_id for shard in outbox.SHARDS for each in outbox.overdue(shard)]


def put(kind: Kind) -> OutboxMessage:
    waiting = outbox.message(kind, language="pl", account_id="jan")
    storage.write(storage.put(waiting))
    return waiting


@pytest.mark.parametrize(("kind", "minutes"), [(Kind.PASSWORD_RESET, 5), (Kind.NOTICE, 60)])
def test_a_message_is_overdue_when_its_queue_has_had_time_for_it(
    kind: Kind, minutes: int, aws_in_memory: None, frozen_clock: FrozenClock
) -> None:
    waiting = put(kind)
    frozen_clock.advance(minutes=minutes, seconds=-1)
    assert overdue() == []
    frozen_clock.advance(seconds=1)
    assert overdue() == [waiting.message_id]


@pytest.mark.parametrize(
    ("kind", "minutes"),
    [(Kind.PASSWORD_RESET, [5, 10, 20, 40, 60, 60, 60]), (Kind.NOTICE, [60, 120, 240, 480, 480])],
)
def test_a_postponed_message_is_overdue_again_after_intervals_that_grow(
    kind: Kind, minutes: list[int], aws_in_memory: None, frozen_clock: FrozenClock
) -> None:
    put(kind)
    for each in minutes:
        frozen_clock.advance(minutes=each, seconds=-1)
        assert overdue() == []
        frozen_clock.advance(seconds=1)
        [shard] = {item["shard"]["S"] for item in cloud.items("OUTBOX_TABLE")}
        [late] = outbox.overdue(shard)
        assert Lane(late.lane) == LANES[kind]
        outbox.postpone(late)


def test_a_parked_message_stays_but_is_neither_overdue_nor_claimed(
    message: OutboxMessage, frozen_clock: FrozenClock
) -> None:
    outbox.release(outbox.claim(message.message_id), "SendingPausedException")
    frozen_clock.advance(hours=24)
    outbox.park(message)
    frozen_clock.advance(days=30)
    assert overdue() == []
    with pytest.raises(outbox.Claimed):
        outbox.claim(message.message_id)
    assert stored(message).last_error == "SendingPausedException"
    assert stored(message).parked_at is not None
    # The sweep's index is late by a moment: it may show once more what it has parked.
    before = cloud.items("OUTBOX_TABLE")
    outbox.postpone(message)
    outbox.park(message)
    assert cloud.items("OUTBOX_TABLE") == before


def test_new_messages_are_spread_over_all_shards(frozen_clock: FrozenClock) -> None:
    shards = {outbox.message(Kind.NOTICE, language="pl").shard for _ in range(400)}
    assert shards == set(outbox.SHARDS)


def test_a_lease_is_longer_than_a_delivery_and_shorter_than_the_queues_patience() -> None:
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    resources = json.loads((ROOT / ".chalice" / "resources.json").read_text())["Resources"]
    time_limit = config["stages"]["all"]["lambda_functions"]["deliver"]["lambda_timeout"]
    for queue in ("UrgentQueue", "BulkQueue"):
        hidden_for = resources[queue]["Properties"]["VisibilityTimeout"]
        assert timedelta(seconds=time_limit) < outbox.LEASE < timedelta(seconds=hidden_for)
