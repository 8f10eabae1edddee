"""SIP accounts (R14): numbers, digests, and what a registrar is told."""

import random
import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib import clock, storage
from chalicelib.accounts import sip
from chalicelib.accounts.models import Account, SipAccount, Status
from chalicelib.errors import NoNumberFree, NumberNotFound
from chalicelib.settings import settings
from tests.sip_device import Challenge, response
from tests.unit import cloud
from tests.unit.accounts.asking import change
from tests.unit.accounts.devices import registers, verified, with_telephone
from tests.unit.accounts.people import settled
from tests.unit.clients import PostOffice
from tests.unit.conftest import FrozenClock

MUFASA = ("Mufasa", "http-auth@example.org", "Circle of Life")


@pytest.fixture(autouse=True)
def _aws(aws_in_memory: None, quick_tables: None) -> None:
    """Every test here has tables."""


def held(*numbers: int, until: timedelta | None = None) -> None:
    """Let these numbers be somebody's, of a deleted customer if it is `until` some time from now."""
    for number in numbers:
        expires_at = None if until is None else clock.now() + until
        storage.write(storage.put(SipAccount(str(number), account_id="someone", expires_at=expires_at)))


# Digests.


@pytest.mark.parametrize(
    ("algorithm", "ha1", "expected"),
    [
        ("MD5", sip.ha1_md5(*MUFASA), "8ca523f5e9506fed4657c9700eebdbec"),
        (
            "SHA-256",
            sip.ha1_sha256(*MUFASA),
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
    ],
)
def test_our_digests_answer_the_challenge_of_rfc_7616_section_3_9_1_as_it_says(
    algorithm: str, ha1: str, expected: str
) -> None:
    challenge = Challenge(MUFASA[1], "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", algorithm)
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    assert response(challenge, ha1, method="GET", uri="/dir/index.html", cnonce=cnonce) == expected


def test_a_password_has_100_bits_in_characters_that_nobody_mistakes() -> None:
    passwords = {sip.new_password() for _ in range(500)}
    assert len(passwords) == 500
    assert all(re.fullmatch("[a-km-np-z2-9]{20}", each) for each in passwords)
    assert len(set("".join(passwords))) == 32


# Numbers.


def test_numbers_are_of_the_range_and_as_long_as_its_first(with_settings: Callable[..., None]) -> None:
    with_settings(SIP_NUMBER_RANGE="100-150")
    assert set(map(int, (sip.free_number() for _ in range(2000)))) == set(range(100, 151))


def test_no_number_is_preferred(with_settings: Callable[..., None]) -> None:
    with_settings(SIP_NUMBER_RANGE="100-109")
    chosen = Counter(sip.free_number() for _ in range(1000))
    assert min(chosen.values()) > 50


def test_a_number_that_somebody_has_is_not_free(with_settings: Callable[..., None]) -> None:
    with_settings(SIP_NUMBER_RANGE="100-104")
    held(100, 101, 103, 104)
    assert {sip.free_number() for _ in range(50)} == {"102"}


def test_choosing_takes_one_call_also_in_a_large_range(wire: cloud.Wire) -> None:
    sip.free_number()
    assert list(map(str, wire.requests)) == ["BatchGetItem sip_accounts_table"]
    [request] = wire.requests
    assert len(request.body["RequestItems"]["sip_accounts_table"]["Keys"]) == 100


def test_a_range_that_is_nearly_full_takes_several_calls(
    wire: cloud.Wire, with_settings: Callable[..., None]
) -> None:
    with_settings(SIP_NUMBER_RANGE="1000-1119")
    held(*(number for number in range(1000, 1120) if number != 1007))
    random.seed(1)  # or once in forty times each draw would find it at once
    for _ in range(20):
        assert sip.free_number() == "1007"
    reads = wire.counted()["BatchGetItem"]
    assert 20 < reads < 20 * 10


def test_a_full_range_is_refused(wire: cloud.Wire, with_settings: Callable[..., None]) -> None:
    with_settings(SIP_NUMBER_RANGE="100-119")
    held(*range(100, 120))
    wire.clear()
    with pytest.raises(NoNumberFree):
        sip.free_number()
    assert wire.calls == ["BatchGetItem"]


def test_a_full_large_range_is_refused_after_some_tries(
    wire: cloud.Wire, with_settings: Callable[..., None]
) -> None:
    with_settings(SIP_NUMBER_RANGE="1000-1119")
    held(*range(1000, 1120))
    wire.clear()
    with pytest.raises(NoNumberFree):
        sip.free_number()
    assert wire.calls == ["BatchGetItem"] * 10


def test_a_deleted_customers_number_is_free_when_its_time_is_over_also_before_the_table_deletes_it(
    frozen_clock: FrozenClock, with_settings: Callable[..., None]
) -> None:
    with_settings(SIP_NUMBER_RANGE="100-101")
    held(100)
    held(101, until=timedelta(days=90))
    frozen_clock.advance(days=89, hours=23)
    with pytest.raises(NoNumberFree):
        sip.free_number()
    frozen_clock.advance(hours=1)
    assert sip.free_number() == "101"


# What the registrar is told.


@pytest.mark.parametrize("number", ["", "600000000", "jan", "+48600000000", "6" * 5000, "600 000 000"])
def test_nobody_has_such_a_number(number: str) -> None:
    with pytest.raises(NumberNotFound):
        sip.registration_of(number)


def test_before_its_password_was_mailed_a_number_has_no_digests(with_settings: Callable[..., None]) -> None:
    with_settings(SIP_REALM="sip.operator.example")
    told = sip.registration_of(str(verified().sip_number))
    assert told == sip.SipRegistration("sip.operator.example", None, None, allowed=True)


@pytest.mark.parametrize("status", Status)
def test_only_an_active_customers_device_is_allowed_and_the_digests_stay(
    post_office: PostOffice, status: Status
) -> None:
    jan, device = with_telephone(post_office)
    before = sip.registration_of(device.number)
    assert registers(device)
    change(jan, status=status)
    told = sip.registration_of(device.number)
    assert told.allowed is registers(device) is (status is Status.ACTIVE)
    assert (told.ha1_md5, told.ha1_sha256) == (before.ha1_md5, before.ha1_sha256)


def test_a_number_without_its_account_is_not_allowed(post_office: PostOffice) -> None:
    jan, device = with_telephone(post_office)
    storage.write(storage.delete(Account(jan.account_id)))
    assert sip.registration_of(device.number).allowed is False


def test_a_registrar_costs_two_consistent_reads(post_office: PostOffice, wire: cloud.Wire) -> None:
    _, device = with_telephone(post_office)
    wire.clear()
    sip.registration_of(device.number)
    assert list(map(str, wire.requests)) == ["GetItem sip_accounts_table", "GetItem accounts_table"]
    assert all(request.body["ConsistentRead"] is True for request in wire.requests)


def test_a_changed_realm_keeps_the_devices_of_the_old_one_until_they_get_a_new_password(
    post_office: PostOffice, with_settings: Callable[..., None]
) -> None:
    _, device = with_telephone(post_office)
    with_settings(SIP_REALM="sip.operator.example")
    assert sip.registration_of(device.number).realm == "localhost"
    assert registers(device)


# The end.


def test_an_ended_number_lets_nobody_in_and_stays_out_of_use_for_a_while(
    post_office: PostOffice, frozen_clock: FrozenClock, with_settings: Callable[..., None]
) -> None:
    with_settings(SIP_NUMBER_RANGE="100-100")
    jan, device = with_telephone(post_office)
    storage.write(sip.ended(device.number, jan.account_id))
    told = sip.registration_of(device.number)
    assert (told.ha1_md5, told.ha1_sha256) == (None, None)
    assert not registers(device)
    [row] = cloud.items("SIP_ACCOUNTS_TABLE")
    assert set(row) == {"sip_number", "account_id", "expires_at"}
    frozen_clock.advance(days=settings().login_reserved_days)
    with pytest.raises(NumberNotFound):
        sip.registration_of(device.number)
    zofia = settled("zofia", "zofia@poczta.example")
    storage.write(sip.assigned(sip.free_number(), zofia.account_id, "message"))
    [row] = cloud.items("SIP_ACCOUNTS_TABLE")
    assert set(row) == {"sip_number", "account_id", "awaited_message"}
    assert row["account_id"]["S"] == zofia.account_id
    assert not registers(device)


def test_what_was_never_there_cannot_end() -> None:
    with pytest.raises(storage.ConditionFailed):
        storage.write(sip.ended("600000000", "0" * 26))
    assert cloud.items("SIP_ACCOUNTS_TABLE") == []


@pytest.mark.parametrize("until", [None, timedelta(days=90)])
def test_a_number_is_never_taken_from_somebody_else(until: timedelta | None) -> None:
    held(600000000, until=until)
    with pytest.raises(storage.ConditionFailed):
        storage.write(sip.assigned("600000000", settled().account_id, "message"))
