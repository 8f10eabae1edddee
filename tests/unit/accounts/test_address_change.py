"""Changing the address (R12): a typo locks nobody out, and what is only pending recovers nothing (I5)."""

import pytest

from chalicelib import storage
from chalicelib.accounts.models import Account
from chalicelib.errors import TooManyAttempts
from chalicelib.notifications import addresses
from chalicelib.notifications.models import AddressRow
from tests.unit.accounts.people import (
    JAN,
    NEW_PASSWORD,
    as_stored,
    bounced,
    change,
    is_in,
    kinds_waiting,
    logged_in,
    reset,
    settled,
)
from tests.unit.clients import Customer, PostOffice, text_of, tokens_in
from tests.unit.conftest import FrozenClock

NEW = "jan.nowak@poczta.example"
TYPO = "jan.nowka@poczta.example"


def asked(jan: Customer, email: str = NEW) -> None:
    assert change(jan, email=email).status == 200


def newest_token(post_office: PostOffice, address: str) -> str:
    [token] = tokens_in(post_office.mails_to(address)[-1])
    return token


def confirm(token: str) -> int:
    return Customer().post("/v1/account/email/confirm", token=token).status


def recovers(address: str, account: Account) -> bool:
    return account.account_id in {row.account_id for row in addresses.rows_of(address)}


def changed(post_office: PostOffice) -> Account:
    """Jan, whose address has just been changed to NEW."""
    account = settled()
    asked(logged_in())
    assert confirm(newest_token(post_office, NEW)) == 204
    return as_stored(account)


def test_a_new_address_is_only_pending_until_its_link_is_used(post_office: PostOffice) -> None:
    account = settled()
    jan = logged_in()
    answer = change(jan, email=NEW)
    assert (answer.json["email"], answer.json["pending_email"]) == (JAN, NEW)
    post_office.deliver_all()
    assert recovers(JAN, account)
    assert not recovers(NEW, account)
    assert Customer().post("/v1/password-resets", identifier=NEW).code == "user_not_found"


def test_the_link_puts_the_new_address_in_force_and_the_old_one_recovers_nothing(
    post_office: PostOffice,
) -> None:
    account = changed(post_office)
    assert account.email == NEW
    assert account.pending_email is None
    assert recovers(NEW, account)
    assert not recovers(JAN, account)
    assert Customer().post("/v1/password-resets", identifier=JAN).code == "user_not_found"
    assert Customer().post("/v1/password-resets", identifier=NEW).status == 202


def test_the_session_and_the_password_outlive_the_change(post_office: PostOffice) -> None:
    settled()
    jan = logged_in()
    asked(jan)
    assert confirm(newest_token(post_office, NEW)) == 204
    assert is_in(jan)
    assert Customer().log_in("jan").status == 201


@pytest.mark.parametrize("password", ["Wrong-Password-1", None])
def test_a_stolen_session_cannot_change_the_address(customer: Customer, password: str | None) -> None:
    account = settled()
    thief = logged_in()
    answer = thief.patch("/v1/account", email=NEW, current_password=password)
    assert answer.code == "wrong_password"
    assert as_stored(account).pending_email is None
    assert kinds_waiting() == []


def test_a_typo_changes_nothing_and_another_change_takes_its_place(post_office: PostOffice) -> None:
    account = settled()
    jan = logged_in()
    asked(jan, TYPO)
    mistyped = newest_token(post_office, TYPO)
    asked(jan)
    assert confirm(mistyped) == 410
    assert confirm(newest_token(post_office, NEW)) == 204
    assert as_stored(account).email == NEW


def test_asking_for_the_address_in_force_ends_the_waiting(post_office: PostOffice) -> None:
    account = settled()
    jan = logged_in()
    asked(jan)
    token = newest_token(post_office, NEW)
    assert change(jan, email=JAN).json["pending_email"] is None
    assert confirm(token) == 410
    assert as_stored(account).email == JAN


def test_the_mail_to_the_new_address_holds_nothing_that_anybody_typed(post_office: PostOffice) -> None:
    settled("jan-kowalski")
    asked(logged_in("jan-kowalski"))
    [mail] = post_office.mails_to(NEW)
    assert "jan-kowalski" not in mail.as_string()


def test_the_address_in_force_is_warned_without_telling_the_new_one_whole(post_office: PostOffice) -> None:
    settled()
    asked(logged_in())
    [warning] = post_office.mails_to(JAN)
    assert "j•••@poczta.example" in text_of(warning)
    assert NEW not in text_of(warning)


def test_the_old_address_is_warned_again_once_it_is_replaced_and_the_new_one_is_told(
    post_office: PostOffice,
) -> None:
    changed(post_office)
    assert len(post_office.mails_to(JAN)) == 2
    assert "jan" in text_of(post_office.mails_to(NEW)[-1])


def test_a_login_that_is_the_old_address_stays_and_the_customer_is_told(post_office: PostOffice) -> None:
    account = settled(JAN)
    asked(logged_in(JAN))
    assert confirm(newest_token(post_office, NEW)) == 204
    assert as_stored(account).login == JAN
    assert Customer().log_in(JAN).status == 201
    assert JAN in text_of(post_office.mails_to(NEW)[-1])


def test_a_change_of_case_keeps_the_one_row(post_office: PostOffice) -> None:
    account = settled()
    asked(logged_in(), "Jan@poczta.example")
    assert confirm(newest_token(post_office, "Jan@poczta.example")) == 204
    assert as_stored(account).email == "Jan@poczta.example"
    assert recovers(JAN, account)


def test_a_reset_ends_a_change_that_waits(post_office: PostOffice) -> None:
    account = settled()
    asked(logged_in())
    token = newest_token(post_office, NEW)
    Customer().post("/v1/password-resets", identifier="jan")
    assert reset(Customer(), newest_token(post_office, JAN)).status == 204
    assert as_stored(account).pending_email is None
    assert confirm(token) == 410


def test_a_reset_link_mailed_to_the_old_address_is_dead_after_the_change(post_office: PostOffice) -> None:
    settled()
    asked(logged_in())
    Customer().post("/v1/password-resets", identifier="jan")
    old_link = newest_token(post_office, JAN)
    assert confirm(newest_token(post_office, NEW)) == 204
    assert reset(Customer(), old_link).status == 410


def test_the_link_works_once_and_only_until_it_expires(
    post_office: PostOffice, frozen_clock: FrozenClock
) -> None:
    settled()
    asked(logged_in())
    token = newest_token(post_office, NEW)
    frozen_clock.advance(hours=24, seconds=1)
    assert confirm(token) == 410
    jan = logged_in()
    asked(jan)
    token = newest_token(post_office, NEW)
    assert [confirm(token), confirm(token)] == [204, 410]


def test_a_new_address_is_reachable_whatever_the_old_one_was(post_office: PostOffice) -> None:
    account = settled()
    bounced(account)
    asked(logged_in())
    assert confirm(newest_token(post_office, NEW)) == 204
    assert as_stored(account).address_unreachable is None


def test_an_unconfirmed_address_is_replaced_at_once(post_office: PostOffice) -> None:
    account = settled(confirmed=False)
    answer = change(logged_in(), email=NEW)
    assert (answer.json["email"], answer.json["pending_email"]) == (NEW, None)
    assert not recovers(JAN, account)
    assert Customer().post("/v1/accounts/confirm", token=newest_token(post_office, NEW)).status == 204
    assert as_stored(account).expires_at is None


def test_strangers_cannot_be_flooded_with_confirmations(customer: Customer) -> None:
    settled()
    jan = logged_in()
    answers = [change(jan, email="obcy@poczta.example") for _ in range(6)]
    assert [each.status for each in answers] == [200] * 5 + [429]


def test_an_address_takes_ten_accounts_and_no_more(post_office: PostOffice) -> None:
    for number in range(10):
        settled(f"login-{number}", NEW)
    settled()
    asked(logged_in())
    token = newest_token(post_office, NEW)
    answer = Customer().post("/v1/account/email/confirm", token=token)
    assert answer.code == TooManyAttempts.code


def test_login_password_and_address_change_together_or_not_at_all(post_office: PostOffice) -> None:
    account = settled()
    settled("zofia", "zofia@poczta.example")
    jan = logged_in()
    everything = {"login": "zofia", "email": NEW, "password": NEW_PASSWORD}
    assert change(jan, **everything).code == "login_taken"
    assert as_stored(account).pending_email is None
    assert kinds_waiting() == []
    assert change(jan, **everything | {"login": "janek"}).status == 200
    assert kinds_waiting() == [
        "confirm_new_email",
        "email_change_asked",
        "login_changed",
        "password_changed",
    ]


def test_the_row_of_an_imported_customers_former_address_goes_with_the_change(
    post_office: PostOffice,
) -> None:
    account = settled()
    former = "dawny@poczta.example"
    storage.write(
        storage.put(AddressRow(former, account.account_id)),
        storage.update(account, Account.former_email.set(former)),
    )
    jan = logged_in()
    change(jan, email=NEW)
    [token] = tokens_in(post_office.mails_to(NEW)[-1])
    assert confirm(token) == 204
    assert [recovers(each, account) for each in (former, JAN, NEW)] == [False, False, True]
