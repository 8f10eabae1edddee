"""Changing an account that others may be changing: read it, say what to write, and read again if it moved."""

from collections.abc import Callable, Sequence

from chalicelib import storage
from chalicelib.accounts.models import Account, Status, is_live
from chalicelib.errors import AccountNotFound, Unavailable

# Each try is lost only to somebody else's success.
_TRIES = 5


def write_about(account_id: str, writes_of: Callable[[Account], Sequence[storage.Write]]) -> Account:
    """Write what `writes_of` says about the account as it is stored; nothing, if that is nothing.

    A write whose condition has no refusal of its own says "the account is as it was read": when that
    fails, the account is read again. Returns the account as it was before the writes. Raises
    AccountNotFound, also for a deleted account, and Unavailable.
    """
    for _ in range(_TRIES):
        account = existing(account_id)
        try:
            if writes := writes_of(account):
                storage.write(*writes)
        except storage.ConditionFailed:
            continue
        return account
    raise Unavailable


def existing(account_id: str) -> Account:
    """The account as it is stored. Raises AccountNotFound, also for a deleted account."""
    account = storage.get(Account, account_id)
    if not is_live(account) or account.status == Status.DELETED:
        raise AccountNotFound
    return account
