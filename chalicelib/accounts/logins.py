"""Who may have a login: it is free, or its time ran out, and it is not reserved for a deleted customer."""

from collections.abc import Iterator
from datetime import timedelta

from pynamodb.attributes import UnicodeAttribute

from chalicelib import clock, storage
from chalicelib.accounts import rules
from chalicelib.accounts.models import Credential, is_free_login
from chalicelib.errors import LoginTaken
from chalicelib.pseudonyms import pseudonym
from chalicelib.settings import settings
from chalicelib.storage import Table, TimeAttribute


class ReservedLogin(Table):
    """A deleted customer's login, which nobody may take for a while; only its pseudonym is kept (R13).

    It stands in the table of credentials, where no login can have such a key.
    """

    class Meta(Credential.Meta):
        pass

    login_key = UnicodeAttribute(hash_key=True)
    expires_at = TimeAttribute()


def claim(credential: Credential) -> Iterator[storage.Write]:
    """The writes that give a login to an account; LoginTaken unless it is free (I6)."""
    reserved = _reservation(credential.login_key)
    free = ReservedLogin.login_key.does_not_exist() | (ReservedLogin.expires_at <= clock.now())
    yield storage.put(credential, when=is_free_login(), otherwise=LoginTaken())
    yield storage.check(reserved, when=free, otherwise=LoginTaken())


def release(login: str, account_id: str) -> Iterator[storage.Write]:
    """The writes that take the login of an account away and reserve it, so that nobody poses as its owner."""
    key = rules.login_key(login)
    yield storage.delete(Credential(key), when=Credential.account_id == account_id)
    yield storage.put(_reservation(key))


def _reservation(login_key: str) -> ReservedLogin:
    ends = clock.now() + timedelta(days=settings().login_reserved_days)
    return ReservedLogin(f"reserved#{pseudonym('login', login_key)}", expires_at=ends)
