"""A SIP device, and the part of a registrar that tells who it is: HTTP digest authentication (RFC 7616).

The registrar knows what our API tells it about a number, the device what its owner was mailed. Neither
uses digests made by the code under test.
"""

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass

REGISTRAR = "sip:sip.operator.example"


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


HASHES: dict[str, Callable[[str], str]] = {"MD5": _md5, "SHA-256": _sha256}


@dataclass(frozen=True)
class Challenge:
    """What a registrar asks: realm and nonce, to be answered by this algorithm."""

    realm: str
    nonce: str
    algorithm: str


@dataclass(frozen=True)
class Known:
    """What a registrar was told about a number."""

    realm: str
    ha1_md5: str | None
    ha1_sha256: str | None
    allowed: bool


def response(
    challenge: Challenge, ha1: str, *, method: str, uri: str, cnonce: str, nc: str = "00000001"
) -> str:
    """The answer to a challenge with qop=auth, by whoever has HA1 (RFC 7616, section 3.4.1)."""
    hashed = HASHES[challenge.algorithm]
    return hashed(f"{ha1}:{challenge.nonce}:{nc}:{cnonce}:auth:{hashed(f'{method}:{uri}')}")


@dataclass(frozen=True)
class Device:
    """A telephone with what its owner typed into it."""

    number: str
    password: str

    def answer(self, challenge: Challenge, cnonce: str) -> str:
        """What it answers to a challenge."""
        ha1 = HASHES[challenge.algorithm](f"{self.number}:{challenge.realm}:{self.password}")
        return response(challenge, ha1, method="REGISTER", uri=REGISTRAR, cnonce=cnonce)

    def is_let_in(self, known: Known, algorithm: str) -> bool:
        """Whether a registrar that knows this about the number takes the device's answer."""
        ha1 = {"MD5": known.ha1_md5, "SHA-256": known.ha1_sha256}[algorithm]
        if ha1 is None or not known.allowed:
            return False
        challenge, cnonce = Challenge(known.realm, secrets.token_hex(), algorithm), secrets.token_hex()
        expected = response(challenge, ha1, method="REGISTER", uri=REGISTRAR, cnonce=cnonce)
        return self.answer(challenge, cnonce) == expected


def device_set_up_by(text: str) -> Device:
    """A telephone into which the owner typed number and password as a mail's text says them."""
    number, password, *_ = re.findall(r":\r?\n(\S+)\r?\n", text)
    return Device(number, password)
