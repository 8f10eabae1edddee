"""Showing once more to be the customer, before something that a stolen session must not do (ASVS 7.5.1)."""

from chalicelib import storage
from chalicelib.accounts import passwords, rules, throttle
from chalicelib.accounts.models import Credential
from chalicelib.accounts.sessions import Session
from chalicelib.errors import FieldError, NotLoggedIn, WrongPassword
from chalicelib.settings import settings


def checked_credential(session: Session, current_password: str) -> Credential:
    """The credential of who is logged in, if this is its password; two calls.

    What is written afterwards should require the credential's `password_version`, so that it does not
    happen after a change of password. Raises WrongPassword; TooManyAttempts after too many tries in
    this session; NotLoggedIn when the login was changed meanwhile.
    """
    # Counted per session, so that whoever holds a stolen one cannot keep the owner from his data.
    limit = settings().password_checks_per_hour
    storage.write(throttle.at_most(limit, "password-checks", session.session_id))
    credential = storage.get(Credential, rules.login_key(session.account.login))
    if credential is None or credential.account_id != session.account.account_id:
        raise NotLoggedIn
    if not passwords.verify(current_password, credential.password_hash):
        raise WrongPassword(FieldError("current_password", "wrong"))
    return credential
