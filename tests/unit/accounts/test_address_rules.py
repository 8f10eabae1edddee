"""What an address may be, and which addresses are the same one."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.accounts import rules
from chalicelib.errors import InvalidEmail, InvalidIdentifier
from chalicelib.notifications import addresses
from chalicelib.notifications.mail import ascii_address

any_text = st.text(st.characters(exclude_categories=()))
any_address = st.builds("@".join, st.tuples(any_text, any_text))
# Letters of which DNS has case, width, composition, or none of them.
labels = st.text(st.sampled_from("abzABZ09żółŻÓŁßẞςσΣéıİｚⓐ-"), min_size=1, max_size=12)
international = st.builds("{}@{}.{}".format, st.sampled_from(["jan", "Jan", "j.k+x"]), labels, labels)


@given(any_text | any_address | international)
@example("a@b\u3002pl")
@example("\ud800@\udfff")
@example("jan@" + "ż" * 64 + ".pl")
@example("jan@xn--\u00e4")
@example("@")
def test_folding_takes_any_text_and_twice_is_as_good_as_once(typed: str) -> None:
    folded = addresses.fold(typed)
    assert addresses.fold(folded) == folded


@given(international)
@settings(max_examples=300)
def test_an_address_and_the_form_in_which_mail_is_sent_to_it_are_one(typed: str) -> None:
    try:
        address = rules.valid_email(typed)
    except InvalidEmail:
        return
    assert addresses.fold(address) == addresses.fold(ascii_address(address))
    assert addresses.fold(address).isascii()
    assert addresses.fold(address).partition("@")[2] == ascii_address(address).partition("@")[2].lower()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jan@Poczta.Example", "jan@poczta.example"),
        ("jan@żółw.example", "jan@xn--w-uga1v8h.example"),
        ("jan@ŻÓŁW.example", "jan@XN--W-UGA1V8H.EXAMPLE"),
        ("jan@z\u0307o\u0301łw.example", "jan@żółw.example"),
        ("jan@ｐoczta。example", "jan@poczta.example"),
        ("  jan@poczta.example\t", "jan@poczta.example"),
    ],
)
def test_spellings_of_an_address_are_one_address(one: str, other: str) -> None:
    assert addresses.fold(one) == addresses.fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("jan@faß.example", "jan@fass.example"),
        ("jan@βόλος.example", "jan@βόλοσ.example"),
        ("jan@poczta.example", "jan@poczta.example.org"),
        ("jan+a@poczta.example", "jan@poczta.example"),
        ("j.an@poczta.example", "jan@poczta.example"),
    ],
)
def test_domains_that_may_have_different_owners_stay_apart(one: str, other: str) -> None:
    assert addresses.fold(one) != addresses.fold(other)


@pytest.mark.parametrize(
    "typed",
    [
        "jan@poczta.example",
        "  Jan.Kowalski+panel@Poczta.example ",
        "jan@żółw.example",
        "o'hara@poczta.example",
        f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 53}.example",
    ],
)
def test_an_address_is_kept_as_typed(typed: str) -> None:
    assert rules.valid_email(typed) == typed.strip()


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "invalid"),
        ("jan", "invalid"),
        ("jan@", "invalid"),
        ("@poczta.example", "invalid"),
        ("jan@localhost", "invalid"),
        ("jan@[192.0.2.1]", "invalid"),
        ('"jan kowalski"@poczta.example', "invalid"),
        ("Jan Kowalski <jan@poczta.example>", "invalid"),
        ("jan@poczta.example, ewa@poczta.example", "invalid"),
        ("jan@poczta.example\r\nBcc: ewa@poczta.example", "invalid"),
        ("jan\x00@poczta.example", "invalid"),
        ("żółw@poczta.example", "invalid"),
        ("jan=?utf-8?q?@poczta.example", "invalid"),
        ("jan@pocz\ud800ta.example", "invalid"),
        ("jan@pocz\u202eta.example", "invalid"),
        (f"jan@{'a' * 64}.example", "invalid"),
        (f"{'a' * 250}@b.example", "too_long"),
        ("a" * 10_000, "too_long"),
    ],
)
def test_where_mail_cannot_go_is_refused(typed: str, code: str) -> None:
    with pytest.raises(InvalidEmail) as refusal:
        rules.valid_email(typed)
    assert refusal.value.fields == (("email", code),)


@given(any_text | any_address | international)
def test_no_text_breaks_the_check_of_an_address(typed: str) -> None:
    try:
        address = rules.valid_email(typed)
    except InvalidEmail:
        return
    assert len(address) <= 254
    assert not any(character < " " for character in address)


@given(any_text)
@example("\ufdfa" * 1000)
def test_an_identifier_is_anything_that_fits(typed: str) -> None:
    try:
        identifier = rules.valid_identifier(typed)
    except InvalidIdentifier as refusal:
        [error] = refusal.fields
        assert error.field == "identifier"
        return
    assert 0 < len(identifier) <= 320
    assert rules.login_key(identifier) == rules.login_key(typed)
    assert addresses.fold(identifier) == addresses.fold(typed)


@pytest.mark.parametrize(("typed", "code"), [("", "required"), (" \t", "required"), ("a" * 321, "too_long")])
def test_what_can_be_no_identifier_is_refused(typed: str, code: str) -> None:
    with pytest.raises(InvalidIdentifier) as refusal:
        rules.valid_identifier(typed)
    assert refusal.value.fields == (("identifier", code),)
