"""An erasure that crashes at any call is finished by the next run; two at once do no harm."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import clock, pseudonyms, storage
from chalicelib.accounts.deletion import delete_account
from chalicelib.accounts.models import Account
from chalicelib.balances.models import Balance
from chalicelib.errors import Unavailable
from chalicelib.notifications.models import Notification, OutboxMessage
from chalicelib.pseudonyms import is_pseudonym
from chalicelib.support.erasure import Erased, erase_accounts
from chalicelib.support.models import Ticket
from tests.unit import cloud
from tests.unit.accounts.people import settled
from tests.unit.conftest import FrozenClock
from tests.unit.crashes import EVERY_CRASH, Crash, CrashPoint, Killed, points
from tests.unit.support.leavers import ERASED_AFTER, entries

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("aws_in_memory", "quick_tables", "sleep_moves_the_clock"),
]


def always() -> bool:
    return True


def two_who_left(number: int, frozen_clock: FrozenClock) -> list[Account]:
    """Two whose time has come; the message about one's deletion still waits, as a parked one does."""
    people = [held(f"jan{number}", mails=1), held(f"zofia{number}", mails=2)]
    frozen_clock.advance(seconds=1)
    for account in people:
        delete_account(account.account_id)
    [_, waiting] = cloud.items("OUTBOX_TABLE")
    storage.write(storage.delete(OutboxMessage(waiting["message_id"]["S"])))
    frozen_clock.time += ERASED_AFTER
    return people


def held(login: str, *, mails: int) -> Account:
    """A customer with so many entries in the log, a ticket and a balance."""
    account = settled(login, f"{login}@poczta.example")
    now = clock.now()
    ticket = Ticket(
        ticket_id=clock.new_id(), contact=account.email, contact_email=account.email, message=login,
        language="pl", state="open", created_at=now, expires_at=now,
    )  # fmt: skip
    log_entries = [
        Notification(
            account.account_id, clock.new_id(), kind="password_changed", recipient=account.email,
            language="pl", status="sent", sent_at=now, account_ids=[account.account_id], expires_at=now,
        )
        for _ in range(mails)
    ]  # fmt: skip
    balance = Balance(account.account_id, balance=1250, as_of=now)
    storage.write(*map(storage.put, [ticket, balance, *log_entries]))
    return account


def survives(point: CrashPoint) -> bool:
    pseudonyms.forget_key()  # a process that died is followed by a new one
    try:
        with cloud.around_calls(point):
            erase_accounts(always)
    except (Killed, Unavailable, ClientError, BotoCoreError):
        return False
    return True


def assert_erased(people: list[Account], where: object) -> None:
    for account in people:
        assert storage.get(Account, account.account_id) is None, where
        assert storage.get(Balance, account.account_id) is None, where
        assert all(is_pseudonym(each.recipient) for each in entries(account)), where
        assert entries(account), where
    assert cloud.items("OUTBOX_TABLE") == [], where
    assert cloud.items("TICKETS_TABLE") == [], where


@pytest.mark.parametrize("crash", EVERY_CRASH)
def test_a_crash_at_any_call_leaves_nothing_unerased(crash: Crash, frozen_clock: FrozenClock) -> None:
    tried = 0
    for point in points(crash):
        point.function = "erase_accounts"
        people = two_who_left(point.number, frozen_clock)
        random.seed(point.number)
        if not survives(point):
            assert survives(point), point
        assert_erased(people, point)
        tried = point.number
    if crash is Crash.REFUSED:
        assert tried > 25  # eight shards; of each account itself, what waits, log, tickets, and the end


def test_two_at_once_erase_everything_once(frozen_clock: FrozenClock) -> None:
    interleaved = 0
    for number in range(1, 40, 2):
        people = two_who_left(number, frozen_clock)
        other = AnotherRun(at=number)
        with cloud.around_calls(other):
            done = erase_accounts(always)
        assert_erased(people, number)
        assert done.accounts + other.done.accounts == len(people)
        interleaved += other.done.accounts > 0
    assert interleaved > 10


class AnotherRun:
    """Before the call of this number, another run does all that there is to do."""

    def __init__(self, at: int) -> None:
        self._calls_before = at
        self.done = Erased()

    def __call__(self, _: cloud.Call, pass_on: Callable[[], Any]) -> Any:
        self._calls_before -= 1
        if self._calls_before == 0:
            self.done = erase_accounts(always)
        return pass_on()
