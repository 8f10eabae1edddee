"""Deleting an account (R13): afterwards it is like one that never was, and its login stays reserved."""

from datetime import timedelta

import pytest

from chalicelib import clock, storage
from chalicelib.accounts import deletion
from chalicelib.accounts.models import Account, SipAccount, Status
from chalicelib.errors import AccountNotFound
from chalicelib.notifications import addresses
from chalicelib.notifications.models import AddressRow
from tests.unit import cloud
from tests.unit.accounts.people import (
    JAN,
    as_stored,
    bounced,
    confirm_link,
    delete,
    is_in,
    logged_in,
    reset,
    reset_link,
    settled,
)
from tests.unit.clients import PASSWORD, Customer, PostOffice, text_of
from tests.unit.conftest import FrozenClock


def test_a_customer_deletes_the_account_with_the_password(customer: Customer) -> None:
    account = settled()
    jan, elsewhere = logged_in(), logged_in()
    assert delete(jan).status == 204
    assert as_stored(account).status == Status.DELETED
    assert not is_in(jan)
    assert not is_in(elsewhere)


def test_a_stolen_session_deletes_nothing(customer: Customer) -> None:
    account = settled()
    assert delete(logged_in(), "Wrong-Password-1").code == "wrong_password"
    assert as_stored(account).status == Status.ACTIVE


def test_log_in_and_reminder_are_as_for_an_unknown_customer(customer: Customer) -> None:
    settled()
    delete(logged_in())
    stranger = Customer()
    assert stranger.log_in("jan").text == Customer().log_in("nobody").text
    for identifier in ("jan", JAN):
        answer = stranger.post("/v1/password-resets", identifier=identifier)
        assert answer.text == Customer().post("/v1/password-resets", identifier="nobody").text


def test_every_link_mailed_before_is_dead(customer: Customer) -> None:
    account = settled()
    link = reset_link(account)
    delete(logged_in())
    assert reset(customer, link).code == "link_expired"
    assert customer.post("/v1/password-resets/check", token=link).code == "link_expired"


def test_an_unconfirmed_account_is_deleted_with_its_link_and_without_a_mail(
    customer: Customer, post_office: PostOffice
) -> None:
    link = confirm_link(settled(confirmed=False))
    assert delete(logged_in()).status == 204
    assert customer.post("/v1/accounts/confirm", token=link).code == "link_expired"
    assert post_office.mails_to(JAN) == []


def test_the_last_address_is_told_which_creates_none_of_its_rows_again(
    customer: Customer, post_office: PostOffice
) -> None:
    account = settled()
    delete(logged_in())
    [mail] = post_office.mails_to(JAN)
    assert "jan" in text_of(mail)
    assert addresses.rows_of(JAN) == []
    [entry] = cloud.items("NOTIFICATIONS_TABLE")
    assert (entry["account_id"]["S"], entry["kind"]["S"]) == (account.account_id, "account_deleted")


def test_an_address_that_bounced_is_not_told(customer: Customer, post_office: PostOffice) -> None:
    bounced(settled())
    delete(logged_in())
    assert post_office.mails_to(JAN) == []
    assert cloud.items("OUTBOX_TABLE") == []


def test_what_waited_for_the_customer_is_not_sent(customer: Customer, post_office: PostOffice) -> None:
    settled()
    customer.post("/v1/password-resets", identifier="jan")
    delete(logged_in())
    [mail] = post_office.mails_to(JAN)
    assert "token=" not in text_of(mail)


@pytest.mark.parametrize("login", ["jan", "JAN", "ｊａｎ"])
def test_the_login_stays_reserved_for_90_days(
    customer: Customer, frozen_clock: FrozenClock, login: str
) -> None:
    settled()
    delete(logged_in())
    assert customer.register(login, "inny@poczta.example").code == "login_taken"
    frozen_clock.advance(days=89, hours=23)
    assert customer.register(login, "inny@poczta.example").code == "login_taken"
    frozen_clock.advance(hours=1)
    assert customer.register(login, "inny@poczta.example").status == 201


def test_another_customer_cannot_change_to_a_reserved_login(customer: Customer) -> None:
    settled()
    delete(logged_in())
    settled("zofia", "zofia@poczta.example")
    answer = logged_in("zofia").patch("/v1/account", login="jan", current_password=PASSWORD)
    assert answer.code == "login_taken"


def test_the_reservation_does_not_tell_the_login(customer: Customer) -> None:
    settled("jan.kowalski")
    delete(logged_in("jan.kowalski"))
    [reservation] = cloud.items("CREDENTIALS_TABLE")
    assert "kowalski" not in str(reservation)
    assert set(reservation) == {"login_key", "expires_at"}


def test_the_address_is_free_for_a_new_account(customer: Customer) -> None:
    settled()
    delete(logged_in())
    assert customer.register("nowy", JAN).status == 201


def test_the_account_is_marked_for_erasure(customer: Customer) -> None:
    account = settled()
    delete(logged_in())
    stored = as_stored(account)
    assert stored.erase_at == clock.now().replace(microsecond=0) + timedelta(days=30)
    assert stored.erase_shard in deletion.ERASE_SHARDS
    assert stored.expires_at is None


def test_the_former_address_of_an_imported_customer_recovers_nothing(customer: Customer) -> None:
    account = settled()
    storage.write(
        storage.put(AddressRow("dawny@poczta.example", account.account_id)),
        storage.update(account, Account.former_email.set("dawny@poczta.example")),
    )
    delete(logged_in())
    assert cloud.items("ADDRESSES_TABLE") == []


def test_the_sip_account_ends_with_it(customer: Customer) -> None:
    account = settled()
    row = SipAccount("600000001", account_id=account.account_id, ha1_md5="a" * 32, ha1_sha256="b" * 64)
    storage.write(storage.put(row), storage.update(account, Account.sip_number.set("600000001")))
    delete(logged_in())
    [stored] = cloud.items("SIP_ACCOUNTS_TABLE")
    assert "ha1_md5" not in stored
    assert "ha1_sha256" not in stored


def test_the_operator_deletes_a_locked_account_too(aws_in_memory: None) -> None:
    account = settled(status=Status.LOCKED)
    deletion.delete_account(account.account_id)
    assert as_stored(account).status == Status.DELETED


def test_a_second_deletion_finds_no_account(aws_in_memory: None) -> None:
    account = settled()
    deletion.delete_account(account.account_id)
    with pytest.raises(AccountNotFound):
        deletion.delete_account(account.account_id)


def test_an_account_that_changed_meanwhile_is_deleted_as_it_is_then(aws_in_memory: None) -> None:
    account = settled()
    jan = logged_in()
    moved = False

    def change_the_login_first(call: cloud.Call) -> None:
        nonlocal moved
        if call.operation == "TransactWriteItems" and not moved:
            moved = True
            jan.patch("/v1/account", login="janek", current_password=PASSWORD)

    with cloud.before_calls(change_the_login_first):
        deletion.delete_account(account.account_id)
    assert moved
    assert as_stored(account).status == Status.DELETED
    assert Customer().log_in("janek").code == "invalid_credentials"
    assert {"login_key", "expires_at"} == set().union(*map(set, cloud.items("CREDENTIALS_TABLE")))
