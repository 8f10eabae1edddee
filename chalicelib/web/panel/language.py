"""Which language a page is in, and its texts: gettext catalogues under locale/, English in the templates.

`N_` marks a text in the code that is translated where it is shown.
"""

import functools
import gettext
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from chalicelib.accounts.rules import LANGUAGES
from chalicelib.web.panel import cookies
from chalicelib.web.request import caller_language

_CATALOGUES = Path(__file__).parents[1] / "locale"
_DOMAIN = "panel"
_CHOICE_LIFETIME = timedelta(days=365)


def N_(message: str) -> str:  # noqa: N802 - what gettext's tools look for
    """The message itself, for tools to find."""
    return message


def chosen(sent: Mapping[str, str]) -> str:
    """The language that the cookies keep (chosen on a page, or the account's), or what the browser wants."""
    language = sent.get(cookies.LANGUAGE, "")
    return language if language in LANGUAGES else caller_language()


def kept(language: str) -> str:
    """The Set-Cookie header that keeps the choice."""
    return cookies.kept(cookies.LANGUAGE, language, _CHOICE_LIFETIME)


@functools.cache
def texts(language: str) -> gettext.NullTranslations:
    """The catalogue of a language; the messages themselves are English."""
    if language == "en":
        return gettext.NullTranslations()
    return gettext.translation(_DOMAIN, _CATALOGUES, [language])
