"""Logging in by login and password (R3), and who may not."""

from collections.abc import Callable

import pytest

from chalicelib import storage
from chalicelib.accounts import passwords
from chalicelib.accounts.models import Account, Credential, Status
from tests.unit import cloud
from tests.unit.accounts.people import (
    JAN,
    NEW_PASSWORD,
    as_stored,
    confirm_link,
    logged_in,
    reset,
    reset_link,
    settled,
)
from tests.unit.clients import PASSWORD, Customer, PostOffice, confirmed
from tests.unit.conftest import FrozenClock

pytestmark = pytest.mark.usefixtures("aws_in_memory")


def stored_hash(login_key: str = "jan") -> str:
    credential = storage.get(Credential, login_key)
    assert credential is not None
    return credential.password_hash


def test_login_and_password_open_a_session_of_the_account(customer: Customer) -> None:
    jan = settled()
    answer = customer.log_in("jan")
    assert answer.status == 201
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["expires_at"] == "2026-11-22T22:00:00Z"
    assert answer.json["account"]["account_id"] == jan.account_id
    # Without the balance, which would cost a log-in another call.
    profile = customer.get("/v1/account").json
    assert answer.json["account"].items() <= profile.items()
    assert {name for name in profile.keys() - answer.json["account"].keys() if "balance" not in name} == set()


@pytest.mark.parametrize("typed", ["JAN", " jan ", "\uff2a\uff41\uff4e"])
def test_the_login_may_be_typed_in_any_spelling(customer: Customer, typed: str) -> None:
    settled()
    assert customer.log_in(typed).status == 201


@pytest.mark.parametrize("typed", [JAN, "jan ko", "ja", "", "   ", "ewa", "a" * 321, "jan\x00", "<script>"])
def test_nobody_gets_in_by_anything_but_a_login(customer: Customer, typed: str) -> None:
    settled()
    answer = customer.log_in(typed)
    assert (answer.status, answer.code) == (401, "invalid_credentials")


@pytest.mark.parametrize("typed", ["", PASSWORD.lower(), f" {PASSWORD}", PASSWORD + "\x00", "ż" * 2000])
def test_a_wrong_password_is_refused(customer: Customer, typed: str) -> None:
    settled()
    answer = customer.log_in("jan", typed)
    assert (answer.status, answer.code) == (401, "invalid_credentials")


def test_an_unknown_login_and_a_wrong_password_get_the_same_answer(customer: Customer) -> None:
    settled()
    wrong, unknown = customer.log_in("jan", NEW_PASSWORD), customer.log_in("ewa", NEW_PASSWORD)
    assert (wrong.status, wrong.text, wrong.headers) == (unknown.status, unknown.text, unknown.headers)


@pytest.mark.parametrize("status", [Status.LOCKED, Status.DELETED])
def test_a_locked_and_a_deleted_account_are_refused_like_an_unknown_one(
    customer: Customer, status: Status
) -> None:
    settled(status=status)
    refused, unknown = customer.log_in("jan"), customer.log_in("ewa")
    assert (refused.status, refused.text, refused.headers) == (unknown.status, unknown.text, unknown.headers)


@pytest.mark.parametrize("status", [Status.REGISTERED, Status.ACTIVE, Status.BLOCKED])
def test_a_customer_without_funds_gets_in_and_so_does_a_new_one(customer: Customer, status: Status) -> None:
    settled(status=status)
    assert customer.log_in("jan").status == 201


def test_an_unconfirmed_registration_can_be_entered_until_it_expires(
    customer: Customer, frozen_clock: FrozenClock
) -> None:
    settled(confirmed=False)
    frozen_clock.advance(days=30, seconds=-1)
    assert customer.log_in("jan").status == 201
    frozen_clock.advance(seconds=1)
    assert customer.get("/v1/account").code == "not_logged_in"
    assert customer.log_in("jan").code == "invalid_credentials"


def test_a_confirmed_registration_lasts(customer: Customer, frozen_clock: FrozenClock) -> None:
    jan = settled(confirmed=False)
    assert customer.post("/v1/accounts/confirm", token=confirm_link(jan)).status == 204
    frozen_clock.advance(days=400)
    assert customer.log_in("jan").status == 201


def test_customers_built_by_these_tests_are_stored_as_customers_who_registered(
    customer: Customer, post_office: PostOffice
) -> None:
    confirmed(post_office, customer, "jan", JAN)
    settled("ewa", "ewa@poczta.example", status=Status.REGISTERED)
    settled("adam", "adam@poczta.example", status=Status.REGISTERED, confirmed=False)
    assert customer.register("olga", "olga@poczta.example").status == 201
    for variable in ("ACCOUNTS_TABLE", "CREDENTIALS_TABLE", "ADDRESSES_TABLE"):
        shapes: dict[str, set[str]] = {}
        owners = {item["account_id"]["S"]: item["login"]["S"] for item in cloud.items("ACCOUNTS_TABLE")}
        for item in cloud.items(variable):
            shapes[owners[item["account_id"]["S"]]] = {key for key in item if key != "last_notified_at"}
        assert shapes["jan"] == shapes["ewa"]
        assert shapes["adam"] == shapes["olga"]


def test_a_hash_cheaper_than_the_settings_is_renewed_by_logging_in(
    customer: Customer, with_settings: Callable[..., None]
) -> None:
    settled()
    cheap = stored_hash()
    with_settings(ARGON2_MEMORY_KIB="16", ARGON2_PASSES="2")
    assert customer.log_in("jan", NEW_PASSWORD).status == 401
    assert stored_hash() == cheap
    assert customer.log_in("jan").status == 201
    renewed = stored_hash()
    assert "$m=16,t=2,p=1$" in renewed
    assert passwords.verify(PASSWORD, renewed)
    assert customer.log_in("jan").status == 201
    assert stored_hash() == renewed


def test_renewing_the_hash_leaves_sessions_and_reset_links_alone(
    customer: Customer, with_settings: Callable[..., None]
) -> None:
    jan = settled()
    elsewhere, link = logged_in(), reset_link(jan)
    with_settings(ARGON2_MEMORY_KIB="16")
    assert customer.log_in("jan").status == 201
    assert elsewhere.get("/v1/account").status == 200
    assert reset(customer, link).status == 204


def test_a_hash_is_not_renewed_over_a_password_that_was_changed_meanwhile(
    customer: Customer, with_settings: Callable[..., None]
) -> None:
    jan = settled()
    link = reset_link(jan)
    with_settings(ARGON2_MEMORY_KIB="16")

    def change_before_renewal(call: cloud.Call) -> None:
        if call.tables == ["credentials_table"] and call.writes:
            assert reset(Customer(), link).status == 204

    with cloud.before_calls(change_before_renewal):
        assert customer.log_in("jan").status == 201
    assert passwords.verify(NEW_PASSWORD, stored_hash())
    assert customer.get("/v1/account").code == "not_logged_in"


def test_a_password_changed_between_reading_it_and_opening_the_session_opens_nothing(
    customer: Customer,
) -> None:
    jan = settled()
    link = reset_link(jan)

    def change_before_the_session(call: cloud.Call) -> None:
        if call.tables == ["accounts_table"] and call.writes and as_stored(jan).password_version == 1:
            assert reset(Customer(ip="203.0.113.9"), link).status == 204

    with cloud.before_calls(change_before_the_session):
        answer = customer.log_in("jan")
    assert (answer.status, answer.code) == (401, "invalid_credentials")
    assert as_stored(jan).sessions.as_dict() == {}


def test_an_account_locked_between_reading_it_and_opening_the_session_opens_nothing(
    customer: Customer,
) -> None:
    jan = settled()

    def lock_before_the_session(call: cloud.Call) -> None:
        if call.tables == ["accounts_table"] and call.writes:
            storage.write(storage.update(Account(jan.account_id), Account.status.set(Status.LOCKED)))

    with cloud.before_calls(lock_before_the_session):
        assert customer.log_in("jan").code == "invalid_credentials"
    assert as_stored(jan).sessions.as_dict() == {}
