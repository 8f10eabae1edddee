"""GET /v1/account/export: everything held about a customer, and no secret; no attribute is forgotten."""

import importlib
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chalicelib import clock, storage
from chalicelib.accounts import models as accounts
from chalicelib.accounts.logins import ReservedLogin
from chalicelib.accounts.models import Account, Status
from chalicelib.balances.models import Balance
from chalicelib.notifications import outbox
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import AddressRow, Notification, OutboxMessage
from chalicelib.support import export
from chalicelib.support.export import NotificationFacts, TicketFacts, WaitingFacts
from chalicelib.support.models import Ticket
from chalicelib.support.tickets import MESSAGE_MAX_CHARACTERS
from tests.unit import cloud
from tests.unit.accounts.people import JAN, ZOFIA, bounced, confirm_link, logged_in, settled
from tests.unit.clients import Customer
from tests.unit.conftest import FrozenClock
from tests.unit.support.leavers import ticket_of, told

PACKAGE = Path(export.__file__).parents[1]
# What Lambda takes as an answer: 6 MB, of which the envelope is the gateway's.
LARGEST_ANSWER_BYTES = 6 * 1024 * 1024

# Every attribute of every table: what of it a customer gets, and why not the rest.
EXPORTED: Mapping[type[storage.Table], set[str]] = {
    Account: {
        "account_id", "login", "email", "email_confirmed_at", "pending_email", "former_email",
        "address_unreachable", "language", "status", "sip_number", "password_changed_at", "sessions",
        "networks", "created_at", "expires_at",
    },
    Notification: {
        "notification_id", "kind", "recipient", "language", "status", "sent_at", "ses_message_id", "reason",
    },
    OutboxMessage: {"kind", "recipient", "language", "parameters", "created_at"},
    AddressRow: {"address", "last_notified_at", "unreachable"},
    Balance: {
        "balance", "as_of", "history", "threshold", "notices", "settled", "skipped", "low_told_at",
        "exhausted_told_at",
    },
    Ticket: {
        "ticket_id", "contact_email", "login", "message", "language", "state", "created_at", "expires_at",
    },
}  # fmt: skip
WITHHELD: Mapping[type[storage.Table], dict[str, str]] = {
    Account: {
        "pending_change": "names a change of address, as its links do",
        "confirmed_change": "names a change of address, as its links do",
        "status_before_lock": "who is locked cannot ask",
        "password_version": "counts changes",
        "failures_forgiven": "counts attempts",
        "deleted_at": "who is deleted cannot ask",
        "erase_shard": "who is deleted cannot ask",
        "erase_at": "who is deleted cannot ask",
        "imported_as": "a hash that tells which import made the account",
    },
    accounts.Credential: {
        "login_key": "the account's login, folded",
        "account_id": "is in the account",
        "password_hash": "secret",
        "password_version": "counts changes",
        "expires_at": "is in the account",
    },
    ReservedLogin: dict.fromkeys(("login_key", "expires_at"), "a pseudonym of who is deleted"),
    accounts.SipAccount: {
        "sip_number": "is in the account",
        "account_id": "is in the account",
        "realm": "the operator's",
        "ha1_md5": "secret",
        "ha1_sha256": "secret",
        "awaited_message": "names a message",
        "expires_at": "who is deleted cannot ask",
    },
    accounts.Token: dict.fromkeys(
        (
            "token_hash", "purpose", "account_id", "login", "email", "recipient", "password_version",
            "change", "expires_at",
        ),
        "found by a mailed link only, and for days at most",
    ),
    accounts.Seen: dict.fromkeys(("key", "expires_at"), "a hash that tells nobody's name"),
    accounts.Throttle: dict.fromkeys(
        ("key", "attempts", "last_at", "last_reset_at", "password_version", "expires_at"),
        "a hash that tells nobody's name"
    ),
    Notification: {
        "account_id": "is in the account",
        "account_ids": "other customers at the same address",
        "expires_at": "the operator's setting",
    },
    OutboxMessage: {
        "message_id": "names a message",
        "notification_id": "names a message",
        "account_id": "is in the account",
        **dict.fromkeys(
            (
                "lane", "lease_until", "attempts", "last_error", "next_attempt_at", "shard", "sweeps",
                "park_at", "parked_at",
            ),
            "how delivery goes",
        ),
    },
    AddressRow: {
        "account_id": "is in the account", "expires_at": "is in the account",
        "former": "which of the two addresses it is, the account tells",
    },
    Balance: {
        "account_id": "is in the account",
        "version": "counts changes",
        **dict.fromkeys(("due_level", "due_at", "due_shard"), "how the next notice goes"),
    },
    Ticket: {"contact": "the contact address, folded"},
}  # fmt: skip


def tables() -> list[type[storage.Table]]:
    """Every kind of item that the code stores."""
    for path in PACKAGE.rglob("*.py"):
        name = ".".join(["chalicelib", *path.relative_to(PACKAGE).with_suffix("").parts])
        importlib.import_module(name.removesuffix(".__init__"))
    return list(storage.Table.__subclasses__())


def exported_by(customer: Customer) -> Any:
    answer = customer.get("/v1/account/export")
    assert answer.status == 200, answer.text
    return answer.json


def test_every_table_of_the_template_is_thought_of() -> None:
    assert {each.Meta.table_name for each in tables()} == set(cloud.table_variables().values())


@pytest.mark.parametrize("table", tables(), ids=lambda table: table.__name__)
def test_every_attribute_is_either_exported_or_withheld_for_a_reason(table: type[storage.Table]) -> None:
    exported, withheld = EXPORTED.get(table, set()), WITHHELD.get(table, {})
    assert exported | withheld.keys() == set(table.get_attributes())
    assert not exported & withheld.keys()
    assert all(withheld.values())


@pytest.fixture
def jan(aws_in_memory: None, frozen_clock: FrozenClock) -> Customer:
    """Jan, about whom everything is held that can be, each thing a different one."""
    account = settled("jan", JAN)
    storage.write(
        storage.update(
            account,
            Account.pending_email.set("pending@poczta.example"),
            Account.pending_change.set("the-pending-change"),
            Account.confirmed_change.set("the-confirmed-change"),
            Account.former_email.set("former@poczta.example"),
            Account.sip_number.set("600000001"),
            Account.expires_at.set(clock.now().replace(year=2031)),
        ),
        storage.put(AddressRow("former@poczta.example", account.account_id, last_notified_at=clock.now())),
        storage.put(
            Balance(
                account.account_id,
                balance=-1205,
                as_of=clock.now(),
                history={date(2026, 11, 21): 7, date(2026, 11, 22): -1205},
                threshold=500,
                notices=False,
                settled="exhausted",
                skipped="blocked",
                low_told_at=clock.now().replace(year=2025),
                exhausted_told_at=clock.now().replace(year=2024),
            )
        ),
        storage.put(
            Notification(
                account.account_id, clock.new_id(), kind="a-kind", recipient="logged@poczta.example",
                language="en", status="failed", sent_at=clock.now(), ses_message_id="ses-receipt",
                reason="refused_by_ses", account_ids=[account.account_id, "somebody-else"],
                expires_at=clock.now().replace(year=2033),
            )
        ),
        storage.put(
            outbox.message(
                Kind.NOTICE, account_id=account.account_id, recipient="waiting@poczta.example", language="en",
                parameters={"text": "słowa powiadomienia", "account_ids": ["somebody-else"]},
            )
        ),
        storage.put(
            Ticket(
                ticket_id=clock.new_id(), contact=JAN, contact_email="Jan@Poczta.Example", login="janek",
                message="słowa zgłoszenia", language="en", state="open", created_at=clock.now(),
                expires_at=clock.now().replace(year=2032),
            )
        ),
    )  # fmt: skip
    bounced(account)
    frozen_clock.advance(minutes=1)
    return logged_in("jan", user_agent="Firefox Jana")


def test_a_customer_gets_everything(jan: Customer, frozen_clock: FrozenClock) -> None:
    exported = exported_by(jan)
    assert exported["exported_at"] == "2026-11-22T10:01:00Z"
    account = exported["account"]
    assert account.pop("account_id")
    assert account == {
        "login": "jan",
        "email": JAN,
        "email_confirmed_at": "2026-11-22T10:00:00Z",
        "pending_email": "pending@poczta.example",
        "former_email": "former@poczta.example",
        "address_unreachable": "bounced",
        "language": "pl",
        "status": "active",
        "sip_number": "600000001",
        "password_changed_at": "2026-11-22T10:00:00Z",
        "created_at": "2026-11-22T10:00:00Z",
        "expires_at": "2031-11-22T10:00:00Z",
    }
    assert exported["sessions"] == [
        {
            "created_at": "2026-11-22T10:01:00Z",
            "expires_at": "2026-11-22T22:01:00Z",
            "user_agent": "Firefox Jana",
            "network": "198.51.100.0/24",
            "current": True,
        }
    ]
    assert exported["networks"] == [{"network": "198.51.100.0/24", "last_log_in_at": "2026-11-22T10:01:00Z"}]
    assert exported["addresses"] == [
        {"address": JAN, "last_notified_at": None, "unreachable": "bounced"},
        {
            "address": "former@poczta.example",
            "last_notified_at": "2026-11-22T10:00:00Z",
            "unreachable": None,
        },
    ]
    assert exported["balance"] == {
        "balance": "-12.05",
        "as_of": "2026-11-22T10:00:00Z",
        "history": [
            {"date": "2026-11-21", "balance": "0.07"},
            {"date": "2026-11-22", "balance": "-12.05"},
        ],
        "low_balance_threshold": "5.00",
        "low_balance_notices": False,
        "settled_level": "exhausted",
        "not_told_because": "blocked",
        "low_told_at": "2025-11-22T10:00:00Z",
        "exhausted_told_at": "2024-11-22T10:00:00Z",
    }
    assert exported["left_out"] == []


def test_a_customer_gets_the_log_what_waits_and_the_tickets(jan: Customer) -> None:
    exported = exported_by(jan)
    [entry], [waiting], [ticket] = (
        exported[name] for name in ("notifications", "waiting_messages", "tickets")
    )
    assert entry.pop("notification_id")
    assert entry == {
        "kind": "a-kind",
        "recipient": "logged@poczta.example",
        "language": "en",
        "status": "failed",
        "reason": "refused_by_ses",
        "sent_at": "2026-11-22T10:00:00Z",
        "ses_message_id": "ses-receipt",
    }
    assert waiting == {
        "kind": "notice",
        "recipient": "waiting@poczta.example",
        "language": "en",
        "created_at": "2026-11-22T10:00:00Z",
        "about": {"text": "słowa powiadomienia"},
    }
    assert ticket.pop("ticket_id")
    assert ticket == {
        "contact_email": "Jan@Poczta.Example",
        "login": "janek",
        "message": "słowa zgłoszenia",
        "language": "en",
        "state": "open",
        "created_at": "2026-11-22T10:00:00Z",
        "expires_at": "2032-11-22T10:00:00Z",
    }


def test_nothing_secret_and_nothing_of_others_is_in_it(jan: Customer) -> None:
    confirm_link(settled("ewa", ZOFIA, confirmed=False))
    text = json.dumps(exported_by(jan))
    [account] = (item for item in cloud.items("ACCOUNTS_TABLE") if item["login"]["S"] == "jan")
    session_id = next(iter(account["sessions"]["M"]))
    hashes = [item["password_hash"]["S"] for item in cloud.items("CREDENTIALS_TABLE")]
    hashes += [item["token_hash"]["S"] for item in cloud.items("TOKENS_TABLE")]
    counters = [item["key"]["S"] for item in cloud.items("THROTTLES_TABLE")]
    assert len(hashes) == 3
    assert counters
    secrets = [session_id, *hashes, *counters, "the-pending-change", "the-confirmed-change", "somebody-else"]
    assert [each for each in secrets if each in text] == []
    assert jan.token is not None
    assert jan.token not in text


def test_a_customer_of_whom_little_is_held_gets_that(aws_in_memory: None) -> None:
    settled("jan", JAN, confirmed=False, status=Status.REGISTERED)
    exported = exported_by(logged_in("jan"))
    assert exported["account"]["email_confirmed_at"] is None
    assert exported["balance"] is None
    assert exported["notifications"] == exported["waiting_messages"] == exported["tickets"] == []
    assert [each["address"] for each in exported["addresses"]] == [JAN]


def test_nobody_gets_the_tickets_of_an_address_by_registering_with_it(aws_in_memory: None) -> None:
    zofia = settled("zofia", ZOFIA)
    ticket_of(zofia)
    settled("jan", ZOFIA, confirmed=False)
    assert exported_by(logged_in("jan"))["tickets"] == []
    assert [each["login"] for each in exported_by(logged_in("zofia"))["tickets"]] == ["zofia"]


def test_an_address_that_recovers_the_account_no_more_is_not_in_it(aws_in_memory: None) -> None:
    account = settled("jan", JAN)
    storage.write(storage.delete(AddressRow(JAN, account.account_id)))
    assert exported_by(logged_in("jan"))["addresses"] == []


# How much.


def test_a_list_that_is_cut_says_so(aws_in_memory: None, monkeypatch: pytest.MonkeyPatch) -> None:
    account = settled("jan", JAN)
    lists = ["notifications", "tickets", "waiting_messages"]
    for name in ("MOST_NOTIFICATIONS", "MOST_TICKETS", "MOST_WAITING", "_PAGE_ENTRIES"):
        monkeypatch.setattr(export, name, 2)
    jan = logged_in("jan")
    hold_one_more_of_each(account)
    hold_one_more_of_each(account)
    whole = exported_by(jan)
    assert whole["left_out"] == []
    hold_one_more_of_each(account)
    cut = exported_by(jan)
    assert cut["left_out"] == lists
    assert [len(cut[name]) for name in lists] == [len(whole[name]) for name in lists] == [2, 2, 2]
    assert cut["tickets"] == whole["tickets"]
    assert cut["notifications"][1] in whole["notifications"]
    assert cut["notifications"][0] not in whole["notifications"]


def hold_one_more_of_each(account: Account) -> None:
    """An entry in the log, a message that waits, a ticket; each newer than those before."""
    clock.pause(1)
    now = clock.now()
    entry = Notification(
        account.account_id,
        clock.new_id(),
        kind="password_changed",
        recipient=account.email,
        language="pl",
        status="sent",
        sent_at=now,
        account_ids=[account.account_id],
        expires_at=now,
    )
    ticket = Ticket(
        ticket_id=clock.new_id(), contact=account.email, contact_email=account.email, message="…",
        language="pl", state="open", created_at=now, expires_at=now,
    )  # fmt: skip
    storage.write(storage.put(entry), storage.put(ticket))
    told(account)


@pytest.mark.parametrize("character", ["x", "字", '"', "\x01"])
def test_the_largest_export_fits_into_an_answer_of_lambda(character: str) -> None:
    now = clock.now()
    address = f"{'x' * 64}@{'x' * 185}.pl"
    entry = NotificationFacts(
        "x" * 26, "sip_credentials", address, "pl", "complained", "refused_by_ses", now, "x" * 60
    )
    ticket = TicketFacts(
        "x" * 26, address, "x" * 320, character * MESSAGE_MAX_CHARACTERS, "pl", "open", now, now
    )
    waiting = WaitingFacts("notice", address, "pl", now, {"text": "ż" * 10_000, "subject": "ż" * 200})
    lists = {
        "notifications": [entry] * export.MOST_NOTIFICATIONS,
        "tickets": [ticket] * export.MOST_TICKETS,
        "waiting_messages": [waiting] * export.MOST_WAITING,
    }
    body = msgspec.json.encode(lists).decode()
    answer = json.dumps({"statusCode": 200, "body": body}, ensure_ascii=False).encode()
    assert len(answer) < LARGEST_ANSWER_BYTES - 200_000


def test_an_export_costs_the_session_one_read_and_a_query_of_each_list(
    asked: Any, aws_in_memory: None
) -> None:
    settled("jan", JAN)
    jan = logged_in("jan")
    assert asked(lambda: exported_by(jan)) == [
        "GetItem accounts_table",
        "BatchGetItem addresses_table balances_table",
        "Query notifications_table",
        "Query outbox_table",
        "Query tickets_table",
    ]
