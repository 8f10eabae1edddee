"""How passwords are kept: argon2id, in the standard encoding, at the cost of the settings."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.accounts import passwords

STRONGER = {"ARGON2_MEMORY_KIB": "16", "ARGON2_PASSES": "2"}


def test_a_hash_is_argon2id_at_the_cost_of_the_settings() -> None:
    encoded = passwords.hash_password("Zielony-Rower-7")
    assert re.fullmatch(r"\$argon2id\$v=19\$m=8,t=1,p=1\$[\w+/]+\$[\w+/]+", encoded, re.ASCII)


def test_the_default_cost_is_what_owasp_asks_for(with_settings: Callable[..., None]) -> None:
    with_settings(ARGON2_MEMORY_KIB="", ARGON2_PASSES="")
    assert "$m=19456,t=2,p=1$" in passwords.hash_password("Zielony-Rower-7")


def test_two_hashes_of_a_password_differ() -> None:
    assert passwords.hash_password("Zielony-Rower-7") != passwords.hash_password("Zielony-Rower-7")


def test_hashes_made_by_another_library_are_understood() -> None:
    # Of "password", from the argon2 reference implementation's own tests.
    reference = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
    assert passwords.verify("password", reference)
    assert not passwords.verify("Password", reference)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
@settings(max_examples=50)
def test_only_the_same_password_verifies(password: str, other: str) -> None:
    encoded = passwords.hash_password(passwords.composed(password))
    assert passwords.verify(password, encoded)
    assert passwords.verify(other, encoded) == (passwords.composed(other) == passwords.composed(password))


def test_nothing_verifies_against_the_decoy() -> None:
    for password in ("", "Zielony-Rower-7", passwords.decoy_hash()):
        assert not passwords.verify(password, passwords.decoy_hash())


def test_the_decoy_costs_what_a_real_hash_costs() -> None:
    decoy, real = passwords.decoy_hash(), passwords.hash_password("Zielony-Rower-7")
    assert decoy.split("$")[:4] == real.split("$")[:4]


@pytest.mark.parametrize(("variable", "value"), [("ARGON2_MEMORY_KIB", "16"), ("ARGON2_PASSES", "2")])
def test_a_hash_cheaper_than_the_settings_needs_renewal(
    variable: str, value: str, with_settings: Callable[..., None]
) -> None:
    encoded = passwords.hash_password("Zielony-Rower-7")
    assert not passwords.needs_rehash(encoded)
    with_settings(**{variable: value})
    assert passwords.needs_rehash(encoded)


def test_a_hash_dearer_than_the_settings_stays(with_settings: Callable[..., None]) -> None:
    with_settings(**STRONGER)
    encoded = passwords.hash_password("Zielony-Rower-7")
    with_settings(ARGON2_MEMORY_KIB="8", ARGON2_PASSES="1")
    assert not passwords.needs_rehash(encoded)
