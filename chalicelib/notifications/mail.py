"""From a letter to the bytes that SES takes: templates, headers, MIME.

Each kind of mail has three templates per language, `templates/<lang>/<kind>.{subject.txt,txt,html}`.
No value can bring a line break or another control character into a mail, wherever it stands; the
text of a `notice` and of a `ticket` alone keep their lines, which the templates put together again.
"""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email import policy
from email.charset import QP, Charset
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib import clock, colours
from chalicelib.notifications import wording
from chalicelib.notifications.kinds import Kind
from chalicelib.settings import settings

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "templates"

# What RFC 2047 allows in a header's line that holds encoded words.
_LINE_CHARACTERS = 76

# What a header may hold unencoded: a line of it, none of it special in a display name (RFC 5322, atext).
_PLAIN_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+/^_`{|}~ -]{1,60}")

# A dot-atom at a domain: an address without quoting, comments or anything that begins an encoded word.
_PLAIN_ADDRESS = re.compile(r"(?!.*=\?)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")


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
    login_changed: `login` (the new one), `changed_at`, `network`, `forgot_url`;
    topped_up: `amount`, `balance` or None, `invoice` (its number) or None, `login` or None;
    services_blocked: `login` or None;
    contract_ended: `login` or None, `erased_after_days`;
    notice: `subject` and `text` (plain, its lines and paragraphs are kept), `login` or None;
    confirm_new_email: `link`, `valid_hours`;
    email_change_asked, email_replaced: `login` or None, `new_email_hint` (like "n•••@example.com"),
    `link` (which undoes the change), `valid_hours`, `changed_at`, `network`;
    email_changed: `login` or None, `login_is_old_address`, `changed_at`, `network`;
    sip_credentials: `sip_number`, `password` (the SIP one), `realm`, `replaces` (whether there was a
    password before), `network`;
    account_deleted: `login` or None, `deleted_at`, `erased_after_days`, `login_reserved_days`;
    ticket: `ticket_id`, `contact_email`, `login` (as typed) or None, `message` (plain, its lines and
    paragraphs are kept), `accounts` (each with its `account_id`, `login`, `status` and whether it is
    `matched_by` "login", "address" or "both");
    ticket_received: `ticket_id`;
    low_balance: `login` or None, `balance`, `threshold`, `as_of` (when it was that), `days_left` or None,
    `data_url`;
    balance_exhausted: the same but for `days_left`.

    Moments are aware, a network is like "203.0.113.0/24" or None, amounts are like "12.50", in PLN.
    Replies go to `reply_to`, or else to the operator's support address.
    """

    kind: Kind
    language: str
    recipient: str
    values: Mapping[str, object]
    reply_to: str | None = None


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
    domain = ascii_address(settings().mail_from).rpartition("@")[2]
    message = MIMEMultipart("alternative")
    message["From"] = _from_header()
    message["To"] = ascii_address(letter.recipient)
    message["Reply-To"] = ascii_address(letter.reply_to or settings().support_address)
    message["Subject"] = _header("Subject", rendered.subject)
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{re.sub('[^A-Za-z0-9-]', '', notification_id)}@{domain}>"
    message["Content-Language"] = letter.language
    message["Auto-Submitted"] = "auto-generated"
    message.attach(_part("plain", rendered.text))
    message.attach(_part("html", rendered.html))
    return message.as_bytes(policy=policy.compat32.clone(linesep="\r\n", max_line_length=_LINE_CHARACTERS))


def sender() -> str:
    """Who sends all mail, name and address, in the one line that SES takes beside the message.

    SES puts it in the place of the message's From, so it has to say the same. Raises UnusableAddress.
    """
    return _from_header().replace("\n", "")


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
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _finalized(value: Any) -> Any:
    """What a template may put out of a value: its text without line breaks, controls and the like."""
    if hasattr(value, "__html__"):  # made by a template, not given by anybody
        return value
    return wording.one_line(value)


def _common_values(language: str) -> dict[str, object]:
    zone = ZoneInfo(settings().time_zone)
    return {
        "language": language,
        "operator_name": settings().operator_name,
        "light": colours.light(settings().brand_colour),
        "light_paper": colours.LIGHT_PAPER,
        "dark": colours.dark(settings().brand_colour),
        "dark_paper": colours.DARK_PAPER,
        "panel_url": settings().panel_url,
        "mail_from": settings().mail_from,
        "support_address": settings().support_address,
        "moment": lambda at: wording.moment(at.astimezone(zone), language),
        "money": functools.partial(wording.money, language=language),
        "counted": functools.partial(wording.counted, language=language),
        "lasting": functools.partial(wording.lasting, language=language),
        "joined": wording.joined,
        "paragraphs": wording.paragraphs,
        "pieces": wording.pieces,
    }


def _from_header() -> str:
    return _header("From", settings().operator_name, f"<{ascii_address(settings().mail_from)}>")


def _header(name: str, text: str, address: str = "") -> str:
    """A header's value, folded: text, in encoded words (RFC 2047) unless it is plain, then an address."""
    # The package's newer header API is no choice here: it decodes encoded words in what it is given,
    # line breaks in them included, and loses the quotes of long display names (Python 3.11.7).
    line = wording.one_line(text).strip()
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
