"""I1 for what stands around delivery: feedback, the notices of other systems, and the sweep.

What crashes where mail is delivered is in notifications/test_delivery_crashes.py.
"""

import json
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import pytest

from chalicelib import clock, storage
from chalicelib.accounts.composers import COMPOSERS
from chalicelib.accounts.models import Account
from chalicelib.notifications import log, outbox
from chalicelib.notifications.delivery import deliver
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import AddressRow, OutboxMessage
from tests.unit import cloud
from tests.unit.accounts.people import as_stored, settled
from tests.unit.conftest import FrozenClock
from tests.unit.crashes import EVERY_CRASH, Crash, Works, points
from tests.unit.ses_says import bounce, complaint, delivery

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("aws_in_memory", "quick_tables", "sleep_moves_the_clock"),
]

_names = count()

Check = Callable[[Works], None]


def a_customer() -> Account:
    name = f"jan{next(_names)}"
    return settled(name, f"{name}@poczta.example")


def put(kind: Kind, account: Account, **parameters: Any) -> OutboxMessage:
    message = outbox.message(
        kind, account_id=account.account_id, recipient=account.email, language="pl", parameters=parameters
    )
    storage.write(storage.put(message))
    return message


def a_change(account: Account) -> OutboxMessage:
    changed_at = clock.now().isoformat(timespec="seconds")
    return put(Kind.PASSWORD_CHANGED, account, changed_at=changed_at, network="198.51.100.0/24")


def a_reset(*accounts: Account) -> OutboxMessage:
    return put(
        Kind.PASSWORD_RESET,
        accounts[0],
        account_ids=[each.account_id for each in accounts],
        network="198.51.100.0/24",
        requested_at=clock.now().isoformat(timespec="seconds"),
    )


def entry_of(account: Account) -> Any:
    """The account's only entry in the log."""
    [entry] = log.of_account(account.account_id, limit=9)
    return entry


def is_marked(account: Account, reason: str | None) -> bool:
    row = storage.get(AddressRow, account.email, account.account_id)
    assert row is not None
    return row.unreachable == as_stored(account).address_unreachable == reason


# Feedback: a story puts SES's events into the queue, and tells what must be true in the end.


def delivered(works: Works) -> Check:
    jan = a_customer()
    message = a_change(jan)
    deliver(message.message_id, COMPOSERS)
    works.queues.put("feedback", delivery(jan, message))

    def check(_: Works) -> None:
        assert entry_of(jan).status == log.Status.DELIVERED
        assert is_marked(jan, None)

    return check


def bounced_for_two_of_whom_one_moved(works: Works) -> Check:
    jan = a_customer()
    zofia, ewa = settled(f"z{jan.login}", jan.email), settled(f"e{jan.login}", jan.email)
    message = a_reset(jan, zofia, ewa)
    deliver(message.message_id, COMPOSERS)
    storage.write(storage.update(zofia, Account.email.set("nowy@poczta.example")))
    storage.write(storage.delete(AddressRow(jan.email, zofia.account_id)))
    works.queues.put("feedback", bounce(jan, message))

    def check(_: Works) -> None:
        assert {entry_of(each).status for each in (jan, zofia, ewa)} == {log.Status.BOUNCED}
        assert is_marked(jan, "bounced")
        assert is_marked(ewa, "bounced")
        assert as_stored(zofia).address_unreachable is None
        assert storage.get(AddressRow, jan.email, zofia.account_id) is None

    return check


def complained_after_delivery(works: Works) -> Check:
    jan = a_customer()
    message = a_change(jan)
    deliver(message.message_id, COMPOSERS)
    for event in (complaint(jan, message), delivery(jan, message), complaint(jan, message)):
        works.queues.put("feedback", event)

    def check(_: Works) -> None:
        assert entry_of(jan).status == log.Status.COMPLAINED
        assert is_marked(jan, "complained")

    return check


def delivered_before_our_own_entry(works: Works) -> Check:
    jan = a_customer()
    message = a_change(jan)
    works.queues.put("feedback", delivery(jan, message))
    works.stream_lost = True
    works.later(lambda: deliver(message.message_id, COMPOSERS))

    def check(_: Works) -> None:
        assert entry_of(jan).status == log.Status.DELIVERED

    return check


# Notices.


def notice(account: Account, kind: Kind, **more: Any) -> str:
    return json.dumps(
        {"message_id": f"{kind} {account.login}", "account_id": account.account_id, "kind": kind} | more
    )


def sent_twice_beside_a_malformed_one(works: Works) -> Check:
    jan = a_customer()
    top_up = notice(jan, Kind.TOPPED_UP, parameters={"amount": "12.50"})
    for body in (top_up, "no JSON", top_up):
        works.queues.put("notices", body)

    def check(works: Works) -> None:
        assert entry_of(jan).kind == Kind.TOPPED_UP
        assert works.dead_letters == ["no JSON"]

    return check


# The sweep.


def lost_by_the_stream(works: Works) -> Check:
    jan = a_customer()
    a_change(jan)
    works.stream_lost = True

    def check(_: Works) -> None:
        assert entry_of(jan).status == log.Status.SENT

    return check


def waiting_for_a_day(works: Works) -> Check:
    jan = a_customer()
    message = a_change(jan)
    # As a day of failures leaves it.
    storage.write(
        storage.update(
            message,
            OutboxMessage.park_at.set(clock.now()),
            OutboxMessage.next_attempt_at.set(clock.now()),
            OutboxMessage.last_error.set("ClientError TooManyRequestsException"),
        )
    )
    works.stream_lost = True

    def check(_: Works) -> None:
        [parked] = cloud.items("OUTBOX_TABLE")
        assert parked["message_id"]["S"] == message.message_id
        assert parked["last_error"]["S"] == "ClientError TooManyRequestsException"
        assert "parked_at" in parked
        assert log.of_account(jan.account_id, limit=9) == []
        storage.write(outbox.removal(message))  # for the next point

    return check


# Each with the number of calls at which each function must have crashed.
STORIES: Mapping[Callable[[Works], Check], dict[str, int]] = {
    delivered: {"feedback": 2},
    bounced_for_two_of_whom_one_moved: {"feedback": 4},
    complained_after_delivery: {"feedback": 6},
    delivered_before_our_own_entry: {"feedback": 4},
    sent_twice_beside_a_malformed_one: {"take_notices": 12, "relay": 1, "deliver": 4},
    lost_by_the_stream: {"sweep_outbox": 10, "deliver": 4},
    waiting_for_a_day: {"sweep_outbox": 9},
}


@pytest.mark.parametrize("crash", EVERY_CRASH)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_crash_at_any_call_leaves_nothing_undone_and_does_nothing_twice(
    story: Callable[[Works], Check], crash: Crash, frozen_clock: FrozenClock
) -> None:
    crashed: dict[str, int] = {}
    for point in points(crash):
        works = Works(frozen_clock, point)
        check = story(works)
        works.run()
        check(works)
        assert cloud.items("OUTBOX_TABLE") == [], point
        if point.call is not None:
            crashed[point.function] = crashed.get(point.function, 0) + 1
    if crash is Crash.REFUSED:
        assert {function: crashed.get(function, 0) for function in STORIES[story]} == STORIES[story]
