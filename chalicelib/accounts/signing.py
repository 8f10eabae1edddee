"""Signed session tokens (JWT, RFC 7519, HS256) and the secret they are signed with.

The secret lives in Secrets Manager, made by the template. Its version id is the token's `kid`, and
the previous version is accepted beside the current one: rotating it logs nobody out.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import jwt
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from chalicelib import aws, clock
from chalicelib.errors import NotLoggedIn, Unavailable

_ALGORITHM = "HS256"
_ISSUER = "klucznik"
_AUDIENCE = "klucznik-session"

# How long a process goes by what it knows of the secret before it asks whether it was rotated, and
# how often at most it asks because of a token with an unknown `kid` (anybody can send those).
_FRESH = timedelta(hours=1)
_SEARCH_AGAIN = timedelta(seconds=5)


class KeyRing:
    """The signing secrets known to this process, by version id: the current, perhaps the previous one."""

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}
        self._current_id = ""
        self._current_at: datetime | None = None
        self._searched_at: datetime | None = None

    def current(self) -> tuple[str, str]:
        """The id and the secret to sign with."""
        self._refresh()
        return self._current_id, self._secrets[self._current_id]

    def find(self, key_id: str) -> str | None:
        """The secret of this id, if it is the current or the previous one."""
        self._refresh()
        if key_id not in self._secrets and _is_older(self._searched_at, _SEARCH_AGAIN):
            self._searched_at = clock.now()
            self._ask_previous()
            if key_id not in self._secrets:
                self._ask_current()
        return self._secrets.get(key_id)

    def _refresh(self) -> None:
        if _is_older(self._current_at, _FRESH):
            self._ask_current()

    def _ask_current(self) -> None:
        version = self._ask("AWSCURRENT")
        was_rotated = self._current_id not in ("", version)
        self._current_id, self._current_at = version, clock.now()
        if was_rotated:
            # What was the previous secret is none any more.
            self._secrets = {version: self._secrets[version]}
            self._ask_previous()

    def _ask_previous(self) -> None:
        with suppress(_NoSuchStage):  # never rotated yet
            self._ask("AWSPREVIOUS")

    def _ask(self, stage: str) -> str:
        try:
            answer = aws.client("secretsmanager").get_secret_value(
                SecretId=os.environ["SIGNING_SECRET_ARN"], VersionStage=stage
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                raise _NoSuchStage(stage) from None
            raise Unavailable from error
        except (HTTPClientError, NoConnection) as error:
            raise Unavailable from error
        self._secrets[answer["VersionId"]] = answer["SecretString"]
        return str(answer["VersionId"])


class _NoSuchStage(LookupError):
    """The secret has no version at this stage."""


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
    except (jwt.InvalidTokenError, UnicodeError):
        raise NotLoggedIn from None
    if claims["exp"] <= clock.now().timestamp():
        raise NotLoggedIn
    return claims


def forget_secrets() -> None:
    """Start anew with an empty key ring (used by tests)."""
    global _ring  # noqa: PLW0603 - the ring is this process's cache, replaced as a whole
    _ring = KeyRing()
