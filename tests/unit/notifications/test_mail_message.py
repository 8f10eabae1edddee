"""The message around a mail's words: headers, MIME, addresses."""

import dataclasses
from datetime import UTC, datetime

import jinja2
import pytest

from chalicelib import clock
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.mail import (
    Letter,
    UnusableAddress,
    ascii_address,
    render,
    sender,
    to_mime,
)
from chalicelib.settings import Settings
from tests.unit.notifications.letters import (
    HEADERS,
    LOGIN_CHANGED,
    NOTIFICATION_ID,
    OPERATOR,
    SUNDAY,
    TICKET,
    decoded,
    every_letter,
    parsed,
    part,
    use_settings,
    with_values,
)


@pytest.fixture(autouse=True)
def operator(monkeypatch: pytest.MonkeyPatch) -> None:
    use_settings(monkeypatch, OPERATOR)
    monkeypatch.setattr(clock, "source", lambda: SUNDAY)


@every_letter
def test_the_message_reads_back_as_it_was_rendered(letter: Letter) -> None:
    rendered, message = render(letter), parsed(to_mime(letter, NOTIFICATION_ID))
    assert message.get_content_type() == "multipart/alternative"
    assert [each.get_content_type() for each in message.iter_parts()] == ["text/plain", "text/html"]
    assert message["Subject"] == rendered.subject
    assert part(message, "plain").rstrip("\n") == rendered.text.rstrip("\n")
    assert part(message, "html").rstrip("\n") == rendered.html.rstrip("\n")
    assert [each.defects for each in message.walk()] == [[], [], []]


@every_letter
def test_every_header_is_there_once_and_right(letter: Letter) -> None:
    message = parsed(to_mime(letter, NOTIFICATION_ID))
    assert message.keys() == HEADERS
    assert message["From"] == "Głos Polski <panel@operator.example>"
    assert message["To"] == letter.recipient
    assert message["Reply-To"] == (letter.reply_to or "pomoc@operator.example")
    assert message["Date"].datetime == datetime(2026, 11, 22, 9, 5, tzinfo=UTC)
    assert message["Message-ID"] == f"<{NOTIFICATION_ID}@operator.example>"
    assert message["Content-Language"] == letter.language
    assert message["Auto-Submitted"] == "auto-generated"


@every_letter
def test_every_relay_can_carry_the_lines(letter: Letter) -> None:
    long = "https://panel.operator.example/reset?token=" + "jan" * 500
    text = f"From {long}\n.\n..{'ż' * 5000}"
    letter = with_values(letter, link=long, subject="żółw " * 40, text=text, message=text)
    message = to_mime(letter, NOTIFICATION_ID)
    assert message.isascii()
    assert message.count(b"\n") == message.count(b"\r\n") == message.count(b"\r")
    assert max(len(line) for line in message.split(b"\r\n")) <= 76


@pytest.mark.parametrize(
    "name",
    ["SuperVoIP", "SuperVoIP.pl", "Głos", 'Głos & Córki, "VoIP" (Łódź)', "Zażółć gęślą jaźń " * 10 + "!"],
)
@every_letter
def test_the_operators_name_arrives_whole(monkeypatch: pytest.MonkeyPatch, letter: Letter, name: str) -> None:
    use_settings(monkeypatch, dataclasses.replace(OPERATOR, operator_name=name))
    message = to_mime(letter, NOTIFICATION_ID)
    assert decoded(message, "From") == f"{name} <panel@operator.example>"
    assert decoded(message, "Subject") == render(letter).subject
    assert name in render(letter).subject or letter.kind is Kind.NOTICE


@pytest.mark.parametrize("name", ["SuperVoIP", "Głos", "Zażółć gęślą jaźń " * 10 + "!"])
def test_ses_is_told_the_sender_that_the_message_names(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    use_settings(monkeypatch, dataclasses.replace(OPERATOR, operator_name=name))
    message = to_mime(LOGIN_CHANGED, NOTIFICATION_ID)
    told = b"From: " + sender().encode("ascii") + b"\n\n"
    assert sender().isprintable()
    assert decoded(told, "From") == decoded(message, "From") == f"{name} <panel@operator.example>"


@pytest.mark.parametrize(
    "broken",
    [
        dataclasses.replace(OPERATOR, mail_from="panel@operator.example\r\nBcc: ewa@example.net"),
        dataclasses.replace(OPERATOR, support_address="pomoc@operator.example, ewa@example.net"),
    ],
    ids=["mail_from", "support_address"],
)
def test_a_broken_address_in_the_settings_is_refused(
    monkeypatch: pytest.MonkeyPatch, broken: Settings
) -> None:
    use_settings(monkeypatch, broken)
    with pytest.raises(UnusableAddress):
        to_mime(LOGIN_CHANGED, NOTIFICATION_ID)


def test_a_reply_to_a_ticket_reaches_who_wrote_it() -> None:
    message = parsed(to_mime(TICKET, NOTIFICATION_ID))
    assert message["To"] == "pomoc@operator.example"
    assert message["Reply-To"] == "zofia@example.pl"


@pytest.mark.parametrize(
    "reply_to", ["zofia", "zofia@example.pl\r\nBcc: ewa@example.net", "zofia@example.pl, ewa@example.net"]
)
def test_a_reply_can_go_to_one_plain_address_only(reply_to: str) -> None:
    with pytest.raises(UnusableAddress):
        to_mime(dataclasses.replace(TICKET, reply_to=reply_to), NOTIFICATION_ID)


def test_an_international_domain_goes_out_in_its_ascii_form() -> None:
    letter = dataclasses.replace(LOGIN_CHANGED, recipient="Jan.Kowalski@Żółw.example")
    assert parsed(to_mime(letter, NOTIFICATION_ID))["To"] == "Jan.Kowalski@xn--w-uga1v8h.example"


@pytest.mark.parametrize(
    "address",
    ["żółw@example.pl", "jan@-ż-.example", "jan", "@example.pl", "jan@", "=?utf-8?q?ewa?=@example.pl"],
)
def test_an_address_that_mail_cannot_carry_is_refused(address: str) -> None:
    with pytest.raises(UnusableAddress):
        ascii_address(address)


def test_an_address_keeps_its_spelling() -> None:
    assert ascii_address("Jan+Panel@Example.PL") == "Jan+Panel@Example.PL"


def test_kinds_without_a_mail_have_no_templates() -> None:
    with pytest.raises(jinja2.TemplateNotFound):
        render(dataclasses.replace(LOGIN_CHANGED, kind=Kind.RESET_REQUESTED))
