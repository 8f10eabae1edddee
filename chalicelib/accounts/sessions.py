"""Sessions: a signed token names an entry in the account; without the entry the token is nothing.

The token itself lasts as long as a session may at most; the entry's own end moves on while the
session is used. So ending a session, or all, is one write to the account.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from pynamodb.expressions.condition import Condition, size
from pynamodb.expressions.update import Action

from chalicelib import clock, storage
from chalicelib.accounts import signing
from chalicelib.accounts.models import MAY_LOG_IN, Account, Throttle, is_live, may_log_in
from chalicelib.errors import InvalidCredentials, NotLoggedIn, SessionNotFound
from chalicelib.settings import settings
from chalicelib.storage import Table

MOST_SESSIONS = 10
# Networks a customer has logged in from; too many failures elsewhere do not close these (I8).
MOST_NETWORKS = 20

_Item = TypeVar("_Item", bound=Table)

_ID_BYTES = 12
_USER_AGENT_CHARACTERS = 200


@dataclass(frozen=True)
class NewSession:
    """What a customer gets for logging in."""

    token: str
    expires_at: datetime


@dataclass(frozen=True)
class Session:
    """A customer who is logged in: the account as just read, and which of its sessions this is."""

    account: Account
    session_id: str


@dataclass(frozen=True)
class SessionEntry:
    """A session as its owner sees it in the list."""

    session_id: str
    created_at: datetime
    user_agent: str
    network: str
    current: bool


def open_session(
    account_id: str,
    password_version: int,
    *,
    network: str,
    user_agent: str,
    attempt: Throttle,
    failures: int | None,
) -> tuple[NewSession, Account]:
    """Add a session to the account; one call, and one more only when it has as many as it may.

    The account remembers the network, up to which attempt this log-in forgives the failures there,
    and, unless None, up to which it forgives those of its login. Raises InvalidCredentials when
    the password was changed meanwhile or the account may not be entered.
    """
    now = clock.now().replace(microsecond=0)
    ends = now + settings().session_max_lifetime
    expires_at = min(now + settings().session_idle_lifetime, ends)
    session_id = secrets.token_urlsafe(_ID_BYTES)
    entry = {
        "created_at": int(now.timestamp()),
        "expires_at": int(expires_at.timestamp()),
        "user_agent": user_agent[:_USER_AGENT_CHARACTERS],
        "network": network,
    }
    known = {"counter": attempt.key, "attempts": int(attempt.attempts), "at": int(now.timestamp())}
    changes = [Account.sessions[session_id].set(entry), Account.networks[network].set(known)]
    if failures is not None:
        changes.append(Account.failures_forgiven.set(failures))
    account = _add(
        account_id, changes, network, may_log_in() & (Account.password_version == password_version)
    )
    claims = {"sub": account_id, "sid": session_id, "iat": entry["created_at"], "exp": int(ends.timestamp())}
    return NewSession(signing.sign(claims), expires_at), account


def _add(account_id: str, changes: Sequence[Action], network: str, may_enter: Condition) -> Account:
    room = (size(Account.sessions) < MOST_SESSIONS) & (
        (size(Account.networks) < MOST_NETWORKS) | Account.networks[network].exists()
    )
    account = Account(account_id)
    try:
        return _written(storage.update(account, *changes, when=may_enter & room))
    except storage.ConditionFailed as refusal:
        if refusal.stored is None:
            raise InvalidCredentials from None
        making_room = _making_room(refusal.stored, network)
    return _written(
        storage.update(account, *changes, *making_room, when=may_enter, otherwise=InvalidCredentials())
    )


def _written(write: storage.Write) -> Account:
    account: Account = storage.write_one(write, returning="ALL_NEW")
    return account


def _making_room(account: Account, network: str) -> Iterator[Action]:
    # Removes entry by entry, never the whole map: a session that is ended meanwhile stays ended.
    now = int(clock.now().timestamp())
    sessions = account.sessions.as_dict()
    alive = {key: entry for key, entry in sessions.items() if entry["expires_at"] > now}
    for key in sessions.keys() - _newest(alive, "created_at", MOST_SESSIONS - 1):
        yield Account.sessions[key].remove()
    others = {key: known for key, known in account.networks.as_dict().items() if key != network}
    for key in others.keys() - _newest(others, "at", MOST_NETWORKS - 1):
        yield Account.networks[key].remove()


def _newest(entries: Mapping[str, Mapping[str, Any]], by: str, most: int) -> set[str]:
    return set(sorted(entries, key=lambda key: entries[key][by], reverse=True)[:most])


def authenticate(token: str) -> Session:
    """Whose session a token is; one call, and now and then one more to renew a session in use.

    Raises NotLoggedIn when the session has ended, in whatever way.
    """
    claims = signing.verify(token)
    return _session(claims, storage.get(Account, claims["sub"]))


def authenticate_with(table: type[_Item], token: str) -> tuple[Session, _Item | None]:
    """Like `authenticate`, and the item of another table with the account's id, in the same call."""
    claims = signing.verify(token)
    account, item = storage.get_many(Account(claims["sub"]), table(claims["sub"]))
    return _session(claims, account), item


def _session(claims: Mapping[str, Any], account: Account | None) -> Session:
    if account is None or account.status not in MAY_LOG_IN or not is_live(account):
        raise NotLoggedIn
    entry = account.sessions.as_dict().get(claims["sid"])
    now = clock.now()
    if entry is None or entry["expires_at"] <= now.timestamp():
        raise NotLoggedIn
    session = Session(account, claims["sid"])
    return _renewed(session, entry["expires_at"], datetime.fromtimestamp(claims["exp"], UTC))


def _renewed(session: Session, expires_at: int, ends: datetime) -> Session:
    # At most one renewal in a tenth of the lifetime: using a session costs no write.
    lifetime = settings().session_idle_lifetime
    renewed = min(clock.now() + lifetime, ends)
    if renewed.timestamp() - expires_at < lifetime.total_seconds() / 10:
        return session
    entry = Account.sessions[session.session_id]
    account = _written(
        storage.update(
            Account(session.account.account_id),
            entry["expires_at"].set(int(renewed.timestamp())),
            when=may_log_in() & entry.exists(),
            otherwise=NotLoggedIn(),
        )
    )
    return Session(account, session.session_id)


def list_sessions(session: Session) -> list[SessionEntry]:
    """The live sessions of the account, newest first."""
    now = clock.now().timestamp()
    entries = [
        SessionEntry(
            session_id=session_id,
            created_at=datetime.fromtimestamp(entry["created_at"], UTC),
            user_agent=entry["user_agent"],
            network=entry["network"],
            current=session_id == session.session_id,
        )
        for session_id, entry in session.account.sessions.as_dict().items()
        if entry["expires_at"] > now
    ]
    return sorted(entries, key=lambda entry: entry.created_at, reverse=True)


def end_session(session: Session, session_id: str) -> None:
    """End one session of the account. Raises SessionNotFound."""
    if session_id not in session.account.sessions.as_dict():
        raise SessionNotFound  # and no expression is built of what a stranger typed
    entry = Account.sessions[session_id]
    storage.write(
        storage.update(
            Account(session.account.account_id),
            entry.remove(),
            when=entry.exists(),
            otherwise=SessionNotFound(),
        )
    )


def end_all_sessions(session: Session) -> None:
    """End every session of the account, this one too."""
    storage.write(
        storage.update(
            Account(session.account.account_id),
            Account.sessions.set({}),
            when=Account.account_id.exists(),
            otherwise=NotLoggedIn(),
        )
    )
