"""I1: whatever call fails or is the last of a process, every message is in the log once, and mailed.

Twice only if the crash fell between SES's acceptance and the final transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from itertools import chain

import pytest

from chalicelib import storage
from chalicelib.accounts import log_in, profile, recovery, registration, sessions, throttle
from chalicelib.errors import LinkExpired
from chalicelib.notifications import log, outbox
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import AddressRow
from chalicelib.settings import settings
from tests.unit import cloud
from tests.unit.accounts.people import NEW_PASSWORD, settled
from tests.unit.clients import PASSWORD, tokens_in
from tests.unit.conftest import FrozenClock
from tests.unit.crashes import Crash, CrashPoint, Works, points

Accounts = Sequence[str]


@dataclass(frozen=True)
class Expected:
    """What a story ends with: which mails, in the logs of which accounts, and what their links do."""

    mails: Mapping[tuple[str, Kind], Accounts] = field(default_factory=dict)
    links_work: Callable[[Mapping[str, EmailMessage]], None] = lambda _: None


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


def unknown(name: str) -> Expected:
    _ask(name)
    return Expected()


def flooded(name: str) -> Expected:
    settled(name, f"{name}@poczta.example")
    for _ in range(settings().mails_per_recipient_per_hour):
        storage.write(throttle.mail_to(f"{name}@poczta.example"))
    _ask(name)
    return Expected()


# Each with the kinds of messages that it puts into the outbox.
STORIES: Mapping[Callable[[str], Expected], set[Kind]] = {
    registered: {Kind.CONFIRM_EMAIL},
    changed: {Kind.LOGIN_CHANGED, Kind.PASSWORD_CHANGED},
    forgotten: {Kind.RESET_REQUESTED, Kind.PASSWORD_RESET},
    unknown: {Kind.RESET_REQUESTED},
    flooded: {Kind.RESET_REQUESTED},
}


def test_there_is_a_story_of_every_kind_of_message() -> None:
    assert set(chain.from_iterable(STORIES.values())) == set(Kind)


@pytest.mark.parametrize("crash", Crash)
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
        with cloud.around_calls(point):
            Works(frozen_clock).run()
        assert cloud.items("OUTBOX_TABLE") == [], point
        for (address, kind), account_ids in expected.mails.items():
            for account_id in account_ids:
                assert is_in_the_log_once(account_id, kind, address), point
                entries += 1
        mails = cloud.sent_mails(after=mailed)
        mailed += len(mails)
        assert len(mails) == len(expected.mails) + mails_too_many(point), point
        last = {mail["To"]: mail for mail in mails}
        assert last.keys() == {address for address, _ in expected.mails}, point
        expected.links_work(last)
    assert len(cloud.items("NOTIFICATIONS_TABLE")) == entries
    assert point.number > 2
    print(f"{story.__name__}, {crash}: {point.number - 1} crash points")  # noqa: T201 - for whoever runs with -rP


def mails_too_many(point: CrashPoint) -> int:
    """One, if the crash fell between SES's acceptance and the final transaction."""
    if point.call is None:
        return 0
    if point.call.operation == "SendEmail":
        return int(point.crash is not Crash.REFUSED)
    return int("notifications_table" in point.call.tables and point.crash is Crash.REFUSED)


def is_in_the_log_once(account_id: str, kind: Kind, address: str) -> bool:
    """Whether a mail is in the log, and the address that it went to knows about the account's last one."""
    entries = log.of_account(account_id, limit=9)
    row = storage.get(AddressRow, address, account_id)
    newest = max(entry.sent_at for entry in entries)
    found = [entry for entry in entries if (entry.kind, entry.recipient) == (kind, address)]
    return len(found) == 1 and row is not None and row.last_notified_at == newest
