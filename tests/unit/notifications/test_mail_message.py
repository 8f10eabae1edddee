"""The message around a mail's words: headers, MIME, and that no value can break out of its place."""

import dataclasses
import email
import email.header
import email.utils
import re
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage, Message

import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import clock
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.mail import (
    Letter,
    UnusableAddress,
    ascii_address,
    render,
    to_mime,
)
from chalicelib.settings import Settings
from tests.unit.notifications.letters import (
    LETTERS,
    LOGIN_CHANGED,
    OPERATOR,
    PASSWORD_RESET,
    SUNDAY,
    every_letter,
    use_settings,
    with_values,
)

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
# What ends a line somewhere: in mail, in Python, in a terminal, in JavaScript; and what looks like its end.
BREAKS = ["\r\n", "\n", "\r", "\0", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029", "\u202e", "\ud800"]
ATTACKS = [
    *(f"jan{each}Bcc: ewa@example.net" for each in BREAKS),
    *(f"jan{each}{each}<p>Kliknij</p>" for each in BREAKS),
    "=?utf-8?q?jan=0D=0ABcc:_ewa@example.net?=",
    "=\0?utf-8?q?jan=0D=0ABcc:_ewa@example.net?=",
    'Zofia" <ewa@example.net>, "Jan',
    "jan, " * 100,
    "jan" * 400,
    "ż" * 400,
    "",
    " ",
]
# Controls, separators, and the marks that turn the direction of text round.
NO_TEXT = re.compile("[\\0-\\x09\\x0b-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069]")
anything = st.text(st.characters()) | st.sampled_from(ATTACKS)
# Mails are parsed and compared whole, which takes a while on a busy machine.
thorough = settings(deadline=None, max_examples=60)


@pytest.fixture(autouse=True)
def operator(monkeypatch: pytest.MonkeyPatch) -> None:
    use_settings(monkeypatch, OPERATOR)
    monkeypatch.setattr(clock, "source", lambda: SUNDAY)


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


@every_letter
def test_the_message_reads_back_as_it_was_rendered(letter: Letter) -> None:
    rendered, message = render(letter), parsed(to_mime(letter, NOTIFICATION_ID))
    assert message.get_content_type() == "multipart/alternative"
    assert [each.get_content_type() for each in message.iter_parts()] == ["text/plain", "text/html"]
    assert message["Subject"] == rendered.subject
    assert part(message, "plain").rstrip("\n") == rendered.text.rstrip("\n")
    assert part(message, "html").rstrip("\n") == rendered.html.rstrip("\n")
    assert [each.defects for each in message.walk()] == [[], [], []]


def test_every_header_is_there_once_and_right() -> None:
    message = parsed(to_mime(PASSWORD_RESET, NOTIFICATION_ID))
    assert message.keys() == HEADERS
    assert message["From"] == "Głos Polski <panel@operator.example>"
    assert message["To"] == "jan@example.pl"
    assert message["Reply-To"] == "pomoc@operator.example"
    assert message["Date"].datetime == datetime(2026, 11, 22, 9, 5, tzinfo=UTC)
    assert message["Message-ID"] == f"<{NOTIFICATION_ID}@operator.example>"
    assert message["Content-Language"] == "pl"
    assert message["Auto-Submitted"] == "auto-generated"


@every_letter
def test_every_relay_can_carry_the_lines(letter: Letter) -> None:
    letter = with_values(letter, link="https://panel.operator.example/reset?token=" + "jan" * 500)
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
    assert name in render(letter).subject


@thorough
@given(name=anything, letter=st.sampled_from(LETTERS))
def test_no_operators_name_can_add_a_header_or_an_address(name: str, letter: Letter) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        use_settings(monkeypatch, OPERATOR)
        usual = to_mime(letter, NOTIFICATION_ID)
        use_settings(monkeypatch, dataclasses.replace(OPERATOR, operator_name=name))
        message = to_mime(letter, NOTIFICATION_ID)
    assert_nothing_broke_out(message, usual)
    read = parsed(message)
    assert [each.addr_spec for each in read["From"].addresses] == ["panel@operator.example"]
    assert [each.addr_spec for each in read["To"].addresses] == ["jan@example.pl"]
    assert len(decoded(message, "Subject").splitlines()) == 1


@thorough
@given(value=anything, letter=st.sampled_from(LETTERS))
def test_no_value_can_add_a_header_a_line_or_an_element(value: str, letter: Letter) -> None:
    attacked = with_values(
        letter,
        login=value,
        link=value,
        network=f"x{value}",
        forgot_url=value,
        accounts=[{"login": value, "link": value}],
    )
    harmless = with_values(
        letter,
        login="jan",
        link="jan",
        network="jan",
        forgot_url="jan",
        accounts=[{"login": "jan", "link": "jan"}],
    )
    assert_nothing_broke_out(to_mime(attacked, NOTIFICATION_ID), usual=to_mime(harmless, NOTIFICATION_ID))


def assert_nothing_broke_out(message: bytes, usual: bytes) -> None:
    """The message has the headers, parts, lines of text and elements of HTML that the usual one has."""
    read, expected = parsed(message), parsed(usual)
    assert read.keys() == HEADERS
    assert len(list(read.walk())) == 3
    assert len(part(read, "plain").splitlines()) == len(part(expected, "plain").splitlines())
    assert tags(part(read, "html")) == tags(part(expected, "html"))
    assert not NO_TEXT.search(part(read, "plain") + part(read, "html") + decoded(message, "Subject"))


def tags(html: str) -> list[str]:
    return re.findall(r"</?\w+", html)


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_address_that_could_break_out_is_refused(attack: str) -> None:
    for recipient in (attack, f"{attack}@example.pl", f"jan@{attack}", f"{attack}<jan@example.pl>"):
        with pytest.raises(UnusableAddress):
            to_mime(dataclasses.replace(LOGIN_CHANGED, recipient=recipient), NOTIFICATION_ID)


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


@thorough
@given(notification_id=anything)
def test_no_notification_id_can_break_out_of_its_header(notification_id: str) -> None:
    assert parsed(to_mime(LOGIN_CHANGED, notification_id)).keys() == HEADERS


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
