"""What a login may be, and which logins are the same one."""

import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.accounts import rules
from chalicelib.errors import InvalidLogin

# Every string a program can hold, unpaired surrogates too.
any_text = st.text(st.characters(exclude_categories=()))
allowed_characters = st.one_of(st.characters(categories=["L", "M", "Nd"]), st.sampled_from("._-"))
loginlike = st.text(allowed_characters, min_size=1, max_size=70)
addresslike = st.builds("{}@{}.example".format, loginlike, loginlike)


@given(any_text)
@example("ΑΙ\u0345")
@example("\u00a8login")
def test_folding_a_login_twice_changes_nothing_more(typed: str) -> None:
    key = rules.login_key(typed)
    assert rules.login_key(key) == key


def test_folding_any_single_character_twice_changes_nothing_more() -> None:
    keys = {rules.login_key(each) for each in map(chr, range(sys.maxunicode + 1)) if _is_assigned(each)}
    assert {key for key in keys if rules.login_key(key) != key} == set()


def _is_assigned(character: str) -> bool:
    return unicodedata.category(character) not in ("Cn", "Co", "Cs")


@given(loginlike)
@example("straße")
@example("ΟΔΥΣΣΕΥΣ")
@example("İstanbul")
@example("ﬁlip")
def test_case_and_compatibility_forms_of_a_login_are_the_same_login(login: str) -> None:
    key = rules.login_key(login)
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert rules.login_key(unicodedata.normalize(form, login)) == key
    assert rules.login_key(login.casefold()) == key
    assert rules.login_key(f"  {login}\t") == key


@pytest.mark.parametrize(
    "typed", ["JAN", "Jan", "\uff2a\uff41\uff4e", "  jan ", "\U0001d423\U0001d41a\U0001d427", "ⓙⓐⓝ"]
)
def test_spellings_of_jan_are_jan(typed: str) -> None:
    assert rules.login_key(typed) == "jan"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\u0390va", "\u03aa\u0301VA"),  # its capital letter exists in parts only
        ("straße", "STRASSE"),
        ("ὈΔΥΣΣΕΎΣ", "ὀδυσσεύς"),
        ("\u1e9eip", "ssip"),
        ("\u212aowal", "kowal"),
    ],
)
def test_letters_whose_capitals_are_odd_make_no_second_login(one: str, other: str) -> None:
    assert rules.login_key(one) == rules.login_key(other)


@given(loginlike | any_text | addresslike)
def test_a_login_is_accepted_exactly_when_the_contract_allows_it(typed: str) -> None:
    login = unicodedata.normalize("NFKC", typed).strip()
    try:
        accepted = rules.valid_login(typed)
    except InvalidLogin as refusal:
        assert [error.field for error in refusal.fields] == ["login"]
        assert "@" in login or not 3 <= len(login) <= 64 or not all(map(_is_allowed, login))
        return
    assert accepted == login
    assert "@" in login or (3 <= len(login) <= 64 and all(map(_is_allowed, login)))


def _is_allowed(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM" or character.isdecimal() or character in "._-"


@given(loginlike)
def test_a_login_that_is_accepted_can_be_typed_as_it_was_first_typed(typed: str) -> None:
    try:
        kept = rules.valid_login(typed)
    except InvalidLogin:
        return
    assert rules.login_key(kept) == rules.login_key(typed)
    assert rules.valid_login(kept) == kept
    assert len(rules.login_key(kept)) <= rules.IDENTIFIER_MAX_CHARACTERS


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("jan", "jan"),
        ("  Jan.Kowalski_7 ", "Jan.Kowalski_7"),
        ("zażółć-gęślą", "zażółć-gęślą"),
        ("Zaz\u0307o\u0301łc\u0301", "Zażółć"),
        ("\uff2a\uff41\uff4e", "Jan"),
        ("अनुराधा", "अनुराधा"),
        ("a" * 64, "a" * 64),
        ("jan@poczta.example", "jan@poczta.example"),
        ("Jan@Żółw.example", "Jan@Żółw.example"),
    ],
)
def test_a_login_is_kept_as_typed_but_in_one_form(typed: str, kept: str) -> None:
    assert rules.valid_login(typed) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "too_short"),
        ("  ", "too_short"),
        (" ja ", "too_short"),
        ("a" * 65, "too_long"),
        ("\ufdfa" * 4, "too_long"),
        ("jan kowalski", "invalid_characters"),
        ("jan\u200bkowalski", "invalid_characters"),
        ("jan\x00kowalski", "invalid_characters"),
        ("jan\ud800", "invalid_characters"),
        ("jan\u202ekowalski", "invalid_characters"),
        ("jan/kowalski", "invalid_characters"),
        ("<b>jan</b>", "invalid_characters"),
        ("½jan", "invalid_characters"),
        ("jan\u3007", "invalid_characters"),
        ("jan\u0f33", "invalid_characters"),
        ("🙂🙂🙂", "invalid_characters"),
        ("jan@", "invalid_characters"),
        ("@poczta.example", "invalid_characters"),
        ("jan@@poczta.example", "invalid_characters"),
        ("Jan <jan@poczta.example>", "invalid_characters"),
        ("jan@poczta.example\nbcc:ewa@poczta.example", "invalid_characters"),
    ],
)
def test_what_cannot_be_a_login_is_refused_by_name(typed: str, code: str) -> None:
    with pytest.raises(InvalidLogin) as refusal:
        rules.valid_login(typed)
    assert refusal.value.fields == (("login", code),)
