"""Erasing what is left of deleted accounts when their time has come (R13).

Everything personal goes. The log of notifications stays for as long as it is kept, with a pseudonym in
the place of each recipient: it still tells that a mail was sent and what became of it, and, of an address
that somebody names, whether it was the recipient's.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from chalicelib import clock, metrics, storage
from chalicelib.accounts.deletion import ERASE_SHARDS
from chalicelib.accounts.models import Account, Status
from chalicelib.balances.models import Balance
from chalicelib.notifications import addresses, log, outbox
from chalicelib.notifications.models import Notification, OutboxMessage
from chalicelib.pseudonyms import is_pseudonym, pseudonym
from chalicelib.support.models import Ticket

_PAGE_ENTRIES = 200

_logger = logging.getLogger(__name__)

TimeLeft = Callable[[], bool]


@dataclass(frozen=True)
class Erased:
    """What a run did: accounts erased, and accounts that were due and are left for the next run."""

    accounts: int = 0
    left: int = 0


class _OutOfTime(Exception):
    """The run ends; the next one goes on where this one was."""


class _AtWork(Exception):
    """A mail about the account is being sent right now: its log entry is still to come."""


def erase(time_left: TimeLeft) -> Erased:
    """Erase, and count what was done."""
    erased = erase_accounts(time_left)
    metrics.count("Erased", erased.accounts)
    metrics.count("ErasuresLeft", erased.left)
    _logger.info("%s", erased)
    return erased


def erase_accounts(time_left: TimeLeft) -> Erased:
    """Erase every deleted account whose time has come.

    The account itself goes last, so that the next run finds what a run did not finish; every step may be
    done twice, and by two runs at once. Ends after the item at hand when `time_left` says so. Raises
    Unavailable.
    """
    accounts = left = 0
    for shard in ERASE_SHARDS:
        for due in storage.query_index(Account, Account.to_erase, shard, up_to=clock.now()):
            try:
                accounts += _erase(due.account_id, time_left)
            except _AtWork:
                left += 1
            except _OutOfTime:
                return Erased(accounts, left + 1)
    return Erased(accounts, left)


def _erase(account_id: str, time_left: TimeLeft) -> bool:
    """Erase one account; False if it is not there to be erased, since the index is late by a moment."""
    if not time_left():
        raise _OutOfTime
    account = storage.get(Account, account_id)
    if account is None or not _is_due(account):
        return False
    _drop_waiting(account_id)
    _forget_recipients(account_id, time_left)
    _erase_tickets(account, time_left)
    try:
        storage.write(
            storage.delete(account, when=Account.status == Status.DELETED),
            storage.delete(Balance(account_id)),
        )
    except storage.ConditionFailed:
        return False  # another run was quicker
    return True


def _is_due(account: Account) -> bool:
    return (
        account.status == Status.DELETED and account.erase_at is not None and account.erase_at <= clock.now()
    )


def _drop_waiting(account_id: str) -> None:
    # First of all: what is delivered makes a log entry with the recipient's address.
    for message in storage.query_index(OutboxMessage, OutboxMessage.of_account, account_id):
        match outbox.discard(message):
            case outbox.Discarded.CLAIMED:
                raise _AtWork
            case outbox.Discarded.DONE:
                metrics.count("Mails", Kind=message.kind, Outcome="skipped", Reason="account_erased")


def _forget_recipients(account_id: str, time_left: TimeLeft) -> None:
    before = None
    while True:
        page = log.of_account(account_id, limit=_PAGE_ENTRIES, before=before)
        for entry in page:
            if not is_pseudonym(entry.recipient):
                if not time_left():
                    raise _OutOfTime
                _forget_recipient(entry)
        if len(page) < _PAGE_ENTRIES:
            return
        before = page[-1].notification_id


def _forget_recipient(entry: Notification) -> None:
    forgotten = pseudonym("address", addresses.fold(entry.recipient))
    try:
        storage.write(
            storage.update(
                entry,
                Notification.recipient.set(forgotten),
                when=Notification.recipient == entry.recipient,
            )
        )
    except storage.ConditionFailed:
        return  # another run was quicker, or the log has let go of the entry


def _erase_tickets(account: Account, time_left: TimeLeft) -> None:
    """The tickets of the account's address, unless it is another customer's, too.

    A ticket that came after the deletion may be about it: it stays for as long as tickets are kept.
    """
    if account.email_confirmed_at is None or account.deleted_at is None or addresses.rows_of(account.email):
        return
    for ticket in storage.query_index(Ticket, Ticket.of_contact, addresses.fold(account.email)):
        if ticket.created_at < account.deleted_at:
            if not time_left():
                raise _OutOfTime
            storage.write(storage.delete(ticket))
