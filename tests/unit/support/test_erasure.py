"""What is left of a deleted account is erased when its time has come, all of it and nothing else (R13)."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from app import erase_accounts as handler
from chalicelib import clock, storage
from chalicelib.accounts.models import Account, Status
from chalicelib.balances.models import Balance
from chalicelib.notifications import outbox
from chalicelib.notifications.models import Notification, OutboxMessage
from chalicelib.pseudonyms import is_pseudonym, pseudonym
from chalicelib.support.erasure import Erased, erase, erase_accounts
from chalicelib.support.models import Ticket
from tests.unit import cloud, emf
from tests.unit.accounts.people import ZOFIA, as_stored, settled
from tests.unit.conftest import FrozenClock
from tests.unit.crashes import SCHEDULED
from tests.unit.support.leavers import (
    EMAIL,
    ERASED_AFTER,
    LOGIN,
    entries,
    left,
    served,
    ticket_of,
    told,
)


@pytest.fixture
def jan(aws_in_memory: None) -> Account:
    """Jan, with all that is held about a customer, whose account was deleted a moment ago."""
    account = served()
    clock.pause(1)
    left(account)
    return account


def always() -> bool:
    return True


def for_calls(number: int) -> Callable[[], bool]:
    """Time that is up after it was asked for so often."""
    remaining = iter([True] * number)
    return lambda: next(remaining, False)


def stored_about(*names: str) -> dict[str, list[str]]:
    """The items in which one of these names can be read, by table."""
    found = {
        variable: [str(item) for item in cloud.items(variable) if mentions(item, names)]
        for variable in cloud.table_variables()
    }
    return {variable: items for variable, items in found.items() if items}


def mentions(item: Any, names: tuple[str, ...]) -> bool:
    return any(name.casefold() in str(item).casefold() for name in names)


def gone(account: Account) -> bool:
    return storage.get(Account, account.account_id) is None


# When.


def test_an_account_is_erased_when_its_time_has_come_and_not_before(
    jan: Account, frozen_clock: FrozenClock
) -> None:
    frozen_clock.time += ERASED_AFTER - timedelta(seconds=2)
    assert erase_accounts(always) == Erased()
    assert not gone(jan)
    assert stored_about(EMAIL).keys() == {"ACCOUNTS_TABLE", "NOTIFICATIONS_TABLE", "TICKETS_TABLE"}
    frozen_clock.advance(seconds=2)
    assert erase_accounts(always) == Erased(accounts=1)
    assert gone(jan)
    assert erase_accounts(always) == Erased()


def test_nobody_else_is_erased(aws_in_memory: None, frozen_clock: FrozenClock) -> None:
    zofia = served("zofia", ZOFIA)
    settled("ewa", "ewa@poczta.example", status=Status.LOCKED)
    before = {variable: cloud.items(variable) for variable in cloud.table_variables()}
    frozen_clock.advance(days=3650)
    assert erase_accounts(always) == Erased()
    assert {variable: cloud.items(variable) for variable in cloud.table_variables()} == before
    assert as_stored(zofia).status == Status.ACTIVE


def test_an_account_that_the_index_still_has_but_is_not_deleted_stays(
    jan: Account, frozen_clock: FrozenClock
) -> None:
    # No act of ours brings an account back; a restored table may.
    storage.write(storage.update(jan, Account.status.set(Status.ACTIVE)))
    frozen_clock.time += ERASED_AFTER
    assert erase_accounts(always) == Erased()
    assert not gone(jan)


# What.


def test_nothing_is_left_that_says_who_it_was(jan: Account, frozen_clock: FrozenClock) -> None:
    assert stored_about(EMAIL, LOGIN).keys() >= {"ACCOUNTS_TABLE", "NOTIFICATIONS_TABLE", "TICKETS_TABLE"}
    assert storage.get(Balance, jan.account_id) is not None
    frozen_clock.time += ERASED_AFTER
    erase_accounts(always)
    assert stored_about(EMAIL, LOGIN) == {}
    assert storage.get(Balance, jan.account_id) is None
    assert gone(jan)


def test_the_log_keeps_what_was_sent_when_and_a_pseudonym_of_the_recipient(
    jan: Account, frozen_clock: FrozenClock
) -> None:
    before = entries(jan)
    frozen_clock.time += ERASED_AFTER
    erase_accounts(always)
    after = entries(jan)
    assert {each.recipient for each in before} == {EMAIL}
    assert {each.recipient for each in after} == {pseudonym("address", EMAIL.lower())}
    same = ("notification_id", "kind", "status", "sent_at", "language", "ses_message_id", "expires_at")
    assert len(after) == 5
    for name in same:
        assert [getattr(each, name) for each in after] == [getattr(each, name) for each in before]


def test_a_log_of_several_pages_is_gone_through_to_its_end(
    aws_in_memory: None, quick_tables: None, frozen_clock: FrozenClock
) -> None:
    jan = served(mails=0)
    [entry] = entries(jan)  # the acknowledgement of the ticket
    more = [{**entry.attribute_values, "notification_id": clock.new_id()} for _ in range(450)]
    for some in (more[at : at + 90] for at in range(0, len(more), 90)):
        storage.write(*(storage.put(Notification(**values)) for values in some))
    left(jan)
    frozen_clock.time += ERASED_AFTER
    assert erase_accounts(always) == Erased(accounts=1)
    assert len(entries(jan)) == 452
    assert all(is_pseudonym(each.recipient) for each in entries(jan))


def test_a_message_that_was_parked_is_dropped_and_counted(
    jan: Account, frozen_clock: FrozenClock, capsys: pytest.CaptureFixture[str]
) -> None:
    told(jan)
    frozen_clock.time += ERASED_AFTER
    assert erase_accounts(always) == Erased(accounts=1)
    assert cloud.items("OUTBOX_TABLE") == []
    dropped = ("Mails", "Kind=password_changed", "Outcome=skipped", "Reason=account_erased")
    assert emf.counted(capsys.readouterr().out)[dropped] == 1


def test_an_account_is_left_alone_while_a_mail_about_it_is_being_sent(
    jan: Account, frozen_clock: FrozenClock
) -> None:
    told(jan)
    frozen_clock.time += ERASED_AFTER
    [waiting] = cloud.items("OUTBOX_TABLE")
    claimed = outbox.claim(waiting["message_id"]["S"])
    assert erase_accounts(always) == Erased(left=1)
    assert storage.get(OutboxMessage, claimed.message_id) is not None
    assert not gone(jan)
    assert {each.recipient for each in entries(jan)} == {EMAIL}
    frozen_clock.time += outbox.LEASE
    assert erase_accounts(always) == Erased(accounts=1)


# Tickets.


def test_a_ticket_about_the_deletion_outlives_the_account(
    aws_in_memory: None, frozen_clock: FrozenClock
) -> None:
    jan = served()
    frozen_clock.advance(hours=1)
    left(jan)
    complaint = ticket_of(jan)
    frozen_clock.time += ERASED_AFTER
    erase_accounts(always)
    assert [item["ticket_id"]["S"] for item in cloud.items("TICKETS_TABLE")] == [complaint.ticket_id]


def test_the_tickets_of_an_address_stay_while_it_is_another_customers(
    aws_in_memory: None, frozen_clock: FrozenClock
) -> None:
    jan = served()
    settled("zofia", EMAIL)
    frozen_clock.advance(hours=1)
    left(jan)
    frozen_clock.time += ERASED_AFTER
    assert erase_accounts(always) == Erased(accounts=1)
    [item] = cloud.items("TICKETS_TABLE")
    assert Ticket.from_raw_data(item).contact == EMAIL.lower()


def test_the_tickets_of_an_address_that_was_never_confirmed_are_not_the_accounts(
    aws_in_memory: None, frozen_clock: FrozenClock
) -> None:
    jan = settled(LOGIN, EMAIL, confirmed=False)
    ticket_of(jan)
    frozen_clock.advance(hours=1)
    left(jan)
    frozen_clock.time += ERASED_AFTER
    assert erase_accounts(always) == Erased(accounts=1)
    assert len(cloud.items("TICKETS_TABLE")) == 1


# How.


def test_an_erasure_without_time_leaves_the_rest_to_the_next_one(
    jan: Account, frozen_clock: FrozenClock
) -> None:
    frozen_clock.time += ERASED_AFTER
    assert erase_accounts(for_calls(0)) == Erased(left=1)
    assert {each.recipient for each in entries(jan)} == {EMAIL}
    assert erase_accounts(for_calls(3)) == Erased(left=1)
    assert sum(is_pseudonym(each.recipient) for each in entries(jan)) == 2
    assert not gone(jan)
    assert erase_accounts(always) == Erased(accounts=1)


def test_a_run_of_nothing_costs_one_query_for_each_shard(wire: cloud.Wire) -> None:
    assert erase_accounts(always) == Erased()
    assert wire.calls == ["Query"] * 8


def test_an_erasure_counts_what_it_did(
    jan: Account, frozen_clock: FrozenClock, capsys: pytest.CaptureFixture[str]
) -> None:
    frozen_clock.time += ERASED_AFTER
    capsys.readouterr()
    erase(always)
    assert emf.counted(capsys.readouterr().out) == {("Erased",): 1, ("ErasuresLeft",): 0}


def test_the_function_ends_itself_before_lambda_would(jan: Account, frozen_clock: FrozenClock) -> None:
    frozen_clock.time += ERASED_AFTER
    handler(SCHEDULED, SimpleNamespace(get_remaining_time_in_millis=lambda: 10_000))
    assert not gone(jan)
    handler(SCHEDULED, SimpleNamespace(get_remaining_time_in_millis=lambda: 10_001))
    assert gone(jan)
