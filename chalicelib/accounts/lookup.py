"""What staff see of a customer who calls: the account, its log, its address, what waits for it (R11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeGuard

from chalicelib import clock, storage
from chalicelib.accounts import rules
from chalicelib.accounts.models import Account, Credential, SipAccount, is_live
from chalicelib.notifications import addresses, log
from chalicelib.notifications.models import AddressRow, Notification, OutboxMessage

_LOG_ENTRIES = 25


@dataclass(frozen=True)
class Dossier:
    """An account, and everything that answers "why did I get no mail?" and "which address was it?"."""

    account: Account
    address: AddressRow | None
    """The row by which the current address recovers the account, and when it was last written to."""
    log: Sequence[Notification]
    """The newest entries, newest first."""
    waiting: Sequence[OutboxMessage]
    """Messages not sent yet, oldest first, with the reason of the last failure; parked ones, too."""


def find_accounts(
    *,
    login: str | None = None,
    address: str | None = None,
    sip_number: str | None = None,
    account_id: str | None = None,
) -> list[Dossier]:
    """The accounts with this login, number or id, or recovered by this address; none is an empty list.

    A deleted account is found by its id, and by its number as long as nobody else gets that.
    """
    found: list[str] = [account_id] if _can_be_known(account_id) else []
    if _can_be_known(login) and _can_be_known(key := rules.login_key(login)):
        credential = storage.get(Credential, key)
        found += [credential.account_id] if is_live(credential) else []
    if _can_be_known(sip_number):
        row = storage.get(SipAccount, sip_number)
        found += [row.account_id] if row and (row.expires_at is None or row.expires_at > clock.now()) else []
    if _can_be_known(address) and _can_be_known(addresses.fold(address)):
        found += [row.account_id for row in addresses.rows_of(address)]
    accounts = storage.get_many(*map(Account, dict.fromkeys(found))) if found else []
    return [_dossier(account) for account in accounts if account is not None]


def _can_be_known(typed: str | None) -> TypeGuard[str]:
    # What is empty or longer can be no key, and must not come to the database.
    return typed is not None and 0 < len(typed) <= rules.IDENTIFIER_MAX_CHARACTERS


def _dossier(account: Account) -> Dossier:
    return Dossier(
        account=account,
        address=storage.get(AddressRow, addresses.fold(account.email), account.account_id),
        log=log.of_account(account.account_id, limit=_LOG_ENTRIES),
        waiting=list(storage.query_index(OutboxMessage, OutboxMessage.of_account, account.account_id)),
    )
