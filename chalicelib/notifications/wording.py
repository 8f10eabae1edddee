"""How a mail puts amounts, moments, durations and other people's text: the functions of the templates."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

# Unicode categories that are no text: controls, format characters (text direction among them),
# lone surrogates, line and paragraph separators.
_NO_TEXT = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

_MONTHS = {
    "pl": "stycznia lutego marca kwietnia maja czerwca "
    "lipca sierpnia września października listopada grudnia",
    "en": "January February March April May June July August September October November December",
}
_DAYS = {"pl": "{0.day} {month} {0.year} r.", "en": "{0.day} {month} {0.year}"}
_MOMENTS = {"pl": "{day} o godz. {0:%H:%M} ({zone})", "en": "{day} at {0:%H:%M} ({zone})"}

# What may be an address on the web, up to a character that ends it in any text, and what ends a
# sentence rather than an address.
_LINK_LIKE = re.compile(r"(https?://[^\s<>\"]+)")
_END_OF_SENTENCE = ".,;:!?)]'\N{RIGHT SINGLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"
# Only what every reader takes for the same address: ASCII, no name or password before the host.
_LINK = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?([/?#][A-Za-z0-9._~:/?#@!$&'()*+,;=%-]*)?")


class Piece(NamedTuple):
    """A stretch of a line: words, or an address on the web."""

    text: str
    is_link: bool


def one_line(value: Any) -> str:
    """The value's text without line breaks, controls and the like."""
    return "".join(character for character in str(value) if unicodedata.category(character) not in _NO_TEXT)


def joined(text: str) -> str:
    """The text in one line, its words apart where its lines were."""
    return one_line(" ".join(str(text).split())).strip()


def paragraphs(text: str) -> list[list[str]]:
    """Plain text in the paragraphs and lines it was given in, for templates to put together again."""
    found: list[list[str]] = [[]]
    for line in str(text).splitlines():
        # Without trailing spaces no line of it can look like the one that begins a signature ("-- ").
        words = one_line(line.expandtabs()).rstrip()
        if words:
            found[-1].append(words)
        elif found[-1]:
            found.append([])
    return [each for each in found if each]


def pieces(line: str) -> list[Piece]:
    """The line in stretches, so that a template can make its addresses links that look like what they are."""
    found = []
    for part in _LINK_LIKE.split(line):
        address = part.rstrip(_END_OF_SENTENCE)
        if _LINK.fullmatch(address):
            found += [Piece(address, is_link=True), Piece(part[len(address) :], is_link=False)]
        else:
            found.append(Piece(part, is_link=False))
    return [piece for piece in found if piece.text]


def money(amount: str, language: str) -> str:
    """An amount in PLN, given like "12.50", as the language writes it. The digits stay as they came."""
    return f"{str(amount).replace('.', ',')} zł" if language == "pl" else f"PLN {amount}"


def moment(local: datetime, language: str) -> str:
    """Day, time to the minute and the zone's name, as the language writes them."""
    name = local.strftime("%Z")
    zone = f"UTC{name}" if name.startswith(("+", "-")) else name
    return _MOMENTS[language].format(local, day=day(local, language), zone=zone)


def day(local: date, language: str) -> str:
    """A day, as the language writes it."""
    return _DAYS[language].format(local, month=_MONTHS[language].split()[local.month - 1])


def lasting(minutes: int, minute: Sequence[str], hour: Sequence[str], language: str) -> str:
    """A link's lifetime, in hours where they are several and whole."""
    hours, rest = minutes // 60, minutes % 60
    if hours > 1 and not rest:
        return counted(hours, hour, language)
    return counted(minutes, minute, language)


def counted(number: int, noun: Sequence[str], language: str) -> str:
    """The number with the noun's form that goes with it; a noun is given in all its forms."""
    return f"{number} {noun[_plural_form(number, language)]}"


def _plural_form(number: int, language: str) -> int:
    """Which of a noun's forms goes with the number: 0, 1 and, in Polish, 2 (CLDR: one, few, many)."""
    if number == 1:
        return 0
    if language == "pl" and not (number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14)):
        return 2
    return 1
