"""The "Dane" tab (R12): changing login, password, address and language."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib import clock, storage
from chalicelib.accounts import address_change, logins, passwords, rules
from chalicelib.accounts.address_change import Asked
from chalicelib.accounts.models import Account, Credential, may_log_in, same
from chalicelib.accounts.reauthentication import checked_credential
from chalicelib.accounts.sessions import Session
from chalicelib.errors import FieldError, InvalidLogin, NotLoggedIn, WrongPassword
from chalicelib.notifications import addresses, outbox
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import OutboxMessage


@dataclass(frozen=True)
class Changes:
    """What a customer wants changed; None leaves a thing as it is."""

    login: str | None = None
    email: str | None = None
    password: str | None = None
    language: str | None = None

    @property
    def needs_password(self) -> bool:
        """Whether whoever asks must show to be the customer (ASVS 7.5.1): a stolen session must not do."""
        return self.login is not None or self.email is not None or self.password is not None


def change(
    session: Session,
    changes: Changes,
    *,
    current_password: str | None,
    network: str,
    also: Sequence[storage.Write] = (),
) -> Account:
    """Do the changes, all or none, and mail about them; returns the account as it is now.

    A new password ends every other session and all open reset links; a new login frees the old one
    at once; a new address is pending until its link is opened, unless the present one was never
    confirmed. `also` is written with the changes. Raises WrongPassword, TooManyAttempts, InvalidLogin,
    LoginTaken, InvalidEmail, WeakPassword.
    """
    account = session.account
    if not changes.needs_password:
        return _change_language(account, changes.language, also)
    login = _valid_new_login(account, changes.login)
    password = changes.password
    if password is not None:
        password = passwords.check(password, login=login, email=account.email)
    language = changes.language or account.language
    asked = _asked_address(account, changes.email, language, network)
    credential = checked_credential(session, current_password or "")
    credential_writes: Iterator[storage.Write] = iter(())
    if changes.login is not None or password is not None:
        password_hash = credential.password_hash if password is None else passwords.hash_password(password)
        credential_writes = _credential_writes(credential, login, password_hash)
    account_write = _account_write(session, credential, changes, login, asked)
    mails = map(storage.put, _mails(account, changes, login, network))
    storage.write(*credential_writes, account_write, *mails, *(asked.beside if asked else ()), *also)
    account.login, account.language = login, language
    if asked:
        if asked.email != account.email:
            account.address_unreachable = None
        account.email, account.pending_email = asked.email, asked.pending_email
    elif password is not None:
        account.pending_email = None
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


def _asked_address(account: Account, typed: str | None, language: str, network: str) -> Asked | None:
    if typed is None:
        return None
    return address_change.ask(account, typed, language=language, network=network)


def _credential_writes(credential: Credential, login: str, password_hash: str) -> Iterator[storage.Write]:
    # The version moves on with the login, too: every reset link mailed before is dead then (I3).
    changed = Credential(
        rules.login_key(login),
        account_id=credential.account_id,
        password_hash=password_hash,
        password_version=credential.password_version + 1,
        expires_at=credential.expires_at,
    )
    unchanged_since = (
        (Credential.account_id == credential.account_id)
        & (Credential.password_version == credential.password_version)
        # Confirming the address takes its end away, and moves no version on.
        & same(Credential.expires_at, credential.expires_at)
    )
    if changed.login_key == credential.login_key:
        yield storage.put(changed, when=unchanged_since, otherwise=WrongPassword())
    else:
        yield storage.delete(credential, when=unchanged_since, otherwise=WrongPassword())
        yield from logins.claim(changed)


def _account_write(
    session: Session, credential: Credential, changes: Changes, login: str, asked: Asked | None
) -> storage.Write:
    account, entry = session.account, Account.sessions[session.session_id]
    actions = [Account.language.set(changes.language or account.language), *(asked.actions if asked else ())]
    if asked is None and changes.password is not None:
        # Whoever asked for another address knew the old password.
        actions += [Account.pending_email.remove(), Account.pending_change.remove()]
    if changes.login is not None or changes.password is not None:
        actions += [
            Account.login.set(login),
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
    if asked:
        unchanged_since &= asked.unchanged
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
