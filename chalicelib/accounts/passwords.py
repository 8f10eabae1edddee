"""Passwords: the rules they must meet, and their hashes.

Hashing is argon2id by libsodium (PyNaCl), in the standard encoded form: measured beside
argon2-cffi's wheel it verified in 0.6 to 0.9 of the time, the more so the higher the cost. Hashes of
other systems come with imported customers, and are replaced at their first log-in.
"""

import functools
import secrets
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from chalicelib.errors import FieldError, WeakPassword
from chalicelib.settings import Settings, settings

MIN_CHARACTERS = 8
MAX_BYTES = 1024

# Only those that would do otherwise; made by tools/common_passwords.py.
COMMON_PASSWORDS = Path(__file__).with_name("common_passwords.txt")

# Stands in the place of a hash where the account has no password: only a reset gives it one.
UNUSABLE = "!"

_OURS, _ANY_ARGON2 = "$argon2id$", "$argon2"

# A shorter piece of personal data is part of too many good passwords.
_PERSONAL_MIN_CHARACTERS = 3


def check(password: str, *, login: str, email: str) -> str:
    """The password in NFC, if it meets rule R2, is not common, and does not hold the customer's own data.

    Raises WeakPassword with every rule that it breaks.
    """
    normal = composed(password)
    broken = [FieldError("password", rule) for rule in _broken_rules(normal, login, email)]
    if broken:
        raise WeakPassword(*broken)
    return normal


def composed(password: str) -> str:
    """The password in NFC, so that it is the same from every keyboard."""
    return unicodedata.normalize("NFC", password)


def _broken_rules(password: str, login: str, email: str) -> Iterator[str]:
    if len(password) < MIN_CHARACTERS:
        yield "too_short"
    if len(password.encode()) > MAX_BYTES:
        yield "too_long"
        return
    if not any(character.islower() for character in password):
        yield "no_lower_case"
    if not any(character.isupper() for character in password):
        yield "no_upper_case"
    if not any(character.isdigit() for character in password):
        yield "no_digit"
    folded = password.casefold()
    if any(own in folded for own in _own_data(login, email)):
        yield "contains_own_data"
    if folded in _common_passwords():
        yield "too_common"


def _own_data(login: str, email: str) -> Iterator[str]:
    local_part = email.rpartition("@")[0]
    for own in (login, email, local_part):
        if len(own) >= _PERSONAL_MIN_CHARACTERS:
            yield composed(own).casefold()


@functools.cache
def _common_passwords() -> frozenset[str]:
    return frozenset(COMMON_PASSWORDS.read_text().splitlines())


def hash_password(password: str) -> str:
    """The argon2id hash of a password (composed), at the cost of the settings, in the standard encoding."""
    from nacl.pwhash import argon2id

    encoded = argon2id.str(password.encode(), **_cost(settings()))
    return str(encoded, "ascii")


def verify(password: str, password_hash: str) -> bool:
    """Whether the password has this hash; takes the time of one hashing either way."""
    secret = composed(password).encode()
    if password_hash == UNUSABLE:
        _is_argon2_of(secret, decoy_hash())
        return False
    if password_hash.startswith(_ANY_ARGON2):
        return _is_argon2_of(secret, password_hash)
    from chalicelib.accounts import foreign_hashes

    return foreign_hashes.matches(secret, password_hash)


def _is_argon2_of(secret: bytes, password_hash: str) -> bool:
    from nacl.exceptions import InvalidkeyError
    from nacl.pwhash import argon2id

    try:
        argon2id.verify(password_hash.encode(), secret)
    except InvalidkeyError:
        return False
    return True


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash is of another kind than ours, or cheaper than the settings ask for now."""
    if password_hash == UNUSABLE:
        return False
    if not password_hash.startswith(_OURS):
        return True
    cost = _cost_of(password_hash)
    return cost["m"] < settings().argon2_memory_kib or cost["t"] < settings().argon2_passes


@functools.cache
def decoy_hash() -> str:
    """A hash that no password has, so that an unknown login costs the work of a known one."""
    return hash_password(secrets.token_urlsafe())


def _cost(tuned: Settings) -> dict[str, int]:
    return {"opslimit": tuned.argon2_passes, "memlimit": tuned.argon2_memory_kib * 1024}


def _cost_of(password_hash: str) -> dict[str, int]:
    # $argon2id$v=19$m=19456,t=2,p=1$salt$hash
    parameters = password_hash.split("$")[3]
    return {name: int(value) for name, value in (pair.split("=") for pair in parameters.split(","))}
