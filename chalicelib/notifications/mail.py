"""From a letter to the bytes that SES takes: templates, headers, MIME.

Each kind of mail has three templates per language, `templates/<lang>/<kind>.{subject.txt,txt,html}`.
No value can bring a line break or another control character into a mail, wherever it stands.
"""

import functools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.charset import QP, Charset
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib import clock
from chalicelib.notifications.kinds import Kind
from chalicelib.settings import settings

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "templates"

# Unicode categories that are no text: controls, format characters (text direction among them),
# lone surrogates, line and paragraph separators.
_NO_TEXT = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

_HOUR_MINUTES = 60

# What RFC 2047 allows in a header's line that holds encoded words.
_LINE_CHARACTERS = 76

# What a header may hold unencoded: a line of it, none of it special in a display name (RFC 5322, atext).
_PLAIN_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+/^_`{|}~ -]{1,60}")

# A dot-atom at a domain: an address without quoting, comments or anything that begins an encoded word.
_PLAIN_ADDRESS = re.compile(r"(?!.*=\?)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")

_MONTHS = {
    "pl": "stycznia lutego marca kwietnia maja czerwca "
    "lipca sierpnia września października listopada grudnia",
    "en": "January February March April May June July August September October November December",
}
_MOMENTS = {
    "pl": "{0.day} {month} {0.year} r. o godz. {0:%H:%M} ({zone})",
    "en": "{0.day} {month} {0.year} at {0:%H:%M} ({zone})",
}


class UnusableAddress(ValueError):
    """The address, a recipient's or one of the settings, is not one that mail can carry; never retry it."""


@dataclass(frozen=True)
class Letter:
    """What to write and to whom.

    A kind of mail, its language ("pl" or "en"), the recipient as typed, and the values its templates use:

    confirm_email: `link`, `valid_hours`;
    password_reset: `accounts` (each with its `link` and its `login`, None where that may not be shown),
    `valid_minutes`, `requested_at`, `network`;
    password_changed: `login` or None, `changed_at`, `network`, `forgot_url`;
    login_changed: `login` (the new one), `changed_at`, `network`, `forgot_url`.

    Moments are aware, a network is like "203.0.113.0/24" or None.
    """

    kind: Kind
    language: str
    recipient: str
    values: Mapping[str, object]


@dataclass(frozen=True)
class Rendered:
    """A letter's words: the subject in one line, the text and the HTML part saying the same."""

    subject: str
    text: str
    html: str


def render(letter: Letter) -> Rendered:
    """The letter in words.

    Raises jinja2.UndefinedError when a template uses a value that the letter lacks.
    """
    environment = _environment()
    template = f"{letter.language}/{letter.kind}"
    context = {**letter.values, **_common_values(letter.language)}
    subject = environment.get_template(f"{template}.subject.txt").render(context)
    context["subject"] = subject
    return Rendered(
        subject=subject,
        text=environment.get_template(f"{template}.txt").render(context),
        html=environment.get_template(f"{template}.html").render(context),
    )


def to_mime(letter: Letter, notification_id: str) -> bytes:
    """The letter as a complete message (RFC 5322), multipart/alternative, with CRLF line ends.

    Raises UnusableAddress besides what `render` raises.
    """
    rendered = render(letter)
    sender = ascii_address(settings().mail_from)
    domain = sender.rpartition("@")[2]
    message = MIMEMultipart("alternative")
    message["From"] = _header("From", settings().operator_name, f"<{sender}>")
    message["To"] = ascii_address(letter.recipient)
    message["Reply-To"] = ascii_address(settings().support_address)
    message["Subject"] = _header("Subject", rendered.subject)
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{re.sub('[^A-Za-z0-9-]', '', notification_id)}@{domain}>"
    message["Content-Language"] = letter.language
    message["Auto-Submitted"] = "auto-generated"
    message.attach(_part("plain", rendered.text))
    message.attach(_part("html", rendered.html))
    return message.as_bytes(policy=policy.compat32.clone(linesep="\r\n", max_line_length=_LINE_CHARACTERS))


def ascii_address(address: str) -> str:
    """The address as SES and a header take it: an international domain in its ASCII form (IDNA).

    Raises UnusableAddress when that leaves anything that mail cannot carry.
    """
    local, _, domain = address.rpartition("@")
    if not domain.isascii():
        import idna

        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except idna.IDNAError:
            raise UnusableAddress(address) from None
    if not _PLAIN_ADDRESS.fullmatch(f"{local}@{domain}"):
        raise UnusableAddress(address)
    return f"{local}@{domain}"


@functools.cache
def _environment() -> "Environment":
    # Imported here: only what delivers mail pays for it at a cold start.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=select_autoescape(),
        finalize=_one_line,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _one_line(value: Any) -> Any:
    """What a template may put out of a value: its text without line breaks, controls and the like."""
    if hasattr(value, "__html__"):  # made by a template, not given by anybody
        return value
    return "".join(character for character in str(value) if unicodedata.category(character) not in _NO_TEXT)


def _common_values(language: str) -> dict[str, object]:
    zone = ZoneInfo(settings().time_zone)
    return {
        "language": language,
        "operator_name": settings().operator_name,
        "panel_url": settings().panel_url,
        "mail_from": settings().mail_from,
        "support_address": settings().support_address,
        "moment": lambda at: _moment(at.astimezone(zone), language),
        "counted": functools.partial(_counted, language=language),
        "lasting": functools.partial(_lasting, language=language),
    }


def _moment(local: datetime, language: str) -> str:
    """Day, time to the minute and the zone's name, as the language writes them."""
    name = local.strftime("%Z")
    zone = f"UTC{name}" if name.startswith(("+", "-")) else name
    return _MOMENTS[language].format(local, month=_MONTHS[language].split()[local.month - 1], zone=zone)


def _lasting(minutes: int, minute: Sequence[str], hour: Sequence[str], language: str) -> str:
    """A link's lifetime, in hours where they are several and whole."""
    if minutes > _HOUR_MINUTES and minutes % _HOUR_MINUTES == 0:
        return _counted(minutes // _HOUR_MINUTES, hour, language)
    return _counted(minutes, minute, language)


def _counted(number: int, noun: Sequence[str], language: str) -> str:
    """The number with the noun's form that goes with it; a noun is given in all its forms."""
    return f"{number} {noun[_plural_form(number, language)]}"


def _plural_form(number: int, language: str) -> int:
    """Which of a noun's forms goes with the number: 0, 1 and, in Polish, 2 (CLDR: one, few, many)."""
    if number == 1:
        return 0
    if language == "pl" and not (number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14)):
        return 2
    return 1


def _header(name: str, text: str, address: str = "") -> str:
    """A header's value, folded: text, in encoded words (RFC 2047) unless it is plain, then an address."""
    # The package's newer header API is no choice here: it decodes encoded words in what it is given,
    # line breaks in them included, and loses the quotes of long display names (Python 3.11.7).
    line = _one_line(text).strip()
    charset = "us-ascii" if _PLAIN_HEADER.fullmatch(line) else "utf-8"
    header = Header(line, charset, maxlinelen=_LINE_CHARACTERS, header_name=name)
    if address:
        header.append(address, "us-ascii")
    return header.encode()


def _part(subtype: str, text: str) -> MIMENonMultipart:
    # Quoted-printable keeps lines under every relay's limit, and links reach the reader as written.
    charset = Charset("utf-8")
    charset.body_encoding = QP
    part = MIMENonMultipart("text", subtype, charset="utf-8")
    part.set_payload(text, charset)
    return part
