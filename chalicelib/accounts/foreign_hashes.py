"""Password hashes that other systems made: which are taken over with their customers, and how they verify.

Each is replaced by one of ours at the customer's first log-in. What a hash may cost is bounded, so that
none that is imported can hold up the function or exhaust its memory: the dearest of each kind takes about
as long as bcrypt does at cost 13.
"""

import base64
import binascii
import hashlib
import hmac
import re
from typing import NoReturn

from chalicelib.errors import FieldError, InvalidPasswordHash

ARGON2_MOST_KIB = 65_536
ARGON2_MOST_PASSES = 10
BCRYPT_COSTS = range(4, 14)
# What OWASP advises for each, and Django does, has room in it.
PBKDF2_MOST_ROUNDS = {"sha1": 1_300_000, "sha256": 1_300_000, "sha512": 500_000}

# Anything longer is none of these; libsodium reads no argon2 string that is longer.
_ARGON2_MOST_CHARACTERS = 127
_MOST_CHARACTERS = 512
_ARGON2_KIB_PER_LANE = 8
_ARGON2_MIN_SALT_BYTES, _ARGON2_MIN_DIGEST_BYTES = 8, 16
# bcrypt knows no more of a password, and systems that use it have always cut the rest off.
_BCRYPT_MOST_BYTES = 72

_NUMBER = r"[1-9][0-9]{0,8}"
_ARGON2 = re.compile(
    rf"\$argon2(?:id|i)\$v=19\$m=(?P<kib>{_NUMBER}),t=(?P<passes>{_NUMBER}),p=(?P<lanes>{_NUMBER})"
    r"\$(?P<salt>[A-Za-z0-9+/]+)\$(?P<digest>[A-Za-z0-9+/]+)"
)
# The last characters of salt and digest have bits to spare, which must be zero.
_BCRYPT = re.compile(
    r"\$2[aby]\$(?P<cost>[0-9]{2})\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]"
)
# As passlib writes it (and with it Flask, Pyramid and others) ...
_PBKDF2 = re.compile(
    rf"\$pbkdf2(?:-(?P<name>sha256|sha512))?\$(?P<rounds>{_NUMBER})"
    r"\$(?P<salt>[A-Za-z0-9./]*)\$(?P<digest>[A-Za-z0-9./]+)"
)
# ... and as Django does, where the salt is text.
_DJANGO_PBKDF2 = re.compile(
    rf"pbkdf2_(?P<name>sha1|sha256)\$(?P<rounds>{_NUMBER})\$(?P<salt>[!-#%-~]+)\$(?P<digest>[A-Za-z0-9+/]+=*)"
)


def check_importable(password_hash: str) -> None:
    """Whether a customer can log in by this hash; what it costs is within bounds.

    Raises InvalidPasswordHash: `unsupported` for what is no argon2id, argon2i, bcrypt or PBKDF2 hash in
    its standard form (argon2d is for other purposes), `too_costly` for one beyond the bounds.
    """
    if len(password_hash) > _MOST_CHARACTERS:
        _refuse("unsupported")
    if found := _ARGON2.fullmatch(password_hash):
        _check_argon2(found)
    elif found := _BCRYPT.fullmatch(password_hash):
        _check_bcrypt(found)
    else:
        name, rounds, _, _ = _pbkdf2_of(password_hash)
        if rounds > PBKDF2_MOST_ROUNDS[name]:
            _refuse("too_costly")


def matches(password: bytes, password_hash: str) -> bool:
    """Whether the password has this bcrypt or PBKDF2 hash, which `check_importable` has let pass."""
    if _BCRYPT.fullmatch(password_hash):
        return _is_bcrypt_of(password, password_hash)
    name, rounds, salt, digest = _pbkdf2_of(password_hash)
    return hmac.compare_digest(hashlib.pbkdf2_hmac(name, password, salt, rounds), digest)


def _check_argon2(found: re.Match[str]) -> None:
    kib, passes, lanes = int(found["kib"]), int(found["passes"]), int(found["lanes"])
    if kib > ARGON2_MOST_KIB or passes > ARGON2_MOST_PASSES:
        _refuse("too_costly")
    if (
        len(found[0]) > _ARGON2_MOST_CHARACTERS
        or kib < _ARGON2_KIB_PER_LANE * lanes
        or len(_from_base64(found["salt"])) < _ARGON2_MIN_SALT_BYTES
        or len(_from_base64(found["digest"])) < _ARGON2_MIN_DIGEST_BYTES
    ):
        _refuse("unsupported")


def _check_bcrypt(found: re.Match[str]) -> None:
    cost = int(found["cost"])
    if cost not in BCRYPT_COSTS:
        _refuse("too_costly" if cost > BCRYPT_COSTS[-1] else "unsupported")


def _is_bcrypt_of(password: bytes, password_hash: str) -> bool:
    import bcrypt

    fits = bcrypt.checkpw(password[:_BCRYPT_MOST_BYTES], password_hash.encode())
    # To the systems that made these hashes a password ends at a NUL: none of theirs has one.
    return fits and b"\0" not in password


def _pbkdf2_of(password_hash: str) -> tuple[str, int, bytes, bytes]:
    """The hash function's name, the rounds, salt and digest."""
    if found := _PBKDF2.fullmatch(password_hash):
        salt, digest = (_from_base64(found[part].replace(".", "+")) for part in ("salt", "digest"))
    elif found := _DJANGO_PBKDF2.fullmatch(password_hash):
        salt, digest = found["salt"].encode(), _from_base64(found["digest"].rstrip("="))
    else:
        _refuse("unsupported")
    name = found["name"] or "sha1"
    if len(digest) != hashlib.new(name, usedforsecurity=False).digest_size:
        _refuse("unsupported")
    return name, int(found["rounds"]), salt, digest


def _from_base64(text: str) -> bytes:
    """The bytes that are written in base64 without padding, in the one way that they are written."""
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        _refuse("unsupported")
    if base64.b64encode(content).decode().rstrip("=") != text:
        _refuse("unsupported")
    return content


def _refuse(code: str) -> NoReturn:
    raise InvalidPasswordHash(FieldError("password_hash", code))
