"""Verifying an account (R18, R14): it becomes active, with a number, and the SIP password is on its way."""

from collections.abc import Callable

import pytest

from chalicelib import clock, storage
from chalicelib.accounts import sip
from chalicelib.accounts.models import SipAccount, Status
from chalicelib.accounts.verification import verify_account
from chalicelib.errors import (
    AccountNotFound,
    AddressNotConfirmed,
    DomainError,
    NoNumberFree,
    WrongStatus,
)
from tests.sip_device import Device
from tests.unit import cloud
from tests.unit.accounts.asking import change
from tests.unit.accounts.devices import device_of, registered, registers, row_of, with_telephone
from tests.unit.accounts.people import (
    JAN,
    ZOFIA,
    as_stored,
    everything_but_counters,
    kinds_waiting,
    logged_in,
    settled,
)
from tests.unit.clients import PASSWORD, Customer, PostOffice, confirmed, text_of
from tests.unit.conftest import FrozenClock


@pytest.fixture(autouse=True)
def _aws(aws_in_memory: None, quick_tables: None) -> None:
    """Every test here has tables."""


def test_a_registered_customer_becomes_active_with_a_number_of_the_range() -> None:
    jan = registered()
    verified = verify_account(jan.account_id)
    assert (verified.status, as_stored(jan).status) == (Status.ACTIVE, Status.ACTIVE)
    assert verified.sip_number == as_stored(jan).sip_number
    assert 600000000 <= int(str(verified.sip_number)) <= 600999999
    assert row_of(jan).account_id == jan.account_id
    [message] = cloud.items("OUTBOX_TABLE")
    assert row_of(jan).awaited_message == message["message_id"]["S"]
    assert message["kind"]["S"] == "sip_credentials"


def test_the_whole_way_from_registering_to_the_telephone(customer: Customer, post_office: PostOffice) -> None:
    confirmed(post_office, customer, "jan", JAN)
    customer.log_in("jan")
    profile = customer.get("/v1/account").json
    assert (profile["status"], profile["sip_number"]) == ("registered", None)
    verify_account(profile["account_id"])
    mail = post_office.mails_to(JAN)[-1]
    device = device_of(mail)
    profile = customer.get("/v1/account").json
    assert (profile["status"], profile["sip_number"]) == ("active", device.number)
    assert registers(device, "MD5")
    assert registers(device, "SHA-256")
    assert "localhost" in text_of(mail)


def test_verifying_costs_three_calls(wire: cloud.Wire) -> None:
    jan = registered()
    wire.clear()
    verify_account(jan.account_id)
    assert list(map(str, wire.requests)) == [
        "GetItem accounts_table",
        "BatchGetItem sip_accounts_table",
        "TransactWriteItems accounts_table sip_accounts_table outbox_table",
    ]


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.BLOCKED])
def test_verifying_again_changes_nothing_and_mails_nothing(post_office: PostOffice, status: Status) -> None:
    jan, device = with_telephone(post_office)
    change(jan, status=status)
    before = everything_but_counters()
    assert verify_account(jan.account_id).sip_number == device.number
    assert everything_but_counters() == before


@pytest.mark.parametrize(
    ("status", "confirmed", "refusal"),
    [
        (Status.REGISTERED, False, AddressNotConfirmed),
        (Status.ACTIVE, False, AddressNotConfirmed),
        (Status.LOCKED, True, WrongStatus),
        (Status.BLOCKED, True, WrongStatus),
        (Status.DELETED, True, AccountNotFound),
    ],
)
def test_whoever_cannot_be_verified_stays_as_they_are(
    status: Status, confirmed: bool, refusal: type[DomainError]
) -> None:
    jan = settled(status=status, confirmed=confirmed)
    before = everything_but_counters()
    with pytest.raises(refusal):
        verify_account(jan.account_id)
    assert everything_but_counters() == before


def test_nobody_is_verified_who_is_not_there() -> None:
    with pytest.raises(AccountNotFound):
        verify_account(clock.new_id())


def test_a_registration_whose_time_ran_out_is_gone(frozen_clock: FrozenClock) -> None:
    jan = settled(status=Status.REGISTERED, confirmed=False)
    frozen_clock.advance(days=30)
    with pytest.raises(AccountNotFound):
        verify_account(jan.account_id)


def test_no_number_free_leaves_the_account_as_it_is(with_settings: Callable[..., None]) -> None:
    with_settings(SIP_NUMBER_RANGE="100-100")
    verify_account(registered().account_id)
    zofia = registered("zofia", ZOFIA)
    before = everything_but_counters()
    with pytest.raises(NoNumberFree):
        verify_account(zofia.account_id)
    assert everything_but_counters() == before


# Imported customers.


def test_an_imported_customer_keeps_the_number_that_came_along(post_office: PostOffice) -> None:
    jan = registered()
    change(jan, sip_number="222000111")
    assert verify_account(jan.account_id).sip_number == "222000111"
    assert device_of(post_office.mails_to(JAN)[-1]).number == "222000111"
    assert row_of(jan).account_id == jan.account_id


def test_an_imported_number_whose_row_is_there_already_keeps_its_digests_until_the_mail() -> None:
    jan = registered()
    change(jan, sip_number="222000111")
    row = SipAccount("222000111", account_id=jan.account_id, realm="r", ha1_md5="m", ha1_sha256="s")
    storage.write(storage.put(row))
    verify_account(jan.account_id)
    assert sip.registration_of("222000111") == sip.SipRegistration("r", "m", "s", allowed=True)


def test_an_imported_number_that_is_somebody_elses_is_refused_and_not_exchanged(wire: cloud.Wire) -> None:
    jan = registered()
    change(jan, sip_number="222000111")
    storage.write(storage.put(SipAccount("222000111", account_id="someone")))
    before = everything_but_counters()
    with pytest.raises(NoNumberFree):
        verify_account(jan.account_id)
    assert everything_but_counters() == before


def test_an_active_customer_who_came_without_a_number_gets_one() -> None:
    jan = settled(status=Status.ACTIVE)
    assert verify_account(jan.account_id).sip_number
    assert kinds_waiting() == ["sip_credentials"]


# What opens what.


def test_the_panels_password_registers_no_device_and_the_sip_password_opens_no_panel(
    post_office: PostOffice, customer: Customer
) -> None:
    _, device = with_telephone(post_office)
    for algorithm in ("MD5", "SHA-256"):
        for number in (device.number, "jan"):
            assert not registers(Device(number, PASSWORD), algorithm)
    for login in (device.number, "jan", JAN):
        assert customer.log_in(login, device.password).code == "invalid_credentials"
    assert customer.log_in(device.number, PASSWORD).code == "invalid_credentials"
    assert logged_in("jan").patch("/v1/account", password=device.password).code == "weak_password"
