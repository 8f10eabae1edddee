"""Deleting an account (R13): by its owner, by the operator, or because the contract ended (R19).

One transaction ends sessions, login, address rows and SIP account, and puts the mail about it into the
outbox; the links mailed before lose their power with the status. What is left of the account is erased
after `erase_after_days`.
"""

from datetime import timedelta
from functools import partial

from pynamodb.expressions.condition import Condition

from chalicelib import clock, storage
from chalicelib.accounts import logins, sip
from chalicelib.accounts.attempts import write_about
from chalicelib.accounts.models import Account, Status, same
from chalicelib.accounts.reauthentication import checked_credential
from chalicelib.accounts.sessions import Session
from chalicelib.errors import AccountNotFound, NotLoggedIn, WrongPassword
from chalicelib.notifications import addresses, outbox
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import AddressRow
from chalicelib.settings import settings

# Shards of the index that the erasure reads.
ERASE_SHARDS = tuple("01234567")


def delete_own_account(session: Session, *, current_password: str) -> None:
    """Delete the account of a customer who gives the password, unless that or the session ended meanwhile.

    Raises WrongPassword, TooManyAttempts and NotLoggedIn.
    """
    credential = checked_credential(session, current_password)

    def writes(account: Account) -> list[storage.Write]:
        if session.session_id not in account.sessions.as_dict():
            raise NotLoggedIn
        if account.password_version != credential.password_version:
            raise WrongPassword
        own_entry = Account.sessions[session.session_id]
        return deletion_writes(account, Kind.ACCOUNT_DELETED, when=own_entry.exists())

    try:
        write_about(session.account.account_id, writes)
    except AccountNotFound:  # a moment ago it was there: another deletion was first
        raise NotLoggedIn from None


def delete_account(account_id: str) -> Account:
    """Delete an account; returns it as it was. Raises AccountNotFound, also when it is deleted already."""
    return write_about(account_id, partial(deletion_writes, kind=Kind.ACCOUNT_DELETED))


def deletion_writes(account: Account, kind: Kind, *, when: Condition | None = None) -> list[storage.Write]:
    """The writes that delete an account, with a mail of this kind to its last address.

    Their conditions hold as long as the account is as it was read, and `when`, a condition of it, holds.
    """
    rows = {addresses.fold(each) for each in (account.email, account.former_email) if each is not None}
    return [
        _ended(account, when),
        *logins.release(account.login, account.account_id),
        *(storage.delete(AddressRow(each, account.account_id)) for each in sorted(rows)),
        *([sip.ended(account.sip_number)] if account.sip_number else []),
        storage.put(
            outbox.message(
                kind,
                account_id=account.account_id,
                recipient=account.email,
                language=account.language,
                parameters={"login": account.login, "deleted_at": clock.now().isoformat(timespec="seconds")},
            )
        ),
    ]


def _ended(account: Account, when: Condition | None) -> storage.Write:
    now = clock.now()
    unchanged = (
        (Account.status == account.status)
        & (Account.login == account.login)
        & (Account.email == account.email)
        & (Account.password_version == account.password_version)
        & same(Account.former_email, account.former_email)
        & same(Account.sip_number, account.sip_number)
    )
    return storage.update(
        account,
        Account.status.set(Status.DELETED),
        Account.sessions.set({}),
        Account.networks.set({}),
        Account.password_version.set(account.password_version + 1),
        Account.pending_email.remove(),
        Account.pending_change.remove(),
        Account.confirmed_change.remove(),
        Account.expires_at.remove(),
        Account.deleted_at.set(now),
        Account.erase_at.set(now + timedelta(days=settings().erase_after_days)),
        Account.erase_shard.set(ERASE_SHARDS[ord(account.account_id[-1]) % len(ERASE_SHARDS)]),
        when=unchanged if when is None else unchanged & when,
    )
