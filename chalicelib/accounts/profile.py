"""The "Dane" tab (R12): changing login, password and language."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib import clock, storage
from chalicelib.accounts import passwords, rules, throttle
from chalicelib.accounts.models import Account, Credential, is_free_login, may_log_in
from chalicelib.accounts.sessions import Session
from chalicelib.errors import FieldError, InvalidLogin, LoginTaken, NotLoggedIn, WrongPassword
from chalicelib.notifications import addresses, outbox
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import OutboxMessage
from chalicelib.settings import settings


@dataclass(frozen=True)
class Changes:
    """What a customer wants changed; None leaves a thing as it is."""

    login: str | None = None
    password: str | None = None
    language: str | None = None

    @property
    def needs_password(self) -> bool:
        """Whether whoever asks must show to be the customer (ASVS 7.5.1): a stolen session must not do."""
        return self.login is not None or self.password is not None


def change(
    session: Session,
    changes: Changes,
    *,
    current_password: str | None,
    network: str,
    also: Sequence[storage.Write] = (),
) -> Account:
    """Do the changes, all or none, and mail about login and password; returns the account as it is now.

    A new password ends every other session and all open reset links; a new login frees the old one
    at once. `also` is written with the changes. Raises WrongPassword, TooManyAttempts, InvalidLogin,
    LoginTaken, WeakPassword.
    """
    account = session.account
    if not changes.needs_password:
        return _change_language(account, changes.language, also)
    login = _valid_new_login(account, changes.login)
    password = changes.password
    if password is not None:
        password = passwords.check(password, login=login, email=account.email)
    credential = _checked_credential(session, current_password or "")
    password_hash = credential.password_hash if password is None else passwords.hash_password(password)
    storage.write(
        *_credential_writes(credential, login, password_hash),
        _account_write(session, credential, changes, login),
        *map(storage.put, _mails(account, changes, login, network)),
        *also,
    )
    account.login, account.language = login, changes.language or account.language
    return account


def _change_language(account: Account, language: str | None, also: Sequence[storage.Write]) -> Account:
    if also:
        storage.write(_language_write(account, language), *also)
        account.language = language or account.language
        return account
    if language is None:
        return account
    changed: Account = storage.write_one(_language_write(account, language), returning="ALL_NEW")
    return changed


def _language_write(account: Account, language: str | None) -> storage.Write:
    if language is None:
        return storage.check(account, may_log_in(), otherwise=NotLoggedIn())
    return storage.update(account, Account.language.set(language), when=may_log_in(), otherwise=NotLoggedIn())


def _valid_new_login(account: Account, typed: str | None) -> str:
    if typed is None:
        return account.login
    login = rules.valid_login(typed)
    if rules.is_address_shaped(login) and (
        addresses.fold(login) != addresses.fold(account.email) or account.email_confirmed_at is None
    ):
        raise InvalidLogin(FieldError("login", "not_own_confirmed_address"))
    return login


def _checked_credential(session: Session, current_password: str) -> Credential:
    # Counted per session, so that whoever holds a stolen one cannot keep the owner from his data.
    limit = settings().password_checks_per_hour
    storage.write(throttle.at_most(limit, "password-checks", session.session_id))
    credential = storage.get(Credential, rules.login_key(session.account.login))
    if credential is None or credential.account_id != session.account.account_id:
        raise NotLoggedIn
    if not passwords.verify(current_password, credential.password_hash):
        raise WrongPassword(FieldError("current_password", "wrong"))
    return credential


def _credential_writes(credential: Credential, login: str, password_hash: str) -> Iterator[storage.Write]:
    # The version moves on with the login, too: every reset link mailed before is dead then (I3).
    changed = Credential(
        rules.login_key(login),
        account_id=credential.account_id,
        password_hash=password_hash,
        password_version=credential.password_version + 1,
        expires_at=credential.expires_at,
    )
    unchanged_since = (Credential.account_id == credential.account_id) & (
        Credential.password_version == credential.password_version
    )
    if changed.login_key == credential.login_key:
        yield storage.put(changed, when=unchanged_since, otherwise=WrongPassword())
    else:
        yield storage.delete(credential, when=unchanged_since, otherwise=WrongPassword())
        yield storage.put(changed, when=is_free_login(), otherwise=LoginTaken())


def _account_write(session: Session, credential: Credential, changes: Changes, login: str) -> storage.Write:
    account, entry = session.account, Account.sessions[session.session_id]
    actions = [
        Account.login.set(login),
        Account.language.set(changes.language or account.language),
        Account.password_version.set(credential.password_version + 1),
        Account.failures_forgiven.set(0),
    ]
    if changes.password is not None:
        own_entry = account.sessions.as_dict()[session.session_id]
        actions.append(Account.password_changed_at.set(clock.now()))
        actions.append(Account.sessions.set({session.session_id: own_entry}))
    # The address must still be the one that the login was compared with.
    unchanged_since = (Account.password_version == credential.password_version) & (
        Account.email == account.email
    )
    return storage.update(
        account, *actions, when=may_log_in() & entry.exists() & unchanged_since, otherwise=NotLoggedIn()
    )


def _mails(account: Account, changes: Changes, login: str, network: str) -> Iterator[OutboxMessage]:
    changed = {
        Kind.LOGIN_CHANGED: login != account.login,
        Kind.PASSWORD_CHANGED: changes.password is not None,
    }
    for kind in (kind for kind, happened in changed.items() if happened):
        yield outbox.message(
            kind,
            account_id=account.account_id,
            language=changes.language or account.language,
            parameters={"changed_at": clock.now().isoformat(timespec="seconds"), "network": network},
        )
