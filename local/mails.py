"""The mails that the local cloud was asked to send, kept as files so that they survive a restart."""

import base64
import email
import email.policy
import functools
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

LINK = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True)
class Mail:
    """One mail, as SES accepted it: the envelope and the whole MIME message."""

    number: int
    sent_at: datetime
    sender: str
    recipients: tuple[str, ...]
    tags: Mapping[str, str]
    ses_message_id: str
    raw: bytes

    @functools.cached_property
    def message(self) -> EmailMessage:
        """The parsed message."""
        return email.message_from_bytes(self.raw, policy=email.policy.default)

    @property
    def subject(self) -> str:
        """The decoded subject line."""
        return str(self.message["Subject"] or "")

    @property
    def headers(self) -> list[tuple[str, str]]:
        """All header fields, decoded, in their order."""
        return [(name, str(value)) for name, value in self.message.items()]

    @property
    def text(self) -> str | None:
        """The text part, or None."""
        return self._part("plain")

    @property
    def html(self) -> str | None:
        """The HTML part, or None."""
        return self._part("html")

    @property
    def links(self) -> list[str]:
        """The links in the text part, each once, in their order."""
        return list(dict.fromkeys(LINK.findall(self.text or "")))

    def is_to(self, address: str) -> bool:
        """Whether it went to this address, in whatever case."""
        return address.casefold() in (recipient.casefold() for recipient in self.recipients)

    def _part(self, subtype: str) -> str | None:
        part = self.message.get_body(preferencelist=(subtype,))
        return part.get_content() if isinstance(part, EmailMessage) else None


class Mails:
    """All mails, in the order in which they were sent, in one directory."""

    def __init__(self, directory: Path, announce: Callable[[Mail], None] | None = None) -> None:
        """`announce` is called with every mail as it is sent."""
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._announce = announce
        self._lock = threading.Lock()
        self._mails = [_read(path) for path in sorted(directory.glob("*.json"))]

    def take(self, request: Mapping[str, Any], ses_message_id: str) -> None:
        """Keep the mail that an SES v2 SendEmail request with raw content asked for."""
        raw = base64.b64decode(request["Content"]["Raw"]["Data"])
        destination = request.get("Destination") or {}
        with self._lock:
            mail = Mail(
                number=self._mails[-1].number + 1 if self._mails else 1,
                sent_at=datetime.now(UTC),
                sender=request.get("FromEmailAddress", ""),
                recipients=tuple(
                    address
                    for field in ("ToAddresses", "CcAddresses", "BccAddresses")
                    for address in destination.get(field) or ()
                ),
                tags={tag["Name"]: tag["Value"] for tag in request.get("EmailTags") or ()},
                ses_message_id=ses_message_id,
                raw=raw,
            )
            _write(mail, self._directory / f"{mail.number:08}.json")
            self._mails.append(mail)
        if self._announce:
            self._announce(mail)

    def newest_first(self, to: str = "", after: int = 0) -> list[Mail]:
        """The mails with a number above `after`, to one address if it is given."""
        with self._lock:
            mails = self._mails[::-1]
        return [mail for mail in mails if mail.number > after and (not to or mail.is_to(to))]

    def find(self, number: int) -> Mail | None:
        """The mail of that number, or None."""
        return next((mail for mail in self.newest_first() if mail.number == number), None)


def _write(mail: Mail, path: Path) -> None:
    document = {
        "number": mail.number,
        "sent_at": mail.sent_at.isoformat(),
        "sender": mail.sender,
        "recipients": mail.recipients,
        "tags": mail.tags,
        "ses_message_id": mail.ses_message_id,
        "raw": base64.b64encode(mail.raw).decode(),
    }
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(document))
    unfinished.replace(path)


def _read(path: Path) -> Mail:
    document = json.loads(path.read_text())
    return Mail(
        number=document["number"],
        sent_at=datetime.fromisoformat(document["sent_at"]),
        sender=document["sender"],
        recipients=tuple(document["recipients"]),
        tags=document["tags"],
        ses_message_id=document["ses_message_id"],
        raw=base64.b64decode(document["raw"]),
    )
