"""The one source of time and of time-ordered identifiers, so that tests can hold the clock still."""

import time
from collections.abc import Callable
from datetime import UTC, datetime


def _system_time() -> datetime:
    return datetime.now(UTC)


source: Callable[[], datetime] = _system_time
pause: Callable[[float], None] = time.sleep


def now() -> datetime:
    """The current time in UTC."""
    return source()


def new_id() -> str:
    """A fresh ULID: 26 characters that sort by the moment they were made."""
    from ulid import ULID

    return str(ULID.from_datetime(now()))
