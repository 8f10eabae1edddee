"""The operator's colour, made such that links and buttons in it can be read on every page and in every mail.

WCAG 2.2 asks for a contrast of 4.5 between text and what is behind it; a colour that an operator chose for a
logo rarely has that on white and on black alike. Colours are text like "#0b4fa8", as the settings check it.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

# What pages and mails are written on, and the same with a tint, behind what is set off from the rest.
LIGHT_PAPER = "#ffffff"
LIGHT_TINT = "#f3f5f8"
DARK_PAPER = "#16181c"
DARK_TINT = "#22262c"

# Success criterion 1.4.3, for text of any size.
READABLE = 4.5

_WHITE = "#ffffff"
_BLACK = "#000000"

# As fine as eight bits a channel can tell.
_STEPS = 255

# Up to which share of its greatest value a channel of sRGB is linear.
_LINEAR = 0.04045


@dataclass(frozen=True)
class Scheme:
    """What an operator's colour becomes on light or on dark paper.

    `link` can be read on the paper and its tint, `on_link` (white or black) on a button filled with `link`.
    """

    link: str
    on_link: str


def light(brand: str) -> Scheme:
    """The scheme on light paper: the colour itself, or darkened as far as it takes to be readable."""
    return _scheme(brand, towards=_BLACK, papers=(LIGHT_PAPER, LIGHT_TINT))


def dark(brand: str) -> Scheme:
    """The scheme on dark paper: the colour itself, or lightened as far as it takes to be readable."""
    return _scheme(brand, towards=_WHITE, papers=(DARK_PAPER, DARK_TINT))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours as WCAG 2.2 defines it: from 1 (the same) to 21 (black and white)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _scheme(brand: str, towards: str, papers: Sequence[str]) -> Scheme:
    def readable(step: int) -> bool:
        return all(contrast(_mixed(brand, towards, step), paper) >= READABLE for paper in papers)

    # Once a step is readable, so are all after it: beyond the papers, where a brand would first come closer
    # to them, no contrast is near enough.
    link = _mixed(brand, towards, bisect_left(range(_STEPS), x=True, key=readable))
    return Scheme(link, on_link=max(_WHITE, _BLACK, key=lambda ink: contrast(ink, link)))


def _mixed(colour: str, other: str, step: int) -> str:
    """The colour after so many of 255 steps on the straight way to the other, which keeps its hue."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{one + round((another - one) * step / _STEPS):02x}" for one, another in pairs)


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it, from 0 (black) to 1 (white)."""
    red, green, blue = map(_linear, _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: int) -> float:
    share = channel / 255
    return share / 12.92 if share <= _LINEAR else ((share + 0.055) / 1.055) ** 2.4


def _channels(colour: str) -> bytes:
    """Red, green and blue."""
    return bytes.fromhex(colour.removeprefix("#"))
