"""Letters to try mails with, the operator who sends them, and how to read what came of them."""

import dataclasses
import email
import email.header
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage, Message
from html.parser import HTMLParser

import pytest

from chalicelib.notifications import mail
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.mail import Letter
from chalicelib.settings import Settings

NOTIFICATION_ID = "01JD9Z3V5T8Q4W7X2Y6K0M1N3P"
HEADERS = [
    "Content-Type",
    "MIME-Version",
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "Content-Language",
    "Auto-Submitted",
]

PANEL = "https://panel.operator.example"
JAN_LINK = f"{PANEL}/reset?token=JanJanJanJanJanJanJanJanJanJanJanJanJanJanJan"
ZOFIA_LINK = f"{PANEL}/reset?token=Zofia_Zofia-Zofia_Zofia-Zofia_Zofia-Zofia_Z"
NETWORK = "203.0.113.0/24"
SUNDAY = datetime(2026, 11, 22, 9, 5, tzinfo=UTC)

CONFIRM_EMAIL = Letter(
    Kind.CONFIRM_EMAIL, "pl", "jan@example.pl", {"link": f"{PANEL}/confirm?token=Jan", "valid_hours": 24}
)
PASSWORD_RESET = Letter(
    Kind.PASSWORD_RESET,
    "pl",
    "jan@example.pl",
    {
        "accounts": [{"login": "jan.kowalski", "link": JAN_LINK}],
        "valid_minutes": 60,
        "requested_at": SUNDAY,
        "network": NETWORK,
    },
)
PASSWORD_CHANGED = Letter(
    Kind.PASSWORD_CHANGED,
    "pl",
    "jan@example.pl",
    {"login": "jan.kowalski", "changed_at": SUNDAY, "network": NETWORK, "forgot_url": f"{PANEL}/forgot"},
)
LOGIN_CHANGED = dataclasses.replace(PASSWORD_CHANGED, kind=Kind.LOGIN_CHANGED)

CONFIRM_NEW_EMAIL = Letter(
    Kind.CONFIRM_NEW_EMAIL,
    "pl",
    "jan@example.pl",
    {"link": f"{PANEL}/email/confirm?token=Jan", "valid_hours": 24},
)
UNDO_LINK = f"{PANEL}/email/undo?token=Jan"
EMAIL_CHANGE_ASKED = Letter(
    Kind.EMAIL_CHANGE_ASKED,
    "pl",
    "jan@example.pl",
    {
        "login": "jan.kowalski",
        "new_email_hint": "n•••@example.com",
        "link": UNDO_LINK,
        "valid_hours": 72,
        "changed_at": SUNDAY,
        "network": NETWORK,
    },
)
EMAIL_REPLACED = dataclasses.replace(EMAIL_CHANGE_ASKED, kind=Kind.EMAIL_REPLACED)
EMAIL_CHANGED = Letter(
    Kind.EMAIL_CHANGED,
    "pl",
    "jan@example.pl",
    {"login": "jan.kowalski", "login_is_old_address": True, "changed_at": SUNDAY, "network": NETWORK},
)

SIP_PASSWORD = "k7fq2mzx9wt4hbn8rs3d"
SIP_CREDENTIALS = Letter(
    Kind.SIP_CREDENTIALS,
    "pl",
    "jan@example.pl",
    {
        "sip_number": "600123456",
        "password": SIP_PASSWORD,
        "realm": "sip.operator.example",
        "replaces": False,
        "network": NETWORK,
    },
)

TOPPED_UP = Letter(
    Kind.TOPPED_UP,
    "pl",
    "jan@example.pl",
    {"login": "jan.kowalski", "amount": "12.50", "balance": "-3.00", "invoice": "FV/2026/11/0042"},
)
SERVICES_BLOCKED = Letter(Kind.SERVICES_BLOCKED, "pl", "jan@example.pl", {"login": "jan.kowalski"})
CONTRACT_ENDED = Letter(
    Kind.CONTRACT_ENDED, "pl", "jan@example.pl", {"login": "jan.kowalski", "erased_after_days": 30}
)
ACCOUNT_DELETED = Letter(
    Kind.ACCOUNT_DELETED,
    "pl",
    "jan@example.pl",
    {"login": "jan.kowalski", "deleted_at": SUNDAY, "erased_after_days": 30, "login_reserved_days": 90},
)
LOW_BALANCE = Letter(
    Kind.LOW_BALANCE,
    "pl",
    "jan@example.pl",
    {
        "login": "jan.kowalski",
        "balance": "3.20",
        "threshold": "5.00",
        "as_of": SUNDAY,
        "days_left": 4,
        "data_url": f"{PANEL}/data",
    },
)
BALANCE_EXHAUSTED = Letter(
    Kind.BALANCE_EXHAUSTED,
    "pl",
    "jan@example.pl",
    {
        "login": "jan.kowalski",
        "balance": "-0.15",
        "threshold": "5.00",
        "as_of": SUNDAY,
        "data_url": f"{PANEL}/data",
    },
)
NOTICE_LINK = "https://status.operator.example/prace?id=7&lang=pl"
NOTICE = Letter(
    Kind.NOTICE,
    "pl",
    "jan@example.pl",
    {
        "login": "jan.kowalski",
        "subject": "Prace serwisowe w nocy z 24 na 25 listopada",
        "text": "Szanowni Państwo,\n\nprace potrwają od 1:00 do 4:00.\nSzczegóły są na stronie\n"
        f"{NOTICE_LINK}\n\nPrzepraszamy.",
    },
)

TICKET_ID = "01JD9Z3V5T8Q4W7X2Y6K0M1N3Q"
TICKET = Letter(
    Kind.TICKET,
    "pl",
    "pomoc@operator.example",
    {
        "ticket_id": TICKET_ID,
        "contact_email": "zofia@example.pl",
        "login": "zofia.nowak",
        "message": "Dzień dobry,\n\nnie pamiętam loginu.\nMój numer to 600 000 001.\n\nZofia",
        "accounts": [
            {
                "account_id": "01JD9Z3V5T8Q4W7X2Y6K0M1N3R",
                "login": "zofia",
                "status": "active",
                "matched_by": "address",
            }
        ],
    },
    reply_to="zofia@example.pl",
)
TICKET_RECEIVED = Letter(Kind.TICKET_RECEIVED, "pl", "jan@example.pl", {"ticket_id": TICKET_ID})

OPERATOR = Settings(
    operator_name="Głos Polski",
    panel_url=PANEL,
    mail_from="panel@operator.example",
    support_address="pomoc@operator.example",
)

LETTERS = [
    dataclasses.replace(letter, language=language)
    for letter in (
        CONFIRM_EMAIL,
        PASSWORD_RESET,
        PASSWORD_CHANGED,
        LOGIN_CHANGED,
        CONFIRM_NEW_EMAIL,
        EMAIL_CHANGE_ASKED,
        EMAIL_REPLACED,
        EMAIL_CHANGED,
        SIP_CREDENTIALS,
        ACCOUNT_DELETED,
        TOPPED_UP,
        SERVICES_BLOCKED,
        CONTRACT_ENDED,
        NOTICE,
        LOW_BALANCE,
        BALANCE_EXHAUSTED,
        TICKET,
        TICKET_RECEIVED,
    )
    for language in ("pl", "en")
]

EXPECTED_LINK = {
    Kind.CONFIRM_EMAIL: f"{PANEL}/confirm?token=Jan",
    Kind.PASSWORD_RESET: JAN_LINK,
    Kind.PASSWORD_CHANGED: f"{PANEL}/forgot",
    Kind.LOGIN_CHANGED: f"{PANEL}/forgot",
    Kind.CONFIRM_NEW_EMAIL: f"{PANEL}/email/confirm?token=Jan",
    Kind.EMAIL_CHANGE_ASKED: UNDO_LINK,
    Kind.EMAIL_REPLACED: UNDO_LINK,
    Kind.EMAIL_CHANGED: PANEL,
    Kind.SIP_CREDENTIALS: PANEL,
    Kind.ACCOUNT_DELETED: PANEL,
    Kind.TICKET: PANEL,
    Kind.TICKET_RECEIVED: PANEL,
    Kind.TOPPED_UP: PANEL,
    Kind.SERVICES_BLOCKED: PANEL,
    Kind.CONTRACT_ENDED: PANEL,
    Kind.NOTICE: NOTICE_LINK,
    Kind.LOW_BALANCE: PANEL,
    Kind.BALANCE_EXHAUSTED: PANEL,
}


def _for_each(letters: list[Letter]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("letter", letters, ids=lambda letter: f"{letter.kind}-{letter.language}")


every_letter = _for_each(LETTERS)
# All but the ticket, which goes to the operator's own staff.
every_letter_to_a_customer = _for_each([letter for letter in LETTERS if letter.kind is not Kind.TICKET])

in_both_languages = pytest.mark.parametrize("language", ["pl", "en"])


def use_settings(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Let mails be written by this operator."""
    monkeypatch.setattr(mail, "settings", lambda: settings)


def with_values(letter: Letter, **values: object) -> Letter:
    return dataclasses.replace(letter, values={**letter.values, **values})


def in_language(letter: Letter, language: str) -> Letter:
    return dataclasses.replace(letter, language=language)


def in_english(letter: Letter) -> Letter:
    return in_language(letter, "en")


class Page(HTMLParser):
    """Reads HTML, insisting that every element is closed in its order; keeps what tests look at."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute of {tag} stands there twice"
        if tag == "p":
            assert "p" not in self._open
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text += data

    @property
    def targets(self) -> list[str]:
        return [attributes["href"] or "" for tag, attributes in self.elements if tag == "a"]

    @property
    def words(self) -> str:
        """The text without what HTML makes nothing of: how many spaces, and where lines end."""
        return " ".join(self.text.split())


def parsed(message: bytes) -> EmailMessage:
    return email.message_from_bytes(message, policy=policy.default)


def decoded(message: bytes, name: str) -> str:
    # As RFC 2047 says; the newer parser puts spaces between the encoded words of long display names.
    raw: Message[str, str] = email.message_from_bytes(message)
    return str(email.header.make_header(email.header.decode_header(raw[name])))


def part(message: EmailMessage, subtype: str) -> str:
    body = message.get_body((subtype,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")
