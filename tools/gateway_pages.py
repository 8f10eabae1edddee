"""API Gateway's own answers as a browser shows them: small pages that need nothing else.

In Polish and then in English, since the gateway cannot see which language a visitor chose.
"""

import base64
import hashlib
from collections.abc import Mapping
from html import escape

from chalicelib.web.problems import REFUSALS, Words

# Without colours of their own, pages are as light or dark as the visitor's system.
_STYLE = (
    ":root{color-scheme:light dark}"
    "body{max-width:34rem;margin:0 auto;padding:1.5rem 1rem;font:1rem/1.5 system-ui,sans-serif;"
    "overflow-wrap:anywhere}"
    "h1,h2{font-size:1.5rem;line-height:1.25}"
)

_PAGE = """<!doctype html>
<html lang="pl">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{pl}
<div lang="en">
<h2>{title_en}</h2>
{en}
</div>
</main>
</body>
</html>
"""

_TOO_BUSY = {
    "pl": Words("Zbyt duży ruch", "Z panelu korzysta teraz zbyt wiele osób."),
    "en": Words("Too busy", "Too many people are using the panel at the moment."),
}

# Where those of the API are about JSON, passwords, or resources.
_WORDS: Mapping[str, Mapping[str, Words]] = {
    "WAF_FILTERED": {
        "pl": Words("Brak dostępu", "Nasze zabezpieczenia zatrzymały to, co wysłała Twoja przeglądarka."),
        "en": Words("No access", "Our protection stopped what your browser sent."),
    },
    "REQUEST_TOO_LARGE": {
        "pl": Words("Zbyt duże dane", "Wysyłasz więcej, niż przyjmujemy. Wróć i skróć to, co wysyłasz."),
        "en": Words("Too large", "You are sending more than we accept. Go back and shorten it."),
    },
    "THROTTLED": _TOO_BUSY,
    "QUOTA_EXCEEDED": _TOO_BUSY,
    "INTEGRATION_TIMEOUT": {
        "pl": Words(
            "Panel nie odpowiedział na czas",
            "Jeśli to była zmiana danych, sprawdź najpierw, czy nie została już zapisana.",
        ),
        "en": Words(
            "The panel did not answer in time",
            "If this was a change of your data, see first whether it was made already.",
        ),
    },
}

_WAITS = {
    5: {"pl": "Spróbuj ponownie za 5 sekund.", "en": "Try again in 5 seconds."},
    3600: {"pl": "Spróbuj ponownie za godzinę.", "en": "Try again in an hour."},
}

# No link to this page: after a form it would not be sent again, but the page asked for without it.
_AGAIN = {
    "pl": "Wróć do poprzedniej strony albo odśwież tę.",
    "en": "Go back to the page before, or reload this one.",
}
_REFERENCE = {"pl": "Numer błędu, gdy do nas piszesz:", "en": "Reference, if you write to us:"}


def content_security_policy() -> str:
    """The policy that allows the pages' style, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def page(name: str, code: str, *, retry_after_seconds: int | None, is_failure: bool) -> str:
    """The page for the gateway's answer `name`, worded like our `code` unless it has words of its own.

    A failure has its request's id as reference, which the gateway fills in. In ASCII, like the problem
    documents: other characters are references.
    """
    words = _WORDS.get(name, REFUSALS[code].words)
    paragraphs = {
        language: _paragraphs(language, words[language].detail, retry_after_seconds, is_failure=is_failure)
        for language in words
    }
    html = _PAGE.format(
        style=_STYLE, title=escape(words["pl"].title), title_en=escape(words["en"].title), **paragraphs
    )
    return html.encode("ascii", "xmlcharrefreplace").decode()


def _paragraphs(language: str, detail: str, retry_after_seconds: int | None, *, is_failure: bool) -> str:
    lines = [escape(detail)]
    if retry_after_seconds is not None:
        lines.append(_WAITS[retry_after_seconds][language])
    if is_failure or retry_after_seconds is not None:
        lines.append(_AGAIN[language])
    if is_failure:
        lines.append(f"{_REFERENCE[language]} <code>$context.requestId</code>")
    return "\n".join(f"<p>{line}</p>" for line in lines)
