"""Looking for secrets where none may be read (I2)."""

import base64
import json
from collections.abc import Iterator
from itertools import chain
from typing import Any
from urllib.parse import quote

# A mail and the signing secret hold secrets by their nature.
MEANT_TO_CARRY = {"SendEmail", "GetSecretValue"}


def forms(secret: str) -> Iterator[str]:
    """The secret as it is, and as it looks encoded; base64 at each of its three positions in other text."""
    raw = secret.encode()
    yield secret
    yield json.dumps(secret)[1:-1]
    yield quote(secret, safe="")
    yield raw.hex()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw)
        whole = encoded[4 * (shift > 0) : len(encoded) // 4 * 4 - 4].decode()
        yield whole
        yield whole.translate(str.maketrans("+/", "-_"))


def leaked(secrets: list[str], text: str) -> list[str]:
    """Those secrets that can be read in a text."""
    return [secret for secret in secrets if any(form in text for form in forms(secret))]


def texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value, also one that is JSON itself."""
    match value:
        case dict():
            yield from chain.from_iterable(map(texts, chain(value, value.values())))
        case list():
            yield from chain.from_iterable(map(texts, value))
        case _:
            yield str(value)
