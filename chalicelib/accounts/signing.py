"""Signed session tokens (JWT, RFC 7519, HS256) and the secret they are signed with.

The secret lives in Secrets Manager, made by the template. Its version id is the token's `kid`, and
the previous version is accepted beside the current one: rotating it logs nobody out.
"""

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import jwt

from chalicelib import aws, clock
from chalicelib.errors import NotLoggedIn

_ALGORITHM = "HS256"
_ISSUER = "klucznik"
_AUDIENCE = "klucznik-session"

# How long a process signs with a secret without asking whether it was rotated, and how often at
# most it asks because of a token with an unknown `kid` (anybody can send those).
_FRESH = timedelta(hours=1)
_ASK_AGAIN = timedelta(minutes=1)


class KeyRing:
    """The signing secrets known to this process, by version id."""

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}
        self._current_id = ""
        self._current_at: datetime | None = None
        self._previous_at: datetime | None = None

    def current(self) -> tuple[str, str]:
        """The id and the secret to sign with."""
        if _is_older(self._current_at, _FRESH):
            self._ask_current()
        return self._current_id, self._secrets[self._current_id]

    def find(self, key_id: str) -> str | None:
        """The secret of this id, if it is the current or the previous one."""
        if key_id not in self._secrets and _is_older(self._current_at, _ASK_AGAIN):
            self._ask_current()
        if key_id not in self._secrets and _is_older(self._previous_at, _ASK_AGAIN):
            self._ask_previous()
        return self._secrets.get(key_id)

    def _ask_current(self) -> None:
        self._current_id = self._ask("AWSCURRENT")
        self._current_at = clock.now()

    def _ask_previous(self) -> None:
        client = aws.client("secretsmanager")
        self._previous_at = clock.now()
        try:
            self._ask("AWSPREVIOUS")
        except client.exceptions.ResourceNotFoundException:
            return  # never rotated yet

    def _ask(self, stage: str) -> str:
        answer = aws.client("secretsmanager").get_secret_value(
            SecretId=os.environ["SIGNING_SECRET_ARN"], VersionStage=stage
        )
        self._secrets[answer["VersionId"]] = answer["SecretString"]
        return str(answer["VersionId"])


def _is_older(moment: datetime | None, age: timedelta) -> bool:
    return moment is None or clock.now() - moment > age


_ring = KeyRing()


def sign(claims: Mapping[str, Any]) -> str:
    """A token with these claims, signed with the current secret."""
    key_id, secret = _ring.current()
    return jwt.encode(
        {**claims, "iss": _ISSUER, "aud": _AUDIENCE}, secret, _ALGORITHM, headers={"kid": key_id}
    )


def verify(token: str) -> dict[str, Any]:
    """The claims of a token that we signed and whose `exp` has not passed.

    Raises NotLoggedIn for every other token.
    """
    try:
        secret = _ring.find(str(jwt.get_unverified_header(token).get("kid")))
        if secret is None:
            raise NotLoggedIn
        claims: dict[str, Any] = jwt.decode(
            token,
            secret,
            algorithms=[_ALGORITHM],
            issuer=_ISSUER,
            audience=_AUDIENCE,
            # Time is judged below, by the clock that everything here goes by.
            options={"require": ["exp", "sub", "sid"], "verify_exp": False, "verify_iat": False},
        )
    except jwt.InvalidTokenError:
        raise NotLoggedIn from None
    if claims["exp"] <= clock.now().timestamp():
        raise NotLoggedIn
    return claims


def forget_secrets() -> None:
    """Start anew with an empty key ring (used by tests)."""
    global _ring  # noqa: PLW0603 - the ring is this process's cache, replaced as a whole
    _ring = KeyRing()
