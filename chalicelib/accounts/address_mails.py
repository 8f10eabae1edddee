"""The mails about a change of address: to the new one, to the old one, before and after."""

from datetime import datetime, timedelta
from typing import Any

from chalicelib import storage
from chalicelib.accounts import tokens
from chalicelib.accounts.letters import mail, may_get_mail, showable_login, store_links
from chalicelib.accounts.models import Account
from chalicelib.accounts.tokens import Purpose
from chalicelib.notifications.delivery import Mail, Skip
from chalicelib.notifications.models import OutboxMessage
from chalicelib.settings import settings


def compose_confirmation_of_new(message: OutboxMessage) -> Mail | Skip:
    """To the pending address, the link that puts it in force; nothing that anybody typed besides (I13)."""
    account = _account_with(message, "pending_change")
    if isinstance(account, Skip):
        return account
    recipient = str(message.recipient)
    link = _link(Purpose.CONFIRM_NEW_EMAIL, message, account, account.email, settings().confirm_link_lifetime)
    values = {"link": link, "valid_hours": settings().confirm_link_hours}
    return mail(message, recipient, values, [account])


def compose_warning(message: OutboxMessage) -> Mail | Skip:
    """To the old address: a change was asked for, or made, and the link that takes it back.

    Whatever came back from this address before: who can read it must have the warning.
    """
    account = _account_with(message, "pending_change", "confirmed_change")
    if isinstance(account, Skip):
        return account
    recipient = str(message.recipient)
    link = _link(Purpose.UNDO_EMAIL, message, account, recipient, settings().undo_link_lifetime)
    values = _values_of_change(message, account) | {
        "new_email_hint": masked(message.parameters["new_email"]),
        "link": link,
        "valid_hours": settings().undo_link_hours,
    }
    return mail(message, recipient, values, [account])


def compose_notice_of_new_address(message: OutboxMessage) -> Mail | Skip:
    """To the new address, once it is in force: that it is, and with which login one logs in."""
    account = _account_with(message, "confirmed_change")
    if isinstance(account, Skip):
        return account
    old = message.parameters["login_is_old_address"]
    values = _values_of_change(message, account) | {"login_is_old_address": old}
    return mail(message, account.email, values, [account])


def masked(email: str) -> str:
    """Enough of an address for its owner to recognise it, and no more."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def _account_with(message: OutboxMessage, *changes: str) -> Account | Skip:
    account = storage.get(Account, message.account_id)
    if not may_get_mail(account):
        return Skip("account_gone")
    if message.parameters["change"] not in {getattr(account, each) for each in changes}:
        return Skip("superseded")
    return account


def _link(purpose: Purpose, message: OutboxMessage, account: Account, email: str, lifetime: timedelta) -> str:
    change = message.parameters["change"]
    recipient = str(message.recipient)
    minted = tokens.mint(purpose, account, recipient=recipient, lifetime=lifetime, email=email, change=change)
    [link] = store_links([minted])
    return link


def _values_of_change(message: OutboxMessage, account: Account) -> dict[str, Any]:
    return {
        "login": showable_login(account),
        "changed_at": datetime.fromisoformat(message.parameters["changed_at"]),
        "network": message.parameters["network"],
    }
