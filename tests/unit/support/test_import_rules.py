"""What a row of an import may be, and that all that is wrong with it is told at once."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounts import passwords
from chalicelib.accounts.models import Status
from chalicelib.errors import InvalidRow
from chalicelib.support.import_rules import Customer, ImportRow, checked
from tests.unit.conftest import FrozenClock
from tests.unit.support.arrivals import BCRYPT, row


@pytest.fixture(autouse=True)
def _clock(frozen_clock: FrozenClock) -> None:
    """It is the 22nd of November 2026, ten o'clock."""


def wrong_with(one: ImportRow) -> list[tuple[str, str]]:
    with pytest.raises(InvalidRow) as refused:
        checked(one)
    return [(error.field, error.code) for error in refused.value.fields]


def test_login_and_address_are_all_that_a_row_needs() -> None:
    assert checked(row()) == Customer(
        login="jan",
        email="jan@poczta.example",
        former_email=None,
        status=Status.ACTIVE,
        sip_number=None,
        balance=None,
        as_of=None,
        threshold=None,
        language="pl",
        password_hash=passwords.UNUSABLE,
    )


def test_every_column_is_understood() -> None:
    full = row(
        " Jan ",
        "Jan@Poczta.example",
        last_notified_email="jan.stary@poczta.example",
        status="blocked",
        sip_number="600123456",
        balance="-3.07",
        as_of="2026-11-22T10:59:59.5+01:00",
        threshold="5.00",
        language="en",
        password_hash=BCRYPT,
    )
    assert checked(full) == Customer(
        login="Jan",
        email="Jan@Poczta.example",
        former_email="jan.stary@poczta.example",
        status=Status.BLOCKED,
        sip_number="600123456",
        balance=-307,
        as_of=datetime(2026, 11, 22, 9, 59, 59, 500_000, tzinfo=UTC),
        threshold=500,
        language="en",
        password_hash=BCRYPT,
    )


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("login", "jo", "too_short"),
        ("login", "j" * 65, "too_long"),
        ("login", "jan kowalski", "invalid_characters"),
        ("login", "zofia@poczta.example", "not_own_confirmed_address"),
        ("email", "", "invalid"),
        ("email", "jan", "invalid"),
        ("email", "jan@poczta.example\nBcc: zofia@poczta.example", "invalid"),
        ("email", "j" * 250 + "@poczta.example", "too_long"),
        ("last_notified_email", "jan@", "invalid"),
        ("status", "locked", "invalid"),
        ("status", "deleted", "invalid"),
        ("status", "Active", "invalid"),
        ("sip_number", "12", "invalid"),
        ("sip_number", "+48600123456", "invalid"),
        ("sip_number", "0600123456", "invalid"),
        ("sip_number", "6" * 16, "invalid"),
        ("sip_number", "６００１２３４５６", "invalid"),
        ("balance", "12,50", "invalid"),
        ("balance", "12.5", "invalid"),
        ("balance", "12", "invalid"),
        ("balance", "1e2", "invalid"),
        ("balance", "12.50 PLN", "invalid"),
        ("balance", "1234567890.00", "invalid"),
        ("threshold", "-0.01", "negative"),
        ("threshold", "five", "invalid"),
        ("language", "de", "invalid"),
        ("password_hash", "5f4dcc3b5aa765d61d8327deb882cf99", "unsupported"),
        ("password_hash", BCRYPT.replace("$04$", "$14$"), "too_costly"),
        ("password_hash", "!", "unsupported"),
    ],
)
def test_what_is_wrong_is_told(field: str, value: str, code: str) -> None:
    filled = {"login": "jan", "email": "jan@poczta.example"} | {field: value}
    assert wrong_with(ImportRow(**filled)) == [(field, code)]


@pytest.mark.parametrize(
    ("as_of", "code"),
    [
        ("yesterday", "invalid"),
        ("2026-11-22", "invalid"),
        ("2026-11-22T10:00:00", "without_time_zone"),
        ("2026-11-22T10:00:01Z", "in_future"),
    ],
)
def test_the_moment_of_a_balance_is_a_past_one_anywhere_in_the_world(as_of: str, code: str) -> None:
    assert wrong_with(row(balance="1.00", as_of=as_of)) == [("as_of", code)]


def test_a_moment_is_one_of_a_balance() -> None:
    assert wrong_with(row(as_of="2026-11-22T10:00:00Z")) == [("as_of", "without_balance")]


def test_all_that_is_wrong_is_told_at_once() -> None:
    bad = row("j", "jan@", status="gone", balance="lots", language="", password_hash="x")
    assert wrong_with(bad) == [
        ("login", "too_short"),
        ("email", "invalid"),
        ("status", "invalid"),
        ("balance", "invalid"),
        ("language", "invalid"),
        ("password_hash", "unsupported"),
    ]


def test_a_login_may_be_the_own_address_in_any_spelling() -> None:
    assert checked(row("Jan@POCZTA.example")).login == "Jan@POCZTA.example"


@pytest.mark.parametrize("spelling", ["jan@poczta.example", "JAN@Poczta.Example", " jan@poczta.example "])
def test_the_last_notified_address_is_forgotten_where_it_is_the_current_one(spelling: str) -> None:
    assert checked(row(last_notified_email=spelling)).former_email is None


@given(st.integers(-99_999_999_999, 99_999_999_999))
def test_amounts_are_whole_grosze(grosze: int) -> None:
    sign, zlotys, rest = "-" if grosze < 0 else "", *divmod(abs(grosze), 100)
    assert checked(row(balance=f"{sign}{zlotys}.{rest:02}")).balance == grosze


texts = st.none() | st.text(max_size=80)


@given(st.builds(ImportRow, st.text(max_size=80), st.text(max_size=80), *[texts] * 8))
def test_any_text_is_judged_without_failing(one: ImportRow) -> None:
    try:
        checked(one)
    except InvalidRow as refusal:
        assert refusal.fields
