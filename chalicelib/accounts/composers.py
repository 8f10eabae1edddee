"""The composer of each kind of message, and those of registration and of notices."""

from datetime import datetime

from chalicelib import storage
from chalicelib.accounts.address_mails import (
    compose_confirmation_of_new,
    compose_notice_of_new_address,
    compose_warning,
)
from chalicelib.accounts.letters import account_of, mail, may_get_mail, mint_links, showable_login
from chalicelib.accounts.models import Account
from chalicelib.accounts.reminders import compose_reset, resolve_reset_request
from chalicelib.accounts.sip_mail import compose_sip_credentials
from chalicelib.accounts.tokens import Purpose
from chalicelib.notifications.delivery import Composer, Mail, Skip
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import OutboxMessage
from chalicelib.settings import settings


def compose_confirmation(message: OutboxMessage) -> Mail | Skip:
    """A link that confirms the address it is mailed to; nothing that was typed besides (I13)."""
    account = storage.get(Account, message.account_id)
    if not may_get_mail(account):
        return Skip("account_gone")
    if account.email != message.recipient:
        return Skip("address_replaced")
    if account.email_confirmed_at is not None:
        return Skip("already_confirmed")
    [link] = mint_links(Purpose.CONFIRM_EMAIL, [account], account.email, settings().confirm_link_lifetime)
    values = {"link": link, "valid_hours": settings().confirm_link_hours}
    return mail(message, account.email, values, [account])


def compose_notice_of_change(message: OutboxMessage) -> Mail | Skip:
    """Password or login were changed: when, from where, and what to do if it was somebody else."""
    account = account_of(message)
    if isinstance(account, Skip):
        return account
    values = {
        "login": showable_login(account),
        "changed_at": datetime.fromisoformat(message.parameters["changed_at"]),
        "network": message.parameters["network"],
        "forgot_url": f"{settings().panel_url}/forgot",
    }
    return mail(message, account.email, values, [account])


def compose_notice(message: OutboxMessage) -> Mail | Skip:
    """What another system has to tell: its values, as they came (R20)."""
    account = account_of(message)
    if isinstance(account, Skip):
        return account
    values = {"login": showable_login(account), **message.parameters}
    return mail(message, account.email, values, [account])


def compose_farewell(message: OutboxMessage) -> Mail | Skip:
    """The account is gone: to its last address, which recovers nothing any more (R13)."""
    account = storage.get(Account, message.account_id)
    if account is None:
        return Skip("account_erased")
    if account.email_confirmed_at is None:
        return Skip("address_not_confirmed")
    if account.address_unreachable is not None:
        return Skip("address_unreachable")
    values = {
        "login": message.parameters["login"],
        "deleted_at": datetime.fromisoformat(message.parameters["deleted_at"]),
        "erased_after_days": settings().erase_after_days,
        "login_reserved_days": settings().login_reserved_days,
    }
    return mail(message, str(message.recipient), values, [account])


COMPOSERS: dict[Kind, Composer] = {
    Kind.CONFIRM_EMAIL: compose_confirmation,
    Kind.PASSWORD_RESET: compose_reset,
    Kind.PASSWORD_CHANGED: compose_notice_of_change,
    Kind.LOGIN_CHANGED: compose_notice_of_change,
    Kind.CONFIRM_NEW_EMAIL: compose_confirmation_of_new,
    Kind.EMAIL_CHANGE_ASKED: compose_warning,
    Kind.EMAIL_REPLACED: compose_warning,
    Kind.EMAIL_CHANGED: compose_notice_of_new_address,
    Kind.SIP_CREDENTIALS: compose_sip_credentials,
    Kind.ACCOUNT_DELETED: compose_farewell,
    Kind.TOPPED_UP: compose_notice,
    Kind.SERVICES_BLOCKED: compose_notice,
    Kind.CONTRACT_ENDED: compose_farewell,
    Kind.NOTICE: compose_notice,
    Kind.RESET_REQUESTED: resolve_reset_request,
}
