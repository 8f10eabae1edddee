"""Letters to try mails with, and the settings of the operator who sends them."""

import dataclasses
from datetime import UTC, datetime

import pytest

from chalicelib.notifications import mail
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.mail import Letter
from chalicelib.settings import Settings

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

OPERATOR = Settings(
    operator_name="Głos Polski",
    panel_url=PANEL,
    mail_from="panel@operator.example",
    support_address="pomoc@operator.example",
)

LETTERS = [
    dataclasses.replace(letter, language=language)
    for letter in (CONFIRM_EMAIL, PASSWORD_RESET, PASSWORD_CHANGED, LOGIN_CHANGED)
    for language in ("pl", "en")
]

EXPECTED_LINK = {
    Kind.CONFIRM_EMAIL: f"{PANEL}/confirm?token=Jan",
    Kind.PASSWORD_RESET: JAN_LINK,
    Kind.PASSWORD_CHANGED: f"{PANEL}/forgot",
    Kind.LOGIN_CHANGED: f"{PANEL}/forgot",
}

every_letter = pytest.mark.parametrize(
    "letter", LETTERS, ids=lambda letter: f"{letter.kind}-{letter.language}"
)


def use_settings(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Let mails be written by this operator."""
    monkeypatch.setattr(mail, "settings", lambda: settings)


def with_values(letter: Letter, **values: object) -> Letter:
    return dataclasses.replace(letter, values={**letter.values, **values})


def in_english(letter: Letter) -> Letter:
    return dataclasses.replace(letter, language="en")
