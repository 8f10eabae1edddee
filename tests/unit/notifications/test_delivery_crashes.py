"""I1: whatever call fails or is the last of a process, every message is in the log once, and mailed.

More than once only if the crash fell between SES's acceptance and the final transaction.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from itertools import chain
from typing import Any

import pytest

from chalicelib import storage
from chalicelib.accounts import (
    address_change,
    address_undo,
    deletion,
    log_in,
    profile,
    recovery,
    registration,
    sessions,
    sip,
    throttle,
    tokens,
    verification,
)
from chalicelib.accounts.models import Account, SipAccount, Status
from chalicelib.accounts.tokens import Purpose
from chalicelib.errors import LinkExpired
from chalicelib.notifications import log, outbox
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import AddressRow, OutboxMessage
from chalicelib.settings import settings
from tests.sip_device import Device
from tests.unit import cloud
from tests.unit.accounts.devices import device_of, registers
from tests.unit.accounts.people import NEW_PASSWORD, as_stored, settled
from tests.unit.balances.billing import run, tell
from tests.unit.clients import PASSWORD, tokens_in
from tests.unit.conftest import FrozenClock
from tests.unit.crashes import EVERY_CRASH, Crash, CrashPoint, Fault, Works, points

pytestmark = pytest.mark.slow

Accounts = Sequence[str]


@dataclass(frozen=True)
class Expected:
    """What a story ends with: which mails, in the logs of which accounts, and what else is true then."""

    mails: Mapping[tuple[str, Kind], Accounts] = field(default_factory=dict)
    in_the_end: Callable[[Mapping[str, EmailMessage]], None] = lambda _: None
    notices: Sequence[Mapping[str, Any]] = ()
    """What other systems send."""
    fault: Fault | None = None
    """What is wrong with AWS besides the crash."""
    logged_as: log.Status = log.Status.SENT


def opened(call: Callable[[], object]) -> bool:
    """Whether a link still works."""
    try:
        call()
    except LinkExpired:
        return False
    return True


def registered(name: str) -> Expected:
    account = registration.register(name, f"{name}@poczta.example", PASSWORD, language="pl", network=name)

    def links_work(last: Mapping[str, EmailMessage]) -> None:
        [token] = tokens_in(last[account.email])
        assert opened(lambda: registration.confirm_email(token))
        assert not opened(lambda: registration.confirm_email(token))

    return Expected({(account.email, Kind.CONFIRM_EMAIL): [account.account_id]}, links_work)


def changed(name: str) -> Expected:
    account = settled(name, f"{name}@poczta.example")
    opened_session, _ = log_in.log_in(name, PASSWORD, network=name, user_agent="")
    profile.change(
        sessions.authenticate(opened_session.token),
        profile.Changes(login=f"{name}.nowy", password=NEW_PASSWORD),
        current_password=PASSWORD,
        network=name,
    )
    kinds = (Kind.LOGIN_CHANGED, Kind.PASSWORD_CHANGED)
    return Expected({(account.email, kind): [account.account_id] for kind in kinds})


def another_address_asked_for(name: str) -> Expected:
    account = settled(name, f"{name}@poczta.example")
    new = f"nowy.{account.email}"
    address_change.set_address(account.account_id, new)

    def links_work(last: Mapping[str, EmailMessage]) -> None:
        [to_confirm], [to_undo] = tokens_in(last[new]), tokens_in(last[account.email])
        assert opened(lambda: address_change.confirm_new_email(to_confirm, network=name))
        assert not opened(lambda: address_change.confirm_new_email(to_confirm, network=name))
        assert opened(lambda: address_undo.undo_change(to_undo, network=name))
        assert as_stored(account).email == account.email
        for waiting in cloud.items("OUTBOX_TABLE"):  # about what was done just now: another story
            storage.write(outbox.removal(OutboxMessage.from_raw_data(waiting)))

    mails = {(account.email, Kind.EMAIL_CHANGE_ASKED): [account.account_id]}
    return Expected(mails | {(new, Kind.CONFIRM_NEW_EMAIL): [account.account_id]}, links_work)


def address_changed(name: str) -> Expected:
    account = settled(name, f"{name}@poczta.example")
    new, change = f"nowy.{account.email}", f"change-{name}"
    pending = [Account.pending_email.set(new), Account.pending_change.set(change)]
    link = tokens.mint(
        Purpose.CONFIRM_NEW_EMAIL,
        account,
        recipient=new,
        lifetime=settings().confirm_link_lifetime,
        change=change,
    )
    storage.write(storage.update(account, *pending), storage.put(link.row))
    address_change.confirm_new_email(link.secret, network=name)
    mails = {(account.email, Kind.EMAIL_REPLACED): [account.account_id]}
    return Expected(mails | {(new, Kind.EMAIL_CHANGED): [account.account_id]})


def deleted(name: str) -> Expected:
    account = settled(name, f"{name}@poczta.example")
    deletion.delete_account(account.account_id)
    return Expected({(account.email, Kind.ACCOUNT_DELETED): [account.account_id]})


def forgotten(name: str) -> Expected:
    """What was typed is one customer's address, and the login of another one, whose address changed."""
    typed = f"{name}@poczta.example"
    zofia = settled(f"{name}.zofia", typed)
    jan = settled(typed, f"nowy.{typed}")
    recovery.request_reset(typed, language="pl", network=name)

    def links_work(last: Mapping[str, EmailMessage]) -> None:
        for account in (zofia, jan):
            [token] = tokens_in(last[account.email])
            assert recovery.check_reset(token).login == account.login

    mails = {(account.email, Kind.PASSWORD_RESET): [account.account_id] for account in (zofia, jan)}
    return Expected(mails, links_work)


def _ask(typed: str) -> None:
    parameters = {
        "identifier": typed,
        "network": "198.51.100.0/24",
        "requested_at": "2026-11-22T10:00:00+00:00",
    }
    storage.write(storage.put(outbox.message(Kind.RESET_REQUESTED, language="pl", parameters=parameters)))


def verified(name: str) -> Expected:
    account = settled(name, f"{name}@poczta.example", status=Status.REGISTERED)
    verification.verify_account(account.account_id)

    def telephone_works(last: Mapping[str, EmailMessage]) -> None:
        assert registers(device_of(last[account.email]))

    return Expected({(account.email, Kind.SIP_CREDENTIALS): [account.account_id]}, telephone_works)


def sip_password_replaced(name: str) -> Expected:
    expected = verified(name)
    [waiting] = [OutboxMessage.from_raw_data(item) for item in cloud.items("OUTBOX_TABLE")]
    row = storage.get(SipAccount, waiting.parameters["sip_number"])
    assert row is not None
    old = Device(str(row.sip_number), "former")
    # As the first mail leaves it, and the request for another.
    storage.write(sip.in_force(row, old.password))
    storage.write(storage.update(row, SipAccount.awaited_message.set(waiting.message_id)))
    assert registers(old)

    def only_the_new_password_works(last: Mapping[str, EmailMessage]) -> None:
        expected.in_the_end(last)
        assert not registers(old)

    return replace(expected, in_the_end=only_the_new_password_works)


def unknown(name: str) -> Expected:
    _ask(name)
    return Expected()


def flooded(name: str) -> Expected:
    settled(name, f"{name}@poczta.example")
    for _ in range(settings().mails_per_recipient_per_hour):
        storage.write(throttle.reset_mail_to(f"{name}@poczta.example"))
    _ask(name)
    return Expected()


def _notice(account: Account, kind: Kind, **more: Any) -> Mapping[str, Any]:
    return {"message_id": f"{account.login}-{kind}", "account_id": account.account_id, "kind": kind} | more


def topped_up_and_told(name: str) -> Expected:
    account = settled(name, f"{name}@poczta.example")
    text = {"subject": "Prace serwisowe", "text": "W nocy."}
    kinds = (Kind.TOPPED_UP, Kind.NOTICE)
    return Expected(
        {(account.email, kind): [account.account_id] for kind in kinds},
        notices=[
            _notice(account, Kind.TOPPED_UP, parameters={"amount": "12.50"}),
            _notice(account, Kind.NOTICE, **text),
        ],
    )


def blocked(name: str) -> Expected:
    return _with_status(name, Kind.SERVICES_BLOCKED, Status.BLOCKED)


def ended(name: str) -> Expected:
    return _with_status(name, Kind.CONTRACT_ENDED, Status.DELETED)


def _with_status(name: str, kind: Kind, status: Status) -> Expected:
    account = settled(name, f"{name}@poczta.example")

    def is_so(_: Mapping[str, EmailMessage]) -> None:
        assert as_stored(account).status == status

    return Expected({(account.email, kind): [account.account_id]}, is_so, notices=[_notice(account, kind)])


def _put_change(account: Account) -> None:
    parameters = {"changed_at": "2026-11-22T10:00:00+00:00", "network": "198.51.100.0/24"}
    storage.write(
        storage.put(
            outbox.message(
                Kind.PASSWORD_CHANGED, language="pl", account_id=account.account_id, parameters=parameters
            )
        )
    )


def running_low(name: str) -> Expected:
    account = settled(name, f"{name}@poczta.example")
    tell(account, "4.99")
    run()
    return Expected({(account.email, Kind.LOW_BALANCE): [account.account_id]})


def running_out(name: str) -> Expected:
    """The first mail still waits when the second one is decided: it is of no use any more."""
    account = settled(name, f"{name}@poczta.example")
    for balance in ("4.99", "0.00"):
        tell(account, balance)
        run()
    return Expected({(account.email, Kind.BALANCE_EXHAUSTED): [account.account_id]})


def busy(name: str) -> Expected:
    """SES takes nothing at the first attempt, nor when the client asks again."""
    account = settled(name, f"{name}@poczta.example")
    _put_change(account)
    left = [{"__type": "TooManyRequestsException", "message": "not now"}] * 2

    def not_now(call: cloud.Call) -> Mapping[str, Any] | None:
        return left.pop() if call.operation == "SendEmail" and left else None

    return Expected({(account.email, Kind.PASSWORD_CHANGED): [account.account_id]}, fault=not_now)


def refused_for_good(name: str) -> Expected:
    account = settled(name, f"{name}@poczta.example")
    _put_change(account)

    def rejected(call: cloud.Call) -> Mapping[str, Any] | None:
        refusal = {"__type": "MessageRejected", "message": "a virus"}
        return refusal if call.operation == "SendEmail" else None

    return Expected(
        {(account.email, Kind.PASSWORD_CHANGED): [account.account_id]},
        fault=rejected,
        logged_as=log.Status.FAILED,
    )


def bounced_before(name: str) -> Expected:
    account = settled(name, f"{name}@poczta.example")
    storage.write(storage.update(account, Account.address_unreachable.set("bounced")))
    _put_change(account)
    return Expected()


# Each with the kinds of messages that it puts into the outbox, and how many calls that takes at least.
STORIES: Mapping[Callable[[str], Expected], tuple[set[Kind], int]] = {
    registered: ({Kind.CONFIRM_EMAIL}, 6),
    changed: ({Kind.LOGIN_CHANGED, Kind.PASSWORD_CHANGED}, 9),
    another_address_asked_for: ({Kind.CONFIRM_NEW_EMAIL, Kind.EMAIL_CHANGE_ASKED}, 11),
    address_changed: ({Kind.EMAIL_REPLACED, Kind.EMAIL_CHANGED}, 10),
    deleted: ({Kind.ACCOUNT_DELETED}, 5),
    forgotten: ({Kind.RESET_REQUESTED, Kind.PASSWORD_RESET}, 17),
    verified: ({Kind.SIP_CREDENTIALS}, 5),
    sip_password_replaced: (set(), 5),
    unknown: ({Kind.RESET_REQUESTED}, 5),
    flooded: ({Kind.RESET_REQUESTED}, 7),
    topped_up_and_told: ({Kind.TOPPED_UP, Kind.NOTICE}, 13),
    blocked: ({Kind.SERVICES_BLOCKED}, 7),
    ended: ({Kind.CONTRACT_ENDED}, 7),
    running_low: ({Kind.LOW_BALANCE}, 5),
    running_out: ({Kind.LOW_BALANCE, Kind.BALANCE_EXHAUSTED}, 8),
    busy: (set(), 11),
    refused_for_good: (set(), 5),
    bounced_before: (set(), 4),
}


def test_there_is_a_story_of_every_kind_of_message() -> None:
    told_elsewhere = {Kind.TICKET, Kind.TICKET_RECEIVED}  # tests/unit/support/test_ticket_crashes.py
    told = set(chain.from_iterable(kinds for kinds, _ in STORIES.values()))
    assert told | told_elsewhere == set(Kind)
    assert told.isdisjoint(told_elsewhere)


@pytest.mark.parametrize("crash", EVERY_CRASH)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_crash_at_any_call_loses_and_doubles_no_message(
    story: Callable[[str], Expected],
    crash: Crash,
    aws_in_memory: None,
    quick_tables: None,
    frozen_clock: FrozenClock,
    sleep_moves_the_clock: None,
) -> None:
    entries = mailed = 0
    for point in points(crash):
        expected = story(f"{story.__name__}{point.number}")
        works = Works(frozen_clock, point, fault=expected.fault)
        for notice in expected.notices:
            works.queues.put("notices", json.dumps(notice))
        works.run()
        assert cloud.items("OUTBOX_TABLE") == [], point
        assert works.dead_letters == [], point
        for (address, kind), account_ids in expected.mails.items():
            for account_id in account_ids:
                assert is_in_the_log_once(account_id, kind, address, expected.logged_as), point
                entries += 1
        mails = cloud.sent_mails(after=mailed)
        mailed += len(mails)
        check_number(mails, expected, point)
        expected.in_the_end({mail["To"]: mail for mail in mails})
    assert len(cloud.items("NOTIFICATIONS_TABLE")) == entries
    _, calls = STORIES[story]
    if crash in {Crash.REFUSED, Crash.KILLED_BEFORE}:
        assert point.number - 1 >= calls


def check_number(mails: Sequence[EmailMessage], expected: Expected, point: CrashPoint) -> None:
    """Each mail once, one of them more often only if the crash fell where that cannot be helped."""
    if expected.logged_as is log.Status.FAILED:
        assert list(mails) == [], point
        return
    assert {mail["To"] for mail in mails} == {address for address, _ in expected.mails}, point
    too_many = mails_too_many(point)
    if expected.fault is None:
        assert len(mails) == len(expected.mails) + too_many, point
    else:
        assert len(expected.mails) <= len(mails) <= len(expected.mails) + too_many, point


def mails_too_many(point: CrashPoint) -> int:
    """How often more a mail was sent: only if the crash fell between SES's yes and the final transaction."""
    if point.call is None or point.function != "deliver":
        return 0
    if point.call.operation == "SendEmail":
        return {Crash.ANSWER_LOST: 1, Crash.UNANSWERED: 2, Crash.KILLED: 1}.get(point.crash, 0)
    nothing_logged = point.crash in {Crash.REFUSED, Crash.KILLED_BEFORE}
    return int("notifications_table" in point.call.tables and nothing_logged)


def is_in_the_log_once(account_id: str, kind: Kind, address: str, status: log.Status) -> bool:
    """Whether a mail is in the log once, and the account's address knows about the last one to it.

    An address that is not the account's (yet, or any more) must have got no row by a mail.
    """
    entries = [entry for entry in log.of_account(account_id, limit=9) if entry.recipient == address]
    found = [entry.status for entry in entries if entry.kind == kind]
    row = storage.get(AddressRow, address, account_id)
    account = storage.get(Account, account_id)
    if account is None or account.status == Status.DELETED or account.email != address:
        return found == [status] and row is None
    told = max(entry.sent_at for entry in entries) if status is log.Status.SENT else None
    return found == [status] and row is not None and row.last_notified_at == told
