"""Amounts: exact, and written in one way only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import money

MOST = 10**11 - 1


@pytest.mark.parametrize(
    ("text", "grosze"),
    [
        ("12.50", 1250),
        ("0.00", 0),
        ("0.01", 1),
        ("-0.01", -1),
        ("-3.00", -300),
        ("0.10", 10),
        ("0.29", 29),
        ("1.15", 115),
        ("999999999.99", MOST),
        ("-999999999.99", -MOST),
        ("007.00", 700),
    ],
)
def test_an_amount_is_read_to_the_grosz(text: str, grosze: int) -> None:
    assert money.parse(text) == grosze


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12",
        "12.5",
        "12.500",
        "12,50",
        ".50",
        "12.",
        "+12.50",
        "--1.00",
        "- 1.00",
        " 12.50",
        "12.50\n",
        "1e3",
        "1e3.00",
        "1_000.00",
        "1 000.00",
        "0x1.00",
        "NaN",
        "inf",
        "\N{FULLWIDTH DIGIT ONE}.00",
        "\N{ARABIC-INDIC DIGIT ONE}.00",
        "\N{MINUS SIGN}1.00",
        "1000000000.00",
        "12.50 zł",
    ],
)
def test_what_is_written_in_any_other_way_is_no_amount(text: str) -> None:
    with pytest.raises(money.NotMoney):
        money.parse(text)


@given(grosze=st.integers(-MOST, MOST))
def test_what_is_written_is_read_as_the_same(grosze: int) -> None:
    assert money.parse(money.write(grosze)) == grosze


@given(text=st.from_regex(r"-?(0|[1-9][0-9]{0,8})\.[0-9]{2}", fullmatch=True))
def test_what_is_read_is_written_as_the_same(text: str) -> None:
    assert money.write(money.parse(text)) == ("0.00" if text == "-0.00" else text)
