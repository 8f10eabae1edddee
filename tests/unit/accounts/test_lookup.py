"""What staff see of a customer who calls: by login, address or id, with all that answers the call."""

import pytest

from chalicelib import storage
from chalicelib.accounts.composers import COMPOSERS
from chalicelib.accounts.lookup import Dossier, find_accounts
from chalicelib.accounts.models import Account
from chalicelib.accounts.reachability import mark
from chalicelib.notifications import outbox
from chalicelib.notifications.delivery import deliver
from chalicelib.notifications.feedback import take_event
from chalicelib.notifications.models import AddressRow
from chalicelib.notifications.sweep import sweep_outbox
from tests.unit import cloud, ses_says
from tests.unit.accounts.people import JAN, ZOFIA, settled
from tests.unit.conftest import FrozenClock
from tests.unit.notifications.messages import a_change, a_reset


@pytest.fixture
def jan(aws_in_memory: None) -> Account:
    return settled("Jan", JAN)


def found(**by: str) -> list[str]:
    """The logins of the accounts that are found."""
    return sorted(each.account.login for each in find_accounts(**by))


def dossier(account: Account) -> Dossier:
    [only] = find_accounts(account_id=account.account_id)
    return only


@pytest.mark.parametrize("login", ["Jan", "jan", "JAN", "ｊａｎ"])
def test_by_login_however_it_is_spelled(jan: Account, login: str) -> None:
    settled("janina", JAN)
    assert found(login=login) == ["Jan"]


@pytest.mark.parametrize("address", [JAN, JAN.upper()])
def test_by_address_come_all_accounts_that_it_recovers(jan: Account, address: str) -> None:
    settled("ewa", JAN)
    settled("zofia", ZOFIA)
    assert found(address=address) == ["Jan", "ewa"]


def test_by_id(jan: Account) -> None:
    settled("zofia", ZOFIA)
    assert found(account_id=jan.account_id) == ["Jan"]


def test_who_is_found_twice_comes_once(jan: Account) -> None:
    settled("ewa", JAN)
    assert found(login="jan", address=JAN, account_id=jan.account_id) == ["Jan", "ewa"]


def test_nobody_is_an_empty_list(jan: Account) -> None:
    assert found(login="nobody") == found(address="nobody@poczta.example") == found(account_id="x") == []
    assert find_accounts() == []


def test_a_registration_whose_time_ran_out_is_nobody(aws_in_memory: None, frozen_clock: FrozenClock) -> None:
    settled("jan", JAN, confirmed=False)
    frozen_clock.advance(days=30)
    assert found(login="jan") == found(address=JAN) == []


def test_a_customer_without_any_mail_has_an_address_that_was_never_written_to(jan: Account) -> None:
    seen = dossier(jan)
    assert seen.account.email == JAN
    assert seen.address is not None
    assert seen.address.last_notified_at is None
    assert seen.address.unreachable is None
    assert (seen.log, seen.waiting) == ([], [])


def test_the_log_comes_newest_first_and_a_page_of_it(jan: Account, frozen_clock: FrozenClock) -> None:
    sent = []
    for _ in range(26):
        message = a_change(jan)
        deliver(message.message_id, COMPOSERS)
        sent.append(message.notification_id)
        frozen_clock.advance(minutes=1)
    seen = dossier(jan)
    assert [entry.notification_id for entry in seen.log] == sent[:0:-1]
    assert seen.address is not None
    assert seen.address.last_notified_at == seen.log[0].sent_at


def test_an_unreachable_address_shows_why(jan: Account) -> None:
    message = a_reset(jan)
    deliver(message.message_id, COMPOSERS)
    take_event(ses_says.body("Bounce", jan.account_id, message.notification_id), mark)
    seen = dossier(jan)
    assert seen.address is not None
    assert seen.account.address_unreachable == seen.address.unreachable == "bounced"
    assert seen.log[0].status == "bounced"


def test_an_address_that_recovers_nothing_shows_as_none(jan: Account) -> None:
    storage.write(storage.delete(AddressRow(JAN, jan.account_id)))
    assert dossier(jan).address is None


def test_waiting_and_parked_messages_come_oldest_first_with_the_reason(
    jan: Account, frozen_clock: FrozenClock
) -> None:
    old = a_change(jan)
    outbox.release(outbox.claim(old.message_id), "TooManyRequestsException")
    frozen_clock.advance(hours=24)
    sweep_outbox(lambda: True)
    young = a_change(jan)
    a_change(settled("zofia", ZOFIA))
    parked, waiting = dossier(jan).waiting
    assert (parked.message_id, waiting.message_id) == (old.message_id, young.message_id)
    assert (parked.kind, parked.attempts, parked.last_error) == (
        "password_changed", 1, "TooManyRequestsException"
    )  # fmt: skip
    assert parked.parked_at == frozen_clock.time
    assert waiting.attempts == 0
    assert waiting.last_error is None
    assert waiting.parked_at is None
    assert (parked.created_at, waiting.created_at) == (old.created_at, young.created_at)


def test_looking_up_costs_three_calls_for_each_account_and_up_to_three_to_find_them(
    jan: Account, wire: cloud.Wire
) -> None:
    settled("ewa", JAN)
    wire.clear()
    find_accounts(account_id=jan.account_id)
    one = ["GetItem addresses_table", "Query notifications_table", "Query outbox_table"]
    assert list(map(str, wire.requests)) == ["BatchGetItem accounts_table", *one]
    wire.clear()
    find_accounts(login="jan", address=JAN)
    assert list(map(str, wire.requests)) == [
        "GetItem credentials_table", "Query addresses_table", "BatchGetItem accounts_table", *one, *one
    ]  # fmt: skip


def test_looking_up_changes_nothing(jan: Account, wire: cloud.Wire) -> None:
    a_change(jan)
    wire.clear()
    find_accounts(login="jan", address=JAN, account_id=jan.account_id)
    assert not any(call.writes for call in wire.requests)
