"""Mailed links: 256 random bits, of which the table knows only the SHA-256 hash."""

import hashlib
import secrets
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from chalicelib import clock, storage
from chalicelib.accounts.models import Account, Token
from chalicelib.errors import LinkExpired
from chalicelib.notifications import addresses

_SECRET_BYTES = 32
# What we mint is 43 characters; a longer "token" is not one of ours.
_MAX_CHARACTERS = 64


class Purpose(StrEnum):
    """What a link is for; it serves nothing else (I3)."""

    CONFIRM_EMAIL = "confirm_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a name, not a password
    CONFIRM_NEW_EMAIL = "confirm_new_email"
    UNDO_EMAIL = "undo_email"


class Minted(NamedTuple):
    """A new link: the secret goes into the mail, the row into the table."""

    secret: str
    row: Token


def mint(
    purpose: Purpose,
    account: Account,
    *,
    recipient: str,
    lifetime: timedelta,
    email: str | None = None,
    change: str | None = None,
) -> Minted:
    """A new link of an account, to be mailed to `recipient`; the row is not stored yet.

    `email` is the address that the link is about, by default the account's own; `change` names the
    change of address that it belongs to.
    """
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    row = Token(
        token_hash=_hash(secret),
        purpose=purpose,
        account_id=account.account_id,
        login=account.login,
        email=email or account.email,
        recipient=addresses.fold(recipient),
        password_version=account.password_version,
        change=change,
        expires_at=clock.now() + lifetime,
    )
    return Minted(secret, row)


def find(secret: str, purpose: Purpose) -> Token:
    """The stored row of a link, which is left as it is.

    Raises LinkExpired when it is unknown, used, past its time or for another purpose.
    """
    if len(secret) > _MAX_CHARACTERS or not secret.isascii():
        raise LinkExpired
    token = storage.get(Token, _hash(secret))
    if token is None or token.purpose != purpose or token.expires_at <= clock.now():
        raise LinkExpired
    return token


def used_up(token: Token) -> storage.Write:
    """The write that uses a link up; of two at once, one is refused with LinkExpired (I3)."""
    return storage.delete(
        token,
        when=Token.token_hash.exists() & (Token.expires_at > clock.now()),
        otherwise=LinkExpired(),
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
