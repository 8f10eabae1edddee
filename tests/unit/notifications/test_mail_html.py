"""The HTML of all mails before the checker of the W3C (the Nu Html Checker)."""

from pathlib import Path

import pytest

from chalicelib.notifications.mail import render
from tests.html_checker import complaints
from tests.unit.notifications.letters import (
    JAN_LINK,
    LETTERS,
    NOTICE,
    OPERATOR,
    PASSWORD_RESET,
    TICKET,
    TOPPED_UP,
    ZOFIA_LINK,
    use_settings,
    with_values,
)

pytestmark = pytest.mark.slow

SHARP = "<b>&\"' http://a.example/?b=<c>&d='e' https://f.example/[g] &amp; ]]> <!-- \0"

ODD_LETTERS = [
    *(with_values(letter, login=None, network=None, balance=None, invoice=None) for letter in LETTERS),
    *(with_values(letter, login=SHARP, network=SHARP, invoice=SHARP) for letter in LETTERS),
    with_values(
        PASSWORD_RESET,
        accounts=[{"login": "jan", "link": JAN_LINK}, {"login": None, "link": ZOFIA_LINK}],
    ),
    with_values(NOTICE, text=f"{SHARP}\n\n{SHARP}\n{SHARP}", subject=SHARP),
    with_values(NOTICE, text="", subject=""),
    with_values(TICKET, message=f"{SHARP}\n\n{SHARP}\n{SHARP}", contact_email=SHARP, accounts=[]),
    with_values(TICKET, message=""),
    with_values(TOPPED_UP, amount=SHARP),
]


def test_the_checker_finds_nothing_in_any_mail_and_would(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use_settings(monkeypatch, OPERATOR)
    pages = [render(letter).html for letter in [*LETTERS, *ODD_LETTERS]]
    # One run for both, for the checker takes seconds to start.
    broken = pages[0].replace("<title>", "<title>x</title><p align=left><title>")
    found = complaints(tmp_path, [*pages, broken])
    assert [each for each in found if not str(each["url"]).endswith(f"/{len(pages)}.html")] == []
    assert len(found) > 2
