"""What changing, correcting and deleting may cost: AWS calls on the warm path (design, section 3)."""

from tests.unit import cloud
from tests.unit.accounts.people import (
    JAN,
    NEW_ADDRESS,
    change,
    delete,
    logged_in,
    new_address_link,
    settled,
    undo_link,
)
from tests.unit.clients import PASSWORD, Customer, PostOffice
from tests.unit.conftest import Asked

READ = "GetItem accounts_table"
READ_WITH_BALANCE = "BatchGetItem accounts_table balances_table"
CHECK_LOG_IN = ["BatchGetItem credentials_table throttles_table", "UpdateItem throttles_table"]
CHECK_PASSWORD = ["UpdateItem throttles_table", "GetItem credentials_table"]


def transaction(*tables: str) -> str:
    return " ".join(["TransactWriteItems", *(f"{table}_table" for table in tables)])


def test_asking_for_another_address_costs_4_calls(asked: Asked) -> None:
    settled()
    jan = logged_in()
    assert asked(lambda: change(jan, email=NEW_ADDRESS)) == [
        READ_WITH_BALANCE,
        *CHECK_PASSWORD,
        transaction("accounts", "outbox", "outbox", "throttles"),
    ]


def test_confirming_another_address_costs_4_calls(asked: Asked) -> None:
    link = new_address_link(settled())
    assert asked(lambda: Customer().post("/v1/account/email/confirm", token=link)) == [
        "GetItem tokens_table",
        READ,
        "Query addresses_table",
        transaction("tokens", "accounts", "addresses", "addresses", "outbox", "outbox"),
    ]


def test_undoing_costs_3_calls(asked: Asked) -> None:
    link = undo_link(settled())
    assert asked(lambda: Customer().post("/v1/account/email/undo", token=link)) == [
        "GetItem tokens_table",
        READ,
        transaction("tokens", "accounts", "credentials", "addresses", "outbox"),
    ]


def test_a_new_link_costs_4_calls(asked: Asked) -> None:
    settled(confirmed=False)
    typed = {"login": "jan", "password": PASSWORD}
    assert asked(lambda: Customer().post("/v1/accounts/confirmation", **typed)) == [
        *CHECK_LOG_IN,
        READ,
        transaction("throttles", "outbox"),
    ]


def test_correcting_an_address_costs_5_calls(asked: Asked) -> None:
    settled(confirmed=False)
    typed = {"login": "jan", "password": PASSWORD, "email": NEW_ADDRESS}
    assert asked(lambda: Customer().post("/v1/accounts/confirmation", **typed)) == [
        *CHECK_LOG_IN,
        READ,
        "Query addresses_table",
        transaction("accounts", "addresses", "addresses", "outbox", "throttles"),
    ]


def test_deleting_costs_5_calls(asked: Asked) -> None:
    settled()
    jan = logged_in()
    assert asked(lambda: delete(jan)) == [
        READ,
        *CHECK_PASSWORD,
        READ,
        transaction("accounts", "credentials", "credentials", "addresses", "outbox"),
    ]


def test_mail_to_an_address_that_recovers_nothing_costs_no_refused_write(
    wire: cloud.Wire, post_office: PostOffice
) -> None:
    settled()
    change(logged_in(), email=NEW_ADDRESS)
    post_office.relay_all()
    wire.clear()
    post_office.deliver_queued()
    assert len(post_office.mails_to(NEW_ADDRESS)) == len(post_office.mails_to(JAN)) == 1
    assert wire.counted() == {
        "UpdateItem": 2,
        "GetItem": 2,
        "PutItem": 2,
        "SendEmail": 2,
        "TransactWriteItems": 2,
    }
