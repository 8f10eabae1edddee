"""Importing customers: once however often it is done, each row by itself, all of it or nothing of it."""

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from ulid import ULID

from chalicelib import storage
from chalicelib.accounts.models import Account, Credential, SipAccount, Status
from chalicelib.balances.models import Balance
from chalicelib.errors import Unavailable
from chalicelib.notifications.models import AddressRow
from chalicelib.support.import_rules import ImportRow
from chalicelib.support.importing import MOST_ROWS, import_rows
from tests.unit import cloud
from tests.unit.accounts.people import as_stored, change, logged_in, settled
from tests.unit.clients import PASSWORD, Customer, PostOffice, text_of, tokens_in
from tests.unit.conftest import Asked, FrozenClock
from tests.unit.crashes import EVERY_CRASH, Crash, Killed, points
from tests.unit.support.arrivals import BCRYPT, imported, refusal_of, row, stored

THROTTLED = {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "Too fast."}
STARY = "jan.stary@poczta.example"


@pytest.fixture(autouse=True)
def _aws(aws_in_memory: None) -> None:
    """Every test here has tables."""


def results(*rows: ImportRow) -> list[str]:
    return [str(each.result) for each in import_rows(rows)]


# What comes of a row.


def test_a_customer_comes_with_everything(frozen_clock: FrozenClock) -> None:
    full = row(
        "Jan",
        last_notified_email=STARY,
        status="blocked",
        sip_number="600123456",
        balance="12.50",
        threshold="5.00",
        language="en",
        password_hash=BCRYPT,
    )
    [outcome] = imported(full)
    account_id = str(outcome.account_id)
    now = frozen_clock()
    account = as_stored(Account(account_id))
    assert (account.login, account.email, account.former_email) == ("Jan", "jan@poczta.example", STARY)
    assert (account.status, account.language, account.sip_number) == ("blocked", "en", "600123456")
    assert account.email_confirmed_at == account.created_at == now
    assert account.expires_at is None
    credential, sip, balance = storage.get_many(
        Credential("jan"), SipAccount("600123456"), Balance(account_id)
    )
    assert (credential.account_id, credential.password_hash) == (account_id, BCRYPT)
    assert credential.password_version == account.password_version == 1
    assert (sip.account_id, sip.ha1_md5, sip.awaited_message) == (account_id, None, None)
    assert (balance.balance, balance.as_of, balance.threshold) == (1250, now, 500)
    rows = storage.get_many(AddressRow("jan@poczta.example", account_id), AddressRow(STARY, account_id))
    assert [(each.last_notified_at, each.expires_at) for each in rows] == [(None, None)] * 2
    assert cloud.items("OUTBOX_TABLE") == []


def test_a_customer_comes_with_little() -> None:
    [outcome] = imported(row())
    account = as_stored(Account(str(outcome.account_id)))
    assert (account.status, account.language) == ("active", "pl")
    assert account.former_email is None
    assert [len(stored()[name]) for name in ("ADDRESSES", "SIP_ACCOUNTS", "BALANCES")] == [1, 0, 0]


def test_a_threshold_may_come_without_a_balance() -> None:
    [outcome] = imported(row(threshold="7.00"))
    balance = storage.get(Balance, str(outcome.account_id))
    assert balance is not None
    assert balance.balance is None
    assert balance.as_of is None
    assert balance.threshold == 700


def test_an_imported_customer_logs_in_with_the_password_of_before() -> None:
    imported(row(password_hash=BCRYPT))
    customer = logged_in("JAN")
    assert customer.get("/v1/account").json["status"] == "active"


def test_a_customer_without_a_password_gets_in_by_a_reset(
    post_office: PostOffice, customer: Customer
) -> None:
    imported(row())
    assert customer.log_in("jan", "!").code == "invalid_credentials"
    assert customer.log_in("jan", PASSWORD).code == "invalid_credentials"
    customer.post("/v1/password-resets", identifier="jan")
    [mail] = post_office.mails_to("jan@poczta.example")
    [token] = tokens_in(mail)
    assert customer.post("/v1/password-resets/complete", token=token, password=PASSWORD).status == 204
    assert customer.log_in("jan", PASSWORD).status == 201


# The address that was notified last (R6).


def test_the_last_notified_address_recovers_the_account_until_one_mail_has_gone_to_the_current_one(
    post_office: PostOffice, customer: Customer
) -> None:
    [outcome] = imported(row(last_notified_email=STARY))
    assert customer.post("/v1/password-resets", identifier=STARY).status == 202
    [reminder] = post_office.mails_to(STARY)
    assert "jan" in text_of(reminder)
    [token] = tokens_in(reminder)
    # Resetting by it is told to the current address, and that is what retires the former one.
    assert customer.post("/v1/password-resets/complete", token=token, password=PASSWORD).status == 204
    assert storage.get(AddressRow, STARY, str(outcome.account_id)) is not None
    assert len(post_office.mails_to("jan@poczta.example")) == 1
    assert storage.get(AddressRow, STARY, str(outcome.account_id)) is None
    assert as_stored(Account(str(outcome.account_id))).former_email is None
    assert customer.post("/v1/password-resets", identifier=STARY).code == "user_not_found"
    assert customer.post("/v1/password-resets", identifier="jan@poczta.example").status == 202


def test_a_mail_to_the_former_address_retires_nothing(post_office: PostOffice, customer: Customer) -> None:
    [outcome] = imported(row(last_notified_email=STARY))
    customer.post("/v1/password-resets", identifier=STARY)
    assert len(post_office.mails_to(STARY)) == 1
    row_of_former = storage.get(AddressRow, STARY, str(outcome.account_id))
    assert row_of_former is not None
    assert row_of_former.last_notified_at is not None
    assert as_stored(Account(str(outcome.account_id))).former_email == STARY


# Again.


def test_a_repeat_changes_nothing(frozen_clock: FrozenClock) -> None:
    rows = [
        row("jan", sip_number="600123456", balance="12.50", password_hash=BCRYPT),
        row("zofia", "zofia@poczta.example", last_notified_email=STARY),
    ]
    first = imported(*rows)
    before = stored()
    frozen_clock.advance(days=1)
    again = import_rows(rows)
    assert [each.result for each in again] == ["unchanged"] * 2
    assert [each.account_id for each in again] == [each.account_id for each in first]
    assert stored() == before


def test_a_customer_who_has_changed_everything_since_is_recognised() -> None:
    [outcome] = imported(row(password_hash=BCRYPT))
    jan = logged_in()
    assert change(jan, login="janek", password="Czerwony-Tramwaj-8").status == 200
    somebody = settled("jan", "inny.jan@poczta.example")
    before = stored()
    [again] = import_rows([row(password_hash=BCRYPT)])
    assert (again.result, again.account_id) == ("unchanged", outcome.account_id)
    assert stored() == before
    assert as_stored(somebody).login == "jan"


def test_a_newer_export_of_the_same_customers_leaves_them_as_they_are() -> None:
    imported(row(balance="12.50", password_hash=BCRYPT))
    before = stored()
    assert results(row(balance="3.00", status="blocked", language="en")) == ["unchanged"]
    assert stored() == before


def test_a_deleted_customer_is_not_brought_back() -> None:
    [outcome] = imported(row(password_hash=BCRYPT))
    jan = logged_in()
    assert jan.request("DELETE", "/v1/account", {"current_password": PASSWORD}).status == 204
    before = stored()
    assert results(row(password_hash=BCRYPT)) == ["unchanged"]
    assert stored() == before
    assert as_stored(Account(str(outcome.account_id))).status == Status.DELETED


@pytest.mark.parametrize("second", [row("JAN"), row("jan", "jan2@poczta.example")])
def test_another_customer_whose_login_looks_the_same_is_refused(second: ImportRow) -> None:
    imported(row("jan"))
    before = stored()
    assert refusal_of(second) == ("login_taken", {"login": "of_another_row"})
    assert stored() == before


def test_twins_in_one_request_are_told_apart() -> None:
    outcomes = import_rows([row("Jan"), row("jan", "inny@poczta.example"), row("Jan")])
    assert [each.result for each in outcomes] == ["imported", "refused", "unchanged"]
    assert outcomes[1].code == "login_taken"


# Refusals that depend on what is there.


def test_a_login_that_somebody_has_is_refused() -> None:
    settled("JAN", "inny.jan@poczta.example")
    before = stored()
    assert refusal_of(row()) == ("login_taken", {})
    assert stored() == before


def test_a_login_whose_registration_ran_out_is_free(frozen_clock: FrozenClock) -> None:
    settled("jan", "inny.jan@poczta.example", confirmed=False)
    assert refusal_of(row()) == ("login_taken", {})
    frozen_clock.advance(days=31)
    imported(row())


def test_a_login_reserved_for_a_deleted_customer_is_refused(frozen_clock: FrozenClock) -> None:
    settled("jan", "inny.jan@poczta.example")
    jan = logged_in()
    assert jan.request("DELETE", "/v1/account", {"current_password": PASSWORD}).status == 204
    assert refusal_of(row()) == ("login_taken", {})
    frozen_clock.advance(days=91)
    imported(row())


def test_a_number_that_somebody_has_is_refused() -> None:
    imported(row("zofia", "zofia@poczta.example", sip_number="600123456"))
    before = stored()
    assert refusal_of(row(sip_number="600123456")) == ("number_taken", {"sip_number": "taken"})
    assert stored() == before


def test_the_number_of_a_deleted_customer_is_free_after_a_while(frozen_clock: FrozenClock) -> None:
    imported(row("zofia", "zofia@poczta.example", sip_number="600123456", password_hash=BCRYPT))
    zofia = logged_in("zofia")
    assert zofia.request("DELETE", "/v1/account", {"current_password": PASSWORD}).status == 204
    assert refusal_of(row(sip_number="600123456")) == ("number_taken", {"sip_number": "taken"})
    frozen_clock.advance(days=91)
    imported(row(sip_number="600123456"))
    sip = storage.get(SipAccount, "600123456")
    assert sip is not None
    assert sip.expires_at is None


@pytest.mark.parametrize("column", ["email", "last_notified_email"])
def test_an_address_has_at_most_ten_accounts(column: str) -> None:
    family = "rodzina@poczta.example"
    imported(*(row(f"dziecko-{number}", family) for number in range(9)))
    values = {"login": "jan", "email": "jan@poczta.example"} | {column: family}
    imported(ImportRow(**values))
    before = stored()
    values |= {"login": "zofia"}
    assert refusal_of(ImportRow(**values)) == ("address_full", {column: "full"})
    assert stored() == before
    assert results(row("dziecko-3", family)) == ["unchanged"]


def test_a_refused_row_stops_no_other() -> None:
    settled("zofia", "inna.zofia@poczta.example")
    outcomes = import_rows(
        [row("jan"), row("x"), row("zofia"), row("ewa", "ewa@poczta.example"), row("", "", status="")]
    )
    assert [each.result for each in outcomes] == ["imported", "refused", "refused", "imported", "refused"]
    assert [each.code for each in outcomes] == [None, "invalid_row", "login_taken", None, "invalid_row"]


def test_no_rows_are_no_trouble(asked: Asked) -> None:
    assert asked(lambda: import_rows([])) == []


# Looking first.


def test_a_dry_run_writes_nothing_and_foretells_what_an_import_does() -> None:
    settled("zofia", "inna.zofia@poczta.example")
    imported(row("ewa", "ewa@poczta.example", sip_number="600123456"))
    rows = [
        row("jan", last_notified_email=STARY, sip_number="600123457", balance="1.00"),
        row("ewa", "ewa@poczta.example"),
        row("EWA", "ewa@poczta.example"),
        row("zofia", "zofia@poczta.example"),
        row("adam", "adam@poczta.example", sip_number="600123456"),
        row("x"),
    ]
    before = stored()
    foretold = import_rows(rows, dry_run=True)
    assert stored() == before
    assert [each.code for each in foretold] == [
        None,
        None,
        "login_taken",
        "login_taken",
        "number_taken",
        "invalid_row",
    ]
    assert import_rows(rows) == foretold
    assert stored() != before


# What it costs, and what becomes of it when AWS fails.

BATCH_READ = "BatchGetItem accounts_table"
NEW = [
    "Query addresses_table",
    "TransactWriteItems accounts_table credentials_table credentials_table addresses_table",
]


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_hundred_new_customers_cost_two_calls_each_and_one(asked: Asked, dry_run: bool) -> None:
    rows = [row(f"klient-{number}", f"klient-{number}@poczta.example") for number in range(MOST_ROWS)]
    calls = asked(lambda: import_rows(rows, dry_run=dry_run))
    assert len(calls) == 1 + 2 * MOST_ROWS
    if not dry_run:
        assert calls == [BATCH_READ, *NEW * MOST_ROWS]


def test_a_former_address_costs_one_call_more(asked: Asked) -> None:
    calls = asked(lambda: import_rows([row(last_notified_email=STARY, sip_number="600123456")]))
    assert calls == [
        BATCH_READ,
        "Query addresses_table",
        "Query addresses_table",
        "TransactWriteItems accounts_table credentials_table credentials_table sip_accounts_table "
        "addresses_table addresses_table",
    ]


def test_a_hundred_customers_who_are_there_already_cost_one_call(asked: Asked) -> None:
    rows = [row(f"klient-{number}", f"klient-{number}@poczta.example") for number in range(MOST_ROWS)]
    imported(*rows)
    assert asked(lambda: import_rows(rows)) == [BATCH_READ]
    assert asked(lambda: import_rows([row("x")] * MOST_ROWS)) == []


def test_an_import_that_the_database_breaks_off_goes_on_when_it_is_repeated() -> None:
    rows = [row(f"klient-{number}", f"klient-{number}@poczta.example") for number in range(5)]
    transactions = 0

    def third_fails(operation: str) -> dict[str, str] | None:
        nonlocal transactions
        transactions += operation == "TransactWriteItems"
        return THROTTLED if transactions >= 3 else None

    with cloud.faults(third_fails), pytest.raises(Unavailable):
        import_rows(rows)
    assert len(cloud.items("ACCOUNTS_TABLE")) == 2
    assert results(*rows) == ["unchanged"] * 2 + ["imported"] * 3
    assert results(*rows) == ["unchanged"] * 5


@pytest.mark.usefixtures("sleep_moves_the_clock")
def test_a_row_whose_answer_was_lost_is_imported_once() -> None:
    lost = 0

    def lose_the_first(call: cloud.Call, pass_on: Callable[[], object]) -> object:
        nonlocal lost
        answer = pass_on()
        if call.operation == "TransactWriteItems" and not lost:
            lost += 1
            raise ConnectionClosedError(endpoint_url="https://dynamodb")
        return answer

    with cloud.around_calls(lose_the_first):
        [outcome] = import_rows([row()])
    assert outcome.result in ("imported", "unchanged")
    assert results(row()) == ["unchanged"]
    assert len(cloud.items("ACCOUNTS_TABLE")) == 1


@pytest.mark.usefixtures("quick_tables", "sleep_moves_the_clock")
@pytest.mark.parametrize("crash", EVERY_CRASH)
def test_an_import_may_end_at_any_call_and_be_repeated(crash: Crash) -> None:
    for point in points(crash):
        name = f"{crash}-{point.number}".replace("_", "-")
        rows = [
            row(f"{name}-{each}", f"{name}-{each}@poczta.example", sip_number=f"6{each}{point.number:05}")
            for each in range(2)
        ]
        point.runs("import_rows")
        with cloud.around_calls(point), contextlib.suppress(Killed, ClientError, Unavailable):
            import_rows(rows)
        again = import_rows(rows)
        assert {each.result for each in again} <= {"imported", "unchanged"}, point
        for each, outcome in zip(rows, again, strict=True):
            account = as_stored(Account(str(outcome.account_id)))
            credential, sip = storage.get_many(Credential(each.login), SipAccount(str(each.sip_number)))
            assert account.login == each.login
            assert credential.account_id == sip.account_id == account.account_id
            assert storage.get(AddressRow, each.email, account.account_id)


@pytest.mark.slow
def test_two_imports_of_one_file_at_once_bring_each_customer_once(quick_tables: None) -> None:
    rows = [
        row(f"klient-{number}", f"klient-{number}@poczta.example", sip_number=str(600_000_000 + number))
        for number in range(40)
    ]
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: import_rows(rows), range(4)))
    for outcomes in zip(*runs, strict=True):
        assert {each.account_id for each in outcomes} == {outcomes[0].account_id}
        assert sorted(each.result for each in outcomes) == ["imported", *["unchanged"] * 3]
    assert {name: len(items) for name, items in stored().items()} == {
        "ACCOUNTS": 40,
        "CREDENTIALS": 40,
        "ADDRESSES": 40,
        "SIP_ACCOUNTS": 40,
        "BALANCES": 0,
        "OUTBOX": 0,
        "NOTIFICATIONS": 0,
    }


def test_ids_look_like_any_others_and_say_nothing_of_the_login() -> None:
    outcomes = imported(row("jan"), row("zofia", "zofia@poczta.example"))
    ids = [str(each.account_id) for each in outcomes]
    assert all(ULID.from_str(each) for each in ids)
    assert len(set(ids)) == 2
