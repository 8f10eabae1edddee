"""Password hashes that other systems made: taken over, within bounds, and replaced at the first log-in."""

import time
from collections.abc import Callable

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.pwhash import argon2id

from chalicelib import storage
from chalicelib.accounts import foreign_hashes, passwords
from chalicelib.accounts.models import Credential
from chalicelib.errors import InvalidPasswordHash
from tests.unit.accounts.people import settled
from tests.unit.clients import PASSWORD, Customer

# Of "Zielony-Rower-7", made by passlib, by argon2-cffi and in PHP's spelling of bcrypt.
HASHES = {
    "argon2i": "$argon2i$v=19$m=1024,t=3,p=1$28JVQdexvhyhnvwOJDViYA"
    "$HXAGikPIGWgESBvuk4Er4tGqzn879QB4YP318nF7VWM",
    "argon2id, four lanes": "$argon2id$v=19$m=1024,t=3,p=4$bS72cYlBQnQZH9mfh18ypw"
    "$lTWVBE+qvLrNyxKMogHMZxJ66loD7Wte+J7VuYW/jr8",
    "bcrypt 2a": "$2a$04$i/qmSu6oF785ly5yMKMydOug6pP6BCRH9S/PRu16HZZVi2qwNIKx.",
    "bcrypt 2b": "$2b$04$i/qmSu6oF785ly5yMKMydOug6pP6BCRH9S/PRu16HZZVi2qwNIKx.",
    "bcrypt 2y": "$2y$04$i/qmSu6oF785ly5yMKMydOug6pP6BCRH9S/PRu16HZZVi2qwNIKx.",
    "passlib SHA-1": "$pbkdf2$1000$OQdg7N3bW0tpbS0FQGjtPQ$DjxQlQ04MhTE61XINYKbn3xAjbg",
    "passlib SHA-256": "$pbkdf2-sha256$1000$C6HUmlPq3dtbS2kt5bx3zg"
    "$id82YqbM.I.2BNKf2iCdHfW8wDEXbHdNgVmb9FOvLus",
    "passlib SHA-512": "$pbkdf2-sha512$1000$dM4Zw9jbG4MwpjSmFCLEmA"
    "$uWqlRdKS31Dvi2RAf6Uvk0JeHXNYBNDt1NKIWWkd/O01tNLdKTX3o28DqDye3DfnE/lSwZlNTlhj8GUuyYzoaQ",
    "Django SHA-1": "pbkdf2_sha1$1000$oWesp6nG1a7g$u/ZbgwtR3MX17iXA9csWeHdfsU8=",
    "Django SHA-256": "pbkdf2_sha256$1000$uyyvdGSIxycE$DyXb8ySFBp+hsW/lNbhV6esngdkfWgrhcNPadMrrpf0=",
}
BCRYPT = HASHES["bcrypt 2b"]
MADE_FOR_EACH = pytest.mark.parametrize("password_hash", HASHES.values(), ids=HASHES)


def refusal_of(password_hash: str) -> str:
    with pytest.raises(InvalidPasswordHash) as refused:
        foreign_hashes.check_importable(password_hash)
    [error] = refused.value.fields
    assert error.field == "password_hash"
    return error.code


@MADE_FOR_EACH
def test_hashes_of_other_systems_verify(password_hash: str) -> None:
    foreign_hashes.check_importable(password_hash)
    assert passwords.verify("Zielony-Rower-7", password_hash)
    assert not passwords.verify("zielony-Rower-7", password_hash)
    assert not passwords.verify("", password_hash)


@MADE_FOR_EACH
def test_the_first_log_in_replaces_the_hash_by_ours(customer: Customer, password_hash: str) -> None:
    jan = settled()
    storage.write(storage.update(Credential("jan"), Credential.password_hash.set(password_hash)))
    assert customer.log_in("jan", "Zielony-rower-7").code == "invalid_credentials"
    assert customer.log_in("jan", PASSWORD).status == 201
    stored = storage.get(Credential, "jan")
    assert stored is not None
    assert stored.account_id == jan.account_id
    if not password_hash.startswith("$argon2id$"):
        assert stored.password_hash.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert customer.log_in("jan", PASSWORD).status == 201


def test_an_imported_argon2id_hash_is_ours_already_unless_it_is_cheaper(
    with_settings: Callable[..., None],
) -> None:
    imported = HASHES["argon2id, four lanes"]
    assert not passwords.needs_rehash(imported)
    with_settings(ARGON2_MEMORY_KIB="19456")
    assert passwords.needs_rehash(imported)


@pytest.mark.parametrize(
    "password_hash",
    [
        "",
        "!",
        "Zielony-Rower-7",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
        "$6$salt$IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6WouIL9AjRbLCelDCy.g.",
        "$argon2d$v=19$m=1024,t=3,p=1$c29tZXNhbHRzYWx0$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=16$m=1024,t=3,p=1$c29tZXNhbHRzYWx0$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$m=1024,t=3,p=1$c29tZXNhbHRzYWx0$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        # a salt, then a digest too short for libsodium; an impossible length; bits to spare that are set
        "$argon2id$v=19$m=1024,t=3,p=1$c29tZQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=1024,t=3,p=1$c29tZXNhbHRzYWx0$c29tZXNhbHQ",
        "$argon2id$v=19$m=1024,t=3,p=1$c29tZXNhbHRzYWx0$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi",
        "$argon2id$v=19$m=1024,t=3,p=1$c29tZXNhbHRzYWx0$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/5",
        # longer than libsodium reads; more lanes than memory
        "$argon2id$v=19$m=1024,t=3,p=1$c29tZXNhbHRzYWx0$" + "A" * 86,
        "$argon2id$v=19$m=1024,t=3,p=200$c29tZXNhbHRzYWx0$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        BCRYPT.replace("$2b$", "$2x$"),
        BCRYPT.replace("$04$", "$03$"),
        BCRYPT[:-1],
        BCRYPT + "\n",
        BCRYPT[:28] + "/" + BCRYPT[29:],
        HASHES["passlib SHA-256"][:-4],
        HASHES["passlib SHA-256"].replace("sha256", "md5"),
        HASHES["Django SHA-256"].replace("sha256", "sha512"),
        HASHES["Django SHA-256"].replace("=", "$"),
        HASHES["Django SHA-256"] + "A" * 600,
    ],
)
def test_what_could_never_let_its_owner_in_is_refused(password_hash: str) -> None:
    assert refusal_of(password_hash) == "unsupported"


def of_cost(name: str, old: str, new: str) -> str:
    assert old in HASHES[name]
    return HASHES[name].replace(old, new)


@pytest.mark.parametrize(
    ("dearest", "too_dear"),
    [
        (of_cost("argon2i", "m=1024,", "m=65536,"), of_cost("argon2i", "m=1024,", "m=65537,")),
        (of_cost("argon2i", "t=3,", "t=10,"), of_cost("argon2i", "t=3,", "t=11,")),
        (of_cost("bcrypt 2b", "$04$", "$13$"), of_cost("bcrypt 2b", "$04$", "$14$")),
        (of_cost("passlib SHA-1", "$1000$", "$1300000$"), of_cost("passlib SHA-1", "$1000$", "$1300001$")),
        (
            of_cost("passlib SHA-256", "$1000$", "$1300000$"),
            of_cost("passlib SHA-256", "$1000$", "$1300001$"),
        ),
        (of_cost("passlib SHA-512", "$1000$", "$500000$"), of_cost("passlib SHA-512", "$1000$", "$500001$")),
        (
            of_cost("Django SHA-256", "$1000$", "$1300000$"),
            of_cost("Django SHA-256", "$1000$", "$999999999$"),
        ),
    ],
)
def test_what_a_hash_may_cost_is_bounded(dearest: str, too_dear: str) -> None:
    foreign_hashes.check_importable(dearest)
    assert refusal_of(too_dear) == "too_costly"


@pytest.mark.slow
@pytest.mark.parametrize(
    "dearest",
    [
        of_cost("argon2i", "m=1024,t=3,", "m=65536,t=10,"),
        of_cost("bcrypt 2b", "$04$", "$13$"),
        of_cost("passlib SHA-1", "$1000$", "$1300000$"),
        of_cost("passlib SHA-512", "$1000$", "$500000$"),
        of_cost("Django SHA-256", "$1000$", "$1300000$"),
    ],
)
def test_no_hash_that_may_be_imported_holds_up_a_log_in(dearest: str) -> None:
    foreign_hashes.check_importable(dearest)
    began = time.process_time()
    assert not passwords.verify("Zielony-Rower-7", dearest)
    assert time.process_time() - began < 3


def test_bcrypt_knows_72_bytes_of_a_password_as_where_it_came_from() -> None:
    long = "Zielony-Rower-7" * 5
    by_php = bcrypt.hashpw(long.encode()[:72], bcrypt.gensalt(4)).decode()
    assert passwords.verify(long, by_php)
    assert passwords.verify(long + "!", by_php)
    assert not passwords.verify(long[:71], by_php)


def test_a_password_with_a_nul_never_had_a_bcrypt_hash() -> None:
    with_nul = bcrypt.hashpw(b"Zielony\0Rower-7", bcrypt.gensalt(4)).decode()
    assert not passwords.verify("Zielony\0Rower-7", with_nul)
    assert passwords.verify("Zielony-Rower-7", BCRYPT)
    assert not passwords.verify("Zielony-Rower-7\0", BCRYPT)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_nobody_has_the_password_of_an_account_without_one(password: str) -> None:
    assert not passwords.verify(password, passwords.UNUSABLE)
    assert not passwords.needs_rehash(passwords.UNUSABLE)


def test_an_account_without_a_password_costs_the_hashing_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[bytes] = []
    verify = argon2id.verify

    def noting(password_hash: bytes, password: bytes) -> bool:
        hashed.append(password_hash)
        return verify(password_hash, password)

    monkeypatch.setattr(argon2id, "verify", noting)
    assert not passwords.verify(PASSWORD, passwords.UNUSABLE)
    assert hashed == [passwords.decoy_hash().encode()]


@given(st.text(max_size=200))
def test_any_text_is_judged_without_failing(text: str) -> None:
    try:
        foreign_hashes.check_importable(text)
    except InvalidPasswordHash as refusal:
        assert [error.field for error in refusal.fields] == ["password_hash"]
