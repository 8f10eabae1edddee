"""No value can break out of its place in a mail: not into headers, lines, elements or other recipients."""

import dataclasses
import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import clock
from chalicelib.notifications.mail import Letter, UnusableAddress, to_mime
from tests.unit.notifications.letters import (
    HEADERS,
    LETTERS,
    LOGIN_CHANGED,
    NOTICE,
    NOTIFICATION_ID,
    OPERATOR,
    SUNDAY,
    TICKET,
    Page,
    decoded,
    in_language,
    parsed,
    part,
    use_settings,
    with_values,
)

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
thorough = settings(deadline=None, max_examples=40)


@pytest.fixture(autouse=True)
def operator(monkeypatch: pytest.MonkeyPatch) -> None:
    use_settings(monkeypatch, OPERATOR)
    monkeypatch.setattr(clock, "source", lambda: SUNDAY)


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
    assert [each.addr_spec for each in read["To"].addresses] == [letter.recipient]
    assert len(decoded(message, "Subject").splitlines()) == 1


@pytest.mark.parametrize("end", BREAKS)
def test_no_line_ends_where_a_value_wants_it(end: str) -> None:
    for letter in LETTERS:
        assert_value_stays_in_its_place(f"jan{end}Bcc: ewa@example.net{end}{end}<p>Kliknij</p>", letter)


@thorough
@given(value=anything, letter=st.sampled_from(LETTERS))
def test_no_value_can_add_a_header_a_line_or_an_element(value: str, letter: Letter) -> None:
    assert_value_stays_in_its_place(value, letter)


@pytest.mark.parametrize("end", BREAKS)
def test_a_line_that_ends_in_the_text_of_a_notice_or_ticket_ends_there_only(end: str) -> None:
    text = f"jan{end}Bcc: ewa@example.net{end}{end}<p>Kliknij</p>{end}-- {end}Content-Type: text/html"
    for letter, language in product((NOTICE, TICKET), ("pl", "en")):
        assert_text_stays_in_its_place(in_language(letter, language), text, "jan")


@thorough
@given(
    letter=st.sampled_from([NOTICE, TICKET]),
    language=st.sampled_from(["pl", "en"]),
    text=anything,
    login=anything,
)
def test_no_text_of_a_notice_or_ticket_can_add_a_header_or_leave_its_place(
    letter: Letter, language: str, text: str, login: str
) -> None:
    assert_text_stays_in_its_place(in_language(letter, language), text, login)


def assert_value_stays_in_its_place(value: str, letter: Letter) -> None:
    attacked, harmless = (with_every_value(letter, each) for each in (value, "jan"))
    assert_nothing_broke_out(to_mime(attacked, NOTIFICATION_ID), usual=to_mime(harmless, NOTIFICATION_ID))


def with_every_value(letter: Letter, value: str) -> Letter:
    """The letter with this for every value that is a text of one line."""
    names = ["login", "link", "forgot_url", "amount", "balance", "invoice", "subject", "new_email_hint"]
    names += ["ticket_id", "contact_email"]
    account = dict.fromkeys(("login", "link", "account_id", "status"), value) | {"matched_by": "both"}
    return with_values(letter, **dict.fromkeys(names, value), network=f"x{value}", accounts=[account])


def assert_text_stays_in_its_place(usual: Letter, text: str, login: str) -> None:
    message = to_mime(with_values(usual, text=text, message=text, login=login), NOTIFICATION_ID)
    assert_nothing_but_text(message)
    read, expected = parsed(message), parsed(to_mime(usual, NOTIFICATION_ID))
    assert [read[name] for name in HEADERS[1:]] == [expected[name] for name in HEADERS[1:]]
    # What begins a signature is there once, and all that follows is ours.
    assert part(read, "plain").count("\n-- \n") == 1
    assert part(read, "plain").partition("\n-- \n")[2] == part(expected, "plain").partition("\n-- \n")[2]
    page, plain_page = Page(part(read, "html")), Page(part(expected, "html"))
    own = [tag for tag, _ in page.elements if tag not in ("p", "br", "a")]
    assert own == [tag for tag, _ in plain_page.elements if tag not in ("p", "br", "a")]
    footer = '<div class="footer">'
    assert part(read, "html").partition(footer)[2] == part(expected, "html").partition(footer)[2]


def assert_nothing_broke_out(message: bytes, usual: bytes) -> None:
    """The message has the headers, parts, lines of text and elements of HTML that the usual one has."""
    assert_nothing_but_text(message)
    read, expected = parsed(message), parsed(usual)
    assert len(part(read, "plain").splitlines()) == len(part(expected, "plain").splitlines())
    assert tags(part(read, "html")) == tags(part(expected, "html"))


def assert_nothing_but_text(message: bytes) -> None:
    """The message has its own headers and parts, and no character in them that is no text."""
    read = parsed(message)
    assert read.keys() == HEADERS
    assert len(list(read.walk())) == 3
    assert len(decoded(message, "Subject").splitlines()) == 1
    assert not NO_TEXT.search(part(read, "plain") + part(read, "html") + decoded(message, "Subject"))


def tags(html: str) -> list[str]:
    return re.findall(r"</?\w+", html)


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_address_that_could_break_out_is_refused(attack: str) -> None:
    for recipient in (attack, f"{attack}@example.pl", f"jan@{attack}", f"{attack}<jan@example.pl>"):
        with pytest.raises(UnusableAddress):
            to_mime(dataclasses.replace(LOGIN_CHANGED, recipient=recipient), NOTIFICATION_ID)


@thorough
@given(notification_id=anything)
def test_no_notification_id_can_break_out_of_its_header(notification_id: str) -> None:
    assert parsed(to_mime(LOGIN_CHANGED, notification_id)).keys() == HEADERS
