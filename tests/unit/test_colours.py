"""Whatever colour an operator chooses, links and buttons in it can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import colours
from chalicelib.colours import Scheme
from chalicelib.settings import Settings

LIGHT = (colours.LIGHT_PAPER, colours.LIGHT_TINT)
DARK = (colours.DARK_PAPER, colours.DARK_TINT)

every_colour = given(brand=st.integers(0, 0xFFFFFF).map("#{:06x}".format))


def on(papers: tuple[str, ...], colour: str) -> float:
    """The contrast of a colour where it is least."""
    return min(colours.contrast(colour, paper) for paper in papers)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#ff0000", "#ffffff", 4.00),
        ("#00ff00", "#ffffff", 1.37),
        ("#0000ff", "#ffffff", 8.59),
        ("#949494", "#ffffff", 3.03),
        ("#FFFFFF", "#ffffff", 1),
    ],
)
def test_contrast_is_what_wcag_says(one: str, other: str, ratio: float) -> None:
    assert colours.contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert colours.contrast(other, one) == colours.contrast(one, other)


@every_colour
def test_links_and_buttons_can_be_read_on_light_paper(brand: str) -> None:
    scheme = colours.light(brand)
    assert on(LIGHT, scheme.link) >= 4.5
    assert colours.contrast(scheme.link, scheme.on_link) >= 4.5


@every_colour
def test_links_and_buttons_can_be_read_on_dark_paper(brand: str) -> None:
    scheme = colours.dark(brand)
    assert on(DARK, scheme.link) >= 4.5
    assert colours.contrast(scheme.link, scheme.on_link) >= 4.5


@every_colour
def test_a_colour_that_can_be_read_stays_as_it_is_and_another_becomes_just_readable(brand: str) -> None:
    for papers, scheme in ((LIGHT, colours.light(brand)), (DARK, colours.dark(brand))):
        if on(papers, brand) >= 4.5:
            assert scheme.link == brand
        else:
            assert on(papers, scheme.link) < 4.6


@every_colour
def test_no_channel_grows_on_light_paper_or_shrinks_on_dark(brand: str) -> None:
    def channels(colour: str) -> bytes:
        return bytes.fromhex(colour[1:])

    assert all(
        new <= old for new, old in zip(channels(colours.light(brand).link), channels(brand), strict=True)
    )
    assert all(
        new >= old for new, old in zip(channels(colours.dark(brand).link), channels(brand), strict=True)
    )


def test_yellow_is_darkened_to_olive_and_navy_lightened_to_a_pale_blue() -> None:
    assert colours.light("#ffd700") == Scheme(link="#846f00", on_link="#ffffff")
    assert colours.dark("#000080") == Scheme(link="#8787c3", on_link="#000000")


def test_the_colour_of_an_operator_who_chose_none_stays_as_it_is_on_light_paper() -> None:
    assert colours.light(Settings().brand_colour).link == Settings().brand_colour


def test_capital_letters_make_no_other_colour() -> None:
    assert colours.light("#0B4FA8") == colours.light("#0b4fa8")
    assert colours.dark("#0B4FA8") == colours.dark("#0b4fa8")
