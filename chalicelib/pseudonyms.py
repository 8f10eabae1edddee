"""Names that stand for personal data which must not be kept, and yet be recognised again (R13).

A pseudonym is a keyed hash (HMAC-SHA-256, RFC 2104): without the key, which lives in Secrets Manager
and is never rotated, nobody can find out by trying whose login or address it stands for.
"""

import functools
import hashlib
import hmac
import os

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from chalicelib import aws
from chalicelib.errors import Unavailable

_PREFIX = "hmac-sha256:"


def pseudonym(scope: str, value: str) -> str:
    """What stands for `value` among the values of one scope ("login", "address" …).

    One call to AWS in the life of a process. Raises Unavailable.
    """
    digest = hmac.new(_key(), f"{scope}\0{value}".encode(), hashlib.sha256).hexdigest()
    return f"{_PREFIX}{digest}"


def is_pseudonym(value: str) -> bool:
    """Whether this is a pseudonym already; no login and no address looks like one."""
    return value.startswith(_PREFIX)


def forget_key() -> None:
    """Ask for the key anew at the next use."""
    _key.cache_clear()


@functools.cache
def _key() -> bytes:
    try:
        answer = aws.client("secretsmanager").get_secret_value(SecretId=os.environ["PSEUDONYM_SECRET_ARN"])
    except (ClientError, HTTPClientError, NoConnection) as error:
        raise Unavailable from error
    return str(answer["SecretString"]).encode()
