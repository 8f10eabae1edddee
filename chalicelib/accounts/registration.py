"""Registering an account (R1) and confirming its address."""

from datetime import timedelta

from chalicelib import clock, storage
from chalicelib.accounts import address_change, log_in, logins, passwords, rules, throttle, tokens
from chalicelib.accounts.models import MAY_LOG_IN, Account, Credential, Status, is_live, may_log_in
from chalicelib.accounts.tokens import Purpose
from chalicelib.errors import (
    AlreadyConfirmed,
    FieldError,
    InvalidCredentials,
    InvalidLogin,
    LinkExpired,
)
from chalicelib.notifications import addresses, outbox
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import AddressRow
from chalicelib.settings import settings


def register(login: str, email: str, password: str, *, language: str, network: str) -> Account:
    """Make an account and mail its address a link to confirm it.

    Until it is confirmed, the account and its login last for `unconfirmed_days`. Raises
    InvalidLogin (also for a login that is an address: no address is confirmed yet, R4),
    InvalidEmail, WeakPassword, LoginTaken, and TooManyAttempts when this network registers too
    often or the address has as many accounts as one may have.
    """
    login = rules.valid_login(login)
    if rules.is_address_shaped(login):
        raise InvalidLogin(FieldError("login", "address_not_confirmed"))
    email = rules.valid_email(email)
    password = passwords.check(password, login=login, email=email)
    storage.write(throttle.at_most(settings().registrations_per_network_per_hour, "registrations", network))
    address_change.require_room(addresses.rows_of(email))
    account = _new_account(login, email, language)
    _store(account, passwords.hash_password(password))
    return account


def _new_account(login: str, email: str, language: str) -> Account:
    now = clock.now()
    return Account(
        account_id=clock.new_id(),
        login=login,
        email=email,
        language=language,
        status=Status.REGISTERED,
        password_version=1,
        password_changed_at=now,
        created_at=now,
        expires_at=now + timedelta(days=settings().unconfirmed_days),
    )


def _store(account: Account, password_hash: str) -> None:
    credential = Credential(
        rules.login_key(account.login),
        account_id=account.account_id,
        password_hash=password_hash,
        password_version=account.password_version,
        expires_at=account.expires_at,
    )
    row = AddressRow(addresses.fold(account.email), account.account_id, expires_at=account.expires_at)
    writes = (*logins.claim(credential), storage.put(account), storage.put(row))
    mail = outbox.message(
        Kind.CONFIRM_EMAIL,
        account_id=account.account_id,
        recipient=account.email,
        language=account.language,
    )
    try:
        storage.write(*writes, throttle.mail_to(account.email), storage.put(mail))
    except storage.ConditionFailed:
        # The address has had as much mail as strangers may cause: the account is made without.
        storage.write(*writes)


def resend_confirmation(login: str, password: str, *, email: str | None, network: str) -> None:
    """Mail a new link to confirm the address; `email` corrects a mistyped one, which recovers nothing then.

    Raises what checking login and password does, AlreadyConfirmed, InvalidEmail, and TooManyAttempts
    also when the address had as much mail as strangers may cause, or has as many accounts as it may.
    """
    checked = log_in.check(login, password, network=network)
    account = storage.get(Account, checked.credential.account_id)
    if not is_live(account) or account.status not in MAY_LOG_IN:
        raise InvalidCredentials
    if account.email_confirmed_at is not None:
        raise AlreadyConfirmed
    if email is None or email.strip() == account.email:
        mail = outbox.message(
            Kind.CONFIRM_EMAIL,
            account_id=account.account_id,
            recipient=account.email,
            language=account.language,
        )
        storage.write(throttle.mail_asked_for(account.email), storage.put(mail))
        return
    asked = address_change.ask(account, email, language=account.language, network=network)
    same_password = Account.password_version == checked.password_version
    changed = storage.update(account, *asked.actions, when=may_log_in() & same_password & asked.unchanged)
    try:
        storage.write(changed, *asked.beside)
    except storage.ConditionFailed as refusal:
        # Just now it was confirmed by its link, or had its password or address changed by somebody else.
        was_confirmed = refusal.stored is not None and refusal.stored.email_confirmed_at is not None
        raise (AlreadyConfirmed if was_confirmed else InvalidCredentials) from None


def confirm_email(secret: str) -> None:
    """Confirm the address that a link was mailed to; the account then lasts.

    Raises LinkExpired when the link is unknown, used, past its time, or the address was changed.
    """
    token = tokens.find(secret, Purpose.CONFIRM_EMAIL)
    account = storage.get(Account, token.account_id)
    if account is None:
        raise LinkExpired
    storage.write(
        tokens.used_up(token),
        storage.update(
            account,
            Account.email_confirmed_at.set(clock.now()),
            Account.expires_at.remove(),
            when=(Account.email == token.email) & (Account.expires_at > clock.now()),
            otherwise=LinkExpired(),
        ),
        storage.update(
            Credential(rules.login_key(account.login)),
            Credential.expires_at.remove(),
            when=Credential.account_id == account.account_id,
            otherwise=LinkExpired(),
        ),
        storage.update(
            AddressRow(addresses.fold(account.email), account.account_id),
            AddressRow.expires_at.remove(),
            when=AddressRow.account_id.exists(),
            otherwise=LinkExpired(),
        ),
    )
