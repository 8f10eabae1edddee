"""Which passwords may be set (R2), and what is said about the others."""

import unicodedata

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from chalicelib.accounts import passwords
from chalicelib.errors import WeakPassword

any_text = st.text(st.characters(exclude_categories=["Cs"]))


def broken_rules(
    password: str, *, login: str = "jan", email: str = "jan.kowalski@poczta.example"
) -> list[str]:
    try:
        passwords.check(password, login=login, email=email)
    except WeakPassword as refusal:
        assert {error.field for error in refusal.fields} == {"password"}
        return [error.code for error in refusal.fields]
    return []


@given(any_text)
@example("e\u0301" * 400 + "Ab1")
def test_a_passphrase_in_any_script_that_meets_the_rules_is_accepted_up_to_1024_bytes(words: str) -> None:
    passphrase = unicodedata.normalize("NFC", "Zielony rower 7 " + words)
    assume(len(passphrase.encode()) <= 1024)
    assume("jan" not in passphrase.casefold())
    assert passwords.check(passphrase, login="jan", email="jan.kowalski@poczta.example") == passphrase


@pytest.mark.parametrize(
    "password",
    [
        "Zielony rower jedzie przez 7 mostów nad Wisłą i nie zatrzymuje się nigdzie",
        "Ślimak 🐌 na drodze 1",
        "Мой дядя 1 самых честных Правил",
        "Zielony7",
        "Ab1" + "x" * 1021,
        "Aż1" + "ż" * 510,
        "  Zielony rower 7  ",
        "Tab\tulator\n7",
        "Zielony\x00Rower7",
        "٣ Zielony Rower",
    ],
)
def test_these_passwords_are_accepted(password: str) -> None:
    assert broken_rules(password) == []


@pytest.mark.parametrize(
    ("password", "rules"),
    [
        ("", ["too_short", "no_lower_case", "no_upper_case", "no_digit"]),
        ("Zielon7", ["too_short"]),
        ("zielony-rower-7", ["no_upper_case"]),
        ("ZIELONY-ROWER-7", ["no_lower_case"]),
        ("Zielony-Rower", ["no_digit"]),
        ("zielony", ["too_short", "no_upper_case", "no_digit"]),
        ("12345678", ["no_lower_case", "no_upper_case"]),
        ("Password1", ["too_common"]),
        ("qwertY123", ["too_common"]),
        ("Zielony-Jan-7", ["contains_own_data"]),
        ("Jan.Kowalski@Poczta.Example1", ["contains_own_data"]),
        ("7-jan.KOWALSKI-7", ["contains_own_data"]),
        ("jan", ["too_short", "no_upper_case", "no_digit", "contains_own_data"]),
        ("Ab1" + "x" * 1022, ["too_long"]),
        ("Aż1" + "ż" * 511, ["too_long"]),
        ("a" * 100_000, ["too_long"]),
    ],
)
def test_every_broken_rule_is_named(password: str, rules: list[str]) -> None:
    assert broken_rules(password) == rules


@given(any_text)
def test_a_password_is_refused_only_for_rules_that_it_breaks(password: str) -> None:
    normal = unicodedata.normalize("NFC", password)
    broken = broken_rules(password)
    if "too_long" in broken:
        assert len(normal.encode()) > 1024
        return
    assert len(normal.encode()) <= 1024
    assert ("too_short" in broken) == (len(normal) < 8)
    assert ("no_lower_case" in broken) == (not any(map(str.islower, normal)))
    assert ("no_upper_case" in broken) == (not any(map(str.isupper, normal)))
    assert ("no_digit" in broken) == (not any(map(str.isdigit, normal)))
    assert ("contains_own_data" in broken) == ("jan" in normal.casefold())


def test_own_data_shorter_than_three_characters_may_be_part_of_a_password() -> None:
    assert broken_rules("Zielony-jx-7", login="jx", email="j@poczta.example") == []


def test_own_data_is_found_in_any_spelling_of_it() -> None:
    assert broken_rules("Zaz\u0307o\u0301łc\u0301-Zielona-7", login="ZAŻÓŁĆ") == ["contains_own_data"]


def test_the_same_characters_from_different_keyboards_are_the_same_password() -> None:
    composed, decomposed = "Zażółć-gęślą-7", unicodedata.normalize("NFD", "Zażółć-gęślą-7")
    assert composed != decomposed
    stored = passwords.hash_password(passwords.check(decomposed, login="ewa", email="ewa@poczta.example"))
    assert passwords.verify(composed, stored)
    assert passwords.verify(decomposed, stored)


def test_at_least_3000_common_passwords_are_refused_that_would_otherwise_do() -> None:
    common = passwords._common_passwords()
    would_do_but_for_case = {
        each
        for each in common
        if len(each) >= passwords.MIN_CHARACTERS
        and any(map(str.isalpha, each))
        and any(map(str.isdigit, each))
    }
    assert len(would_do_but_for_case) >= 3000
    assert {"password1", "qwerty123", "1q2w3e4r"} <= would_do_but_for_case
    assert common == {each.casefold() for each in common}
