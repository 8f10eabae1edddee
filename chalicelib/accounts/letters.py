"""What composers have in common: who may get mail, which login may be shown, links made on the spot.

Secrets are made here, at delivery, so that no message that waits holds one (I2).
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, TypeGuard

from chalicelib import storage
from chalicelib.accounts import tokens
from chalicelib.accounts.models import MAY_LOG_IN, Account, Status, is_live
from chalicelib.accounts.tokens import Minted, Purpose
from chalicelib.notifications import addresses
from chalicelib.notifications.delivery import Mail, Skip
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.mail import Letter
from chalicelib.notifications.models import AddressRow, OutboxMessage
from chalicelib.settings import settings

# Where the link of each purpose leads, below the panel's address.
_PAGES: dict[str, str] = {
    Purpose.CONFIRM_EMAIL: "confirm",
    Purpose.RESET_PASSWORD: "reset",
    Purpose.CONFIRM_NEW_EMAIL: "email/confirm",
    Purpose.UNDO_EMAIL: "email/undo",
}


def account_of(message: OutboxMessage) -> Account | Skip:
    """The account that a message is about, if it may get mail and its address takes any."""
    account = storage.get(Account, message.account_id)
    if not may_get_mail(account):
        return Skip("account_gone")
    if account.address_unreachable is not None:
        return Skip("address_unreachable")
    return account


def may_get_mail(account: Account | None) -> TypeGuard[Account]:
    """Whether an account is there and neither locked nor deleted."""
    return is_live(account) and account.status in MAY_LOG_IN


def showable_login(account: Account) -> str | None:
    """The login, unless it must not be shown: a stranger may have registered with the address (I13)."""
    return account.login if account.email_confirmed_at is not None else None


def mint_links(
    purpose: Purpose, accounts: Sequence[Account], recipient: str, lifetime: timedelta
) -> list[str]:
    """A new link for each account, stored, to be mailed to `recipient`; one call."""
    return store_links(
        tokens.mint(purpose, account, recipient=recipient, lifetime=lifetime) for account in accounts
    )


def store_links(minted: Iterable[Minted]) -> list[str]:
    """Store new links; the addresses to be mailed, in the same order."""
    links = list(minted)
    storage.write(*(storage.put(each.row) for each in links))
    return [f"{settings().panel_url}/{_PAGES[each.row.purpose]}?token={each.secret}" for each in links]


def mail(
    message: OutboxMessage,
    recipient: str,
    values: dict[str, Any],
    accounts: Sequence[Account],
    also: Sequence[storage.Write] = (),
) -> Mail:
    """The message as a mail about these accounts; `also` is written with its log entry, where it holds."""
    letter = Letter(Kind(message.kind), message.language, recipient, values)
    retired = [write for account in accounts for write in _retired_rows(account, recipient)]
    return Mail(
        letter,
        [account.account_id for account in accounts],
        recovered=[account.account_id for account in accounts if _recovers(recipient, account)],
        also=[*also, *retired],
    )


def _recovers(address: str, account: Account) -> bool:
    # Where it does not (an address only pending, or replaced), its row is known to be missing.
    current = {addresses.fold(each) for each in (account.email, account.former_email) if each is not None}
    return account.status != Status.DELETED and addresses.fold(address) in current


def _retired_rows(account: Account, recipient: str) -> list[storage.Write]:
    # An imported customer's last notified address recovers the account until we write to the current one.
    former, current = account.former_email, addresses.fold(account.email)
    if former is None or addresses.fold(recipient) != current:
        return []
    retired = [
        storage.update(
            Account(account.account_id),
            Account.former_email.remove(),
            when=(Account.former_email == former) & (Account.email == account.email),
        )
    ]
    if addresses.fold(former) != current:
        # The customer may be confirming just that address as the current one: its row is another one then.
        row = AddressRow(addresses.fold(former), account.account_id)
        retired.append(storage.delete(row, when=AddressRow.former.exists()))
    return retired
