"""What staff see of a customer who calls: the account, its log, its address, what waits for it (R11)."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib import storage
from chalicelib.accounts import rules
from chalicelib.accounts.models import Account, Credential, is_live
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
    *, login: str | None = None, address: str | None = None, account_id: str | None = None
) -> list[Dossier]:
    """The accounts with this login, or recovered by this address, or of this id; none is an empty list."""
    found: list[str] = [account_id] if account_id else []
    if login:
        credential = storage.get(Credential, rules.login_key(login))
        found += [credential.account_id] if is_live(credential) else []
    if address:
        found += [row.account_id for row in addresses.rows_of(address)]
    accounts = storage.get_many(*map(Account, dict.fromkeys(found))) if found else []
    return [_dossier(account) for account in accounts if account is not None]


def _dossier(account: Account) -> Dossier:
    return Dossier(
        account=account,
        address=storage.get(AddressRow, addresses.fold(account.email), account.account_id),
        log=log.of_account(account.account_id, limit=_LOG_ENTRIES),
        waiting=list(OutboxMessage.of_account.query(account.account_id)),
    )
