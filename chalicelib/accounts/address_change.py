"""Changing the address (R12): the new one counts once its link is opened, the old one can take it back.

Until then the new address is only pending and recovers nothing (I5): a typo locks nobody out. The
address in force is warned, when the change is asked for and when it is made, with a link that undoes
it. An address nobody has confirmed yet is simply replaced by another one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib import clock, storage
from chalicelib.accounts import rules, throttle, tokens
from chalicelib.accounts.attempts import existing, write_about
from chalicelib.accounts.models import Account, Status, not_deleted
from chalicelib.accounts.tokens import Purpose
from chalicelib.errors import LinkExpired, TooManyAccounts
from chalicelib.notifications import addresses, outbox
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import AddressRow, OutboxMessage
from chalicelib.settings import settings


@dataclass(frozen=True)
class Asked:
    """What asking for another address comes to: what becomes of the account, and what is written beside it.

    `email` and `pending_email` are the account's afterwards; `unchanged` is the condition under which
    it is as it was read.
    """

    email: str
    pending_email: str | None
    actions: Sequence[Action]
    beside: Sequence[storage.Write]
    unchanged: Condition


def ask(account: Account, email: str, *, language: str, network: str | None) -> Asked:
    """Ask for another address, for whoever has shown that they may.

    A later change takes the place of an earlier one that still waits; asking for the address in force
    ends the waiting. Raises InvalidEmail here, and TooManyAttempts in the write when the new address
    had as much mail as strangers may cause.
    """
    email = rules.valid_email(email)
    unchanged = Account.email == account.email
    if email == account.email:
        actions = [Account.pending_email.remove(), Account.pending_change.remove()]
        return Asked(email, None, actions, [], unchanged)
    if account.email_confirmed_at is None:
        return _replaced_at_once(account, email, language, unchanged)
    change = clock.new_id()
    mails = _mails_about_request(account, email, change, language, network)
    changes = [Account.pending_email.set(email), Account.pending_change.set(change)]
    beside = [*map(storage.put, mails), throttle.mail_asked_for(email)]
    return Asked(account.email, email, changes, beside, unchanged)


def _replaced_at_once(account: Account, email: str, language: str, unchanged: Condition) -> Asked:
    if addresses.fold(email) != addresses.fold(account.email):
        require_room(addresses.rows_of(email))
    mail = outbox.message(
        Kind.CONFIRM_EMAIL, account_id=account.account_id, recipient=email, language=language
    )
    actions = [Account.email.set(email), Account.address_unreachable.remove()]
    beside = [*_moved_row(account, email), storage.put(mail), throttle.mail_asked_for(email)]
    return Asked(email, None, actions, beside, unchanged & Account.email_confirmed_at.does_not_exist())


def require_room(rows: Sequence[AddressRow]) -> None:
    """Raise TooManyAccounts when an address with these rows has as many as it may."""
    if len(rows) >= settings().accounts_per_address:
        raise TooManyAccounts(timedelta(days=1))


def _moved_row(account: Account, email: str) -> Iterator[storage.Write]:
    old, new = addresses.fold(account.email), addresses.fold(email)
    if old != new:
        yield storage.delete(AddressRow(old, account.account_id))
        yield storage.put(AddressRow(new, account.account_id, expires_at=account.expires_at))


def _mails_about_request(
    account: Account, email: str, change: str, language: str, network: str | None
) -> Iterator[OutboxMessage]:
    yield outbox.message(
        Kind.CONFIRM_NEW_EMAIL,
        account_id=account.account_id,
        recipient=email,
        language=language,
        parameters={"change": change},
    )
    # For a locked account it is staff who ask, and not to be stopped from the old address.
    if account.status != Status.LOCKED:
        yield _warning(Kind.EMAIL_CHANGE_ASKED, account, email, change, language, network)


def _warning(
    kind: Kind, account: Account, email: str, change: str, language: str, network: str | None
) -> OutboxMessage:
    return outbox.message(
        kind,
        account_id=account.account_id,
        recipient=account.email,
        language=language,
        parameters={
            "change": change,
            "new_email": email,
            "changed_at": clock.now().isoformat(timespec="seconds"),
            "network": network,
        },
    )


def set_address(account_id: str, email: str, *, network: str | None = None) -> Account:
    """Ask for another address on behalf of a customer, after a ticket (R11); returns the account.

    For a locked account the address in force is neither warned nor able to undo the change: whoever has
    it may be the reason of the lock. Raises AccountNotFound, InvalidEmail, TooManyAttempts.
    """

    def writes(account: Account) -> list[storage.Write]:
        asked = ask(account, email, language=account.language, network=network)
        changed = storage.update(account, *asked.actions, when=not_deleted() & asked.unchanged)
        return [changed, *asked.beside]

    write_about(account_id, writes)
    return existing(account_id)


def confirm_new_email(secret: str, *, network: str) -> None:
    """Put the pending address in the place of the old one, by the link mailed to it.

    Raises LinkExpired when the link is unknown, used, past its time, or another change, a reset or an
    undo overtook it; TooManyAttempts when the address has as many accounts as one may have.
    """
    token = tokens.find(secret, Purpose.CONFIRM_NEW_EMAIL)
    account = storage.get(Account, token.account_id)
    if account is None or account.pending_email is None:
        raise LinkExpired
    email = account.pending_email
    # The link has proved the mailbox: what strangers registered with it does not count against its owner.
    confirmed = filter(addresses.is_confirmed, addresses.rows_of(email))
    require_room([row for row in confirmed if row.account_id != account.account_id])
    undone_by = Account.confirmed_change.set(token.change)
    mails = _mails_about_change(account, email, network)
    if account.status == Status.LOCKED:
        # Staff gave the account back to its owner: who has the old address must not undo that.
        undone_by, mails = Account.confirmed_change.remove(), iter(())
    unchanged = (Account.status == account.status) & (Account.email == account.email)
    storage.write(
        tokens.used_up(token),
        storage.update(
            account,
            *in_force(email),
            undone_by,
            when=not_deleted() & unchanged & (Account.pending_change == token.change),
            otherwise=LinkExpired(),
        ),
        *replaced_rows(account, email),
        *map(storage.put, mails),
    )


def in_force(email: str) -> list[Action]:
    """What makes an address the account's own, seen and confirmed by its owner."""
    return [
        Account.email.set(email),
        Account.email_confirmed_at.set(clock.now()),
        Account.pending_email.remove(),
        Account.pending_change.remove(),
        Account.former_email.remove(),
        Account.address_unreachable.remove(),
    ]


def replaced_rows(account: Account, email: str) -> Iterator[storage.Write]:
    """The writes by which `email`, just proved, recovers the account, and no other address does."""
    new, current = addresses.fold(email), addresses.fold(account.email)
    row = AddressRow(new, account.account_id)
    # "Jan@…" and "jan@…" are the same row.
    yield storage.update(row, AddressRow.unreachable.remove()) if new == current else storage.put(row)
    former = {addresses.fold(account.former_email)} if account.former_email is not None else set()
    for each in sorted({current, *former} - {new}):
        yield storage.delete(AddressRow(each, account.account_id))


def _mails_about_change(account: Account, email: str, network: str) -> Iterator[OutboxMessage]:
    change = str(account.pending_change)
    yield _warning(Kind.EMAIL_REPLACED, account, email, change, account.language, network)
    yield outbox.message(
        Kind.EMAIL_CHANGED,
        account_id=account.account_id,
        recipient=email,
        language=account.language,
        parameters={
            "change": change,
            # The login stays what it is; who logs in with the old address should know.
            "login_is_old_address": addresses.fold(account.login) == addresses.fold(account.email),
            "changed_at": clock.now().isoformat(timespec="seconds"),
            "network": network,
        },
    )
