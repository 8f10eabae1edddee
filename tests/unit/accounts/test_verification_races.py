"""Verifying an account (R18) while something else happens to it, to its number, or to us."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from botocore.exceptions import ClientError

from chalicelib import storage
from chalicelib.accounts.models import Account, SipAccount, Status
from chalicelib.accounts.verification import verify_account
from chalicelib.errors import (
    AccountNotFound,
    AddressNotConfirmed,
    DomainError,
    Unavailable,
    WrongStatus,
)
from tests.unit import cloud
from tests.unit.accounts.asking import change
from tests.unit.accounts.devices import registered, row_of
from tests.unit.accounts.people import (
    as_stored,
    kinds_waiting,
    settled,
)
from tests.unit.crashes import Crash, Killed, points


@pytest.fixture(autouse=True)
def _aws(aws_in_memory: None, quick_tables: None) -> None:
    """Every test here has tables."""


def test_a_number_that_was_taken_meanwhile_is_exchanged_for_another(
    wire: cloud.Wire, with_settings: Callable[..., None]
) -> None:
    with_settings(SIP_NUMBER_RANGE="100-102")
    jan = registered()
    taken: list[str] = []

    def take_it_first(call: cloud.Call) -> None:
        if call.operation == "TransactWriteItems" and len(taken) < 2:
            number = call.body["TransactItems"][1]["Update"]["Key"]["sip_number"]["S"]
            taken.append(number)
            storage.write(storage.put(SipAccount(number, account_id="someone")))

    wire.clear()
    with cloud.before_calls(take_it_first):
        number = verify_account(jan.account_id).sip_number
    assert sorted([*taken, str(number)]) == ["100", "101", "102"]
    assert wire.counted()["TransactWriteItems"] == 3
    assert kinds_waiting() == ["sip_credentials"]


@pytest.mark.parametrize(
    ("status", "refusal"), [(Status.LOCKED, WrongStatus), (Status.DELETED, AccountNotFound)]
)
def test_an_account_that_is_locked_or_deleted_meanwhile_is_not_verified(
    status: Status, refusal: type[DomainError]
) -> None:
    jan = registered()

    def meanwhile(call: cloud.Call) -> None:
        if call.operation == "TransactWriteItems":
            change(jan, status=status)

    with cloud.before_calls(meanwhile), pytest.raises(refusal):
        verify_account(jan.account_id)
    assert as_stored(jan).sip_number is None
    assert cloud.items("SIP_ACCOUNTS_TABLE") == cloud.items("OUTBOX_TABLE") == []


def test_an_address_that_is_unconfirmed_meanwhile_is_not_verified() -> None:
    jan = registered()

    def meanwhile(call: cloud.Call) -> None:
        if call.operation == "TransactWriteItems":
            storage.write(storage.update(Account(jan.account_id), Account.email_confirmed_at.remove()))

    with cloud.before_calls(meanwhile), pytest.raises(AddressNotConfirmed):
        verify_account(jan.account_id)
    assert cloud.items("SIP_ACCOUNTS_TABLE") == []


@pytest.mark.parametrize("status", [Status.REGISTERED, Status.ACTIVE])
def test_two_who_verify_one_account_at_once_give_it_one_number(status: Status) -> None:
    jan = settled(status=status)
    numbers: list[str | None] = []

    def verify_first(call: cloud.Call) -> None:
        if call.operation == "TransactWriteItems":
            numbers.append(verify_account(jan.account_id).sip_number)

    with cloud.before_calls(verify_first):
        numbers.append(verify_account(jan.account_id).sip_number)
    assert numbers == [as_stored(jan).sip_number] * 2
    assert len(cloud.items("SIP_ACCOUNTS_TABLE")) == len(cloud.items("OUTBOX_TABLE")) == 1


def test_losing_every_try_ends_in_an_answer(with_settings: Callable[..., None]) -> None:
    jan = registered()

    def change_it_first(call: cloud.Call) -> None:
        if call.operation == "TransactWriteItems":
            status = as_stored(jan).status
            change(jan, status=Status.ACTIVE if status == Status.REGISTERED else Status.REGISTERED)

    with cloud.before_calls(change_it_first), pytest.raises(Unavailable):
        verify_account(jan.account_id)
    assert cloud.items("SIP_ACCOUNTS_TABLE") == []


@pytest.mark.usefixtures("sleep_moves_the_clock")
@pytest.mark.parametrize("crash", Crash)
def test_after_a_crash_at_any_call_verifying_again_ends_as_if_nothing_had_happened(crash: Crash) -> None:
    calls = 0
    for point in points(crash):
        jan = registered(f"jan-{point.number}", f"jan-{point.number}@poczta.example")
        outbox = {item["message_id"]["S"] for item in cloud.items("OUTBOX_TABLE")}
        with cloud.around_calls(point), suppress(Killed, ClientError, Unavailable):
            verify_account(jan.account_id)
        verified = verify_account(jan.account_id)
        row = row_of(jan)
        [message] = {item["message_id"]["S"] for item in cloud.items("OUTBOX_TABLE")} - outbox
        assert (verified.status, row.account_id, row.awaited_message) == ("active", jan.account_id, message)
        assert len(cloud.items("SIP_ACCOUNTS_TABLE")) == point.number
        calls = point.number - 1
    assert calls == (3 if crash in {Crash.REFUSED, Crash.KILLED_BEFORE} else 1)
