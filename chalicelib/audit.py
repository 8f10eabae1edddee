"""Who of the operator's staff did what to which account, and why: lines in a log group of their own.

Nothing is done unaudited: the first line is written before the act, which is refused if it cannot be.
Lines hold account ids and reasons, never a secret, an address or what was typed to find somebody.
"""

import functools
import json
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from chalicelib import aws, clock
from chalicelib.errors import DomainError, Unavailable

# Staff are asked for reasons, not for addresses; they will type them all the same.
_ADDRESS = re.compile(r"[^\s<>]+@[^\s<>]+")

_logger = logging.getLogger(__name__)


@dataclass
class Act:
    """What staff do, as a block: a line before it, and one after it that says done, refused or failed.

    Two calls, and one more for the first act of a process on a day. Raises Unavailable when the line
    before cannot be written; the block is not entered then.
    """

    who: str
    """The caller's ARN, as IAM knows it."""
    what: str
    request_id: str
    account_id: str | None = None
    reason: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What else says what was asked for; nothing personal."""
    _told: bool = field(default=False, init=False, repr=False)

    def __enter__(self) -> Self:
        self._write("asked")
        return self

    def done(self, **facts: Any) -> None:
        """Write now what came of it, for what must not be seen by anybody before. Raises Unavailable."""
        self._write("done", **facts)
        self._told = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, DomainError):
            self._became("refused", code=error.code)
        elif isinstance(error, Exception):
            self._became("failed", error=type(error).__name__)
        elif error is None and not self._told:
            self._became("done")

    def _became(self, outcome: str, **facts: str) -> None:
        # The caller must learn the outcome, whether or not this line can be written: the first one
        # stands, and its request id leads to the log of the API.
        try:
            self._write(outcome, **facts)
        except Unavailable:
            _logger.exception("the audit log lacks that request %s was %s", self.request_id, outcome)

    def _write(self, outcome: str, **facts: Any) -> None:
        line = {
            "at": clock.now().isoformat(timespec="milliseconds"),
            "outcome": outcome,
            "who": self.who,
            "what": self.what,
            "account_id": self.account_id,
            "reason": _ADDRESS.sub("[address]", self.reason) if self.reason else None,
            "request_id": self.request_id,
            **self.facts,
            **facts,
        }
        _append({name: value for name, value in line.items() if value is not None})


def forget_stream() -> None:
    """Make a new stream for the next line."""
    _stream_of.cache_clear()


def _append(line: Mapping[str, Any]) -> None:
    now = clock.now()
    event = {"timestamp": int(now.timestamp() * 1000), "message": json.dumps(line)}
    try:
        answer = aws.client("logs").put_log_events(
            logGroupName=os.environ["AUDIT_LOG_GROUP"],
            logStreamName=_stream_of(now.date().isoformat()),
            logEvents=[event],
        )
    except (ClientError, HTTPClientError, NoConnection) as error:
        _logger.exception("the audit log cannot be written")
        forget_stream()  # perhaps it is not there any more
        raise Unavailable from error
    if answer.get("rejectedLogEventsInfo"):  # accepted as a request, but not as a line
        raise Unavailable


@functools.cache
def _stream_of(day: str) -> str:
    """This process's own stream for a day; nobody else writes there, or makes one of its name."""
    name = f"{day}/{clock.new_id()}"
    aws.client("logs").create_log_stream(logGroupName=os.environ["AUDIT_LOG_GROUP"], logStreamName=name)
    return name
