"""From a view's answer to HTTP: templates, the headers of every page, redirects, the style sheet."""

import base64
import functools
import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from chalice.app import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from chalicelib import colours, money
from chalicelib.notifications import wording
from chalicelib.settings import settings
from chalicelib.web import request
from chalicelib.web.panel import cookies, language
from chalicelib.web.panel.routes import ANYTHING_ELSE

_PAGES = Path(__file__).parents[1] / "pages"

_HSTS_SECONDS = 365 * 24 * 60 * 60
_STYLE_SECONDS = 365 * 24 * 60 * 60

Headers = dict[str, str | list[str]]


def page(
    template: str,
    values: Mapping[str, object],
    *,
    language: str,
    status: int = 200,
    headers: Mapping[str, str | list[str]] | None = None,
) -> Response:
    """A page in HTML."""
    always = _headers() | {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Language": language,
        "Cache-Control": "no-store",
        "Content-Security-Policy": _content_security_policy(),
    }
    common: dict[str, object] = {
        "language": language,
        "operator_name": settings().operator_name,
        "root": root(),
        "path": request.route(),
        "style_version": _style_version(),
    }
    body = _environment(language).get_template(f"{template}.html").render(common | dict(values))
    return Response(body=body, status_code=status, headers=always | dict(headers or {}))


def redirect(
    path: str, *, query: Mapping[str, str] | None = None, set_cookies: Sequence[str] = ()
) -> Response:
    """Send the browser to another page of the panel, to be asked for by GET (303)."""
    parameters = f"?{urlencode(query, safe='/')}" if query else ""
    headers = _headers() | {
        "Location": f"{root()}{path.removeprefix('/')}{parameters}" or "./",
        "Cache-Control": "no-store",
        "Content-Type": "text/plain; charset=utf-8",
    }
    return Response(body="", status_code=303, headers=headers | set_cookie(set_cookies))


def set_cookie(set_cookies: Sequence[str]) -> Headers:
    """The header that sets cookies, each in a line of its own; none if there are none."""
    return {"Set-Cookie": list(set_cookies)} if set_cookies else {}


def download(body: str, *, name: str, content_type: str) -> Response:
    """A file to keep, not a page to show."""
    headers = _headers() | {
        "Content-Type": content_type,
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return Response(body=body, headers=headers)


def style_sheet() -> Response:
    """The style sheet; under the version that pages name it may be kept for good."""
    kept = request.query("v") == _style_version()
    headers = _headers() | {
        "Content-Type": "text/css; charset=utf-8",
        "Cache-Control": f"public, max-age={_STYLE_SECONDS}, immutable" if kept else "no-cache",
    }
    return Response(body=_style(), headers=headers)


def root() -> str:
    """The way from the page asked for up to the panel's root, as a beginning of relative references.

    Relative, since the panel may stand at a domain's root or behind a stage's name, and browsers alone
    know which.
    """
    asked, route = request.path(), request.route()
    if route == "/":
        # Of https://…/api the last part is the stage, and no page in it.
        return "" if asked.endswith("/") else f"{asked.rpartition('/')[2]}/"
    below = request.path_parameter("proxy").count("/") if route == ANYTHING_ELSE else route.count("/") - 1
    return "../" * (below + asked.endswith("/"))


def _headers() -> Headers:
    headers: Headers = {
        # A mailed link's token is in the page's address: other sites must not see it. "no-referrer" would
        # take the Origin from our own forms as well.
        "Referrer-Policy": "strict-origin",
        "X-Content-Type-Options": "nosniff",
        # For browsers that do not know the policy's frame-ancestors.
        "X-Frame-Options": "DENY",
    }
    if cookies.is_https():
        headers["Strict-Transport-Security"] = f"max-age={_HSTS_SECONDS}"
    return headers


def _content_security_policy() -> str:
    # The one script is allowed by its hash, so that it needs no request of its own.
    return (
        "default-src 'none'; style-src 'self'; img-src data:; "
        f"script-src 'sha256-{_digest_of_script()}'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )


@functools.cache
def _digest_of_script() -> str:
    return base64.b64encode(hashlib.sha256(_script().encode()).digest()).decode()


@functools.cache
def _script() -> str:
    return (_PAGES / "script.js").read_text("utf-8")


@functools.cache
def _style() -> str:
    brand = settings().brand_colour
    light = _colours(colours.light(brand), colours.LIGHT_PAPER, colours.LIGHT_TINT)
    dark = _colours(colours.dark(brand), colours.DARK_PAPER, colours.DARK_TINT)
    schemes = f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
    return schemes + (_PAGES / "style.css").read_text("utf-8")


def _colours(scheme: colours.Scheme, paper: str, tint: str) -> str:
    return f"--paper: {paper}; --tint: {tint}; --link: {scheme.link}; --on-link: {scheme.on_link};"


@functools.cache
def _style_version() -> str:
    return hashlib.sha256(_style().encode()).hexdigest()[:12]


@functools.cache
def _environment(language_: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_PAGES),
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
        undefined=StrictUndefined,
        autoescape=select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    translations: Any = environment  # the extension's methods are not in its types
    translations.install_gettext_translations(language.texts(language_), newstyle=True)
    environment.globals["script"] = _script
    environment.filters |= {
        "grosze": functools.partial(_grosze, language=language_),
        "moment": functools.partial(_moment, language=language_),
        "day": functools.partial(_day, language=language_),
        "decimal": functools.partial(_decimal, language=language_),
    }
    return environment


def _grosze(amount: int, language: str) -> str:
    return wording.money(money.write(amount), language)


def _moment(at: datetime, language: str) -> str:
    return wording.moment(at.astimezone(ZoneInfo(settings().time_zone)), language)


def _day(day: date, language: str) -> str:
    return wording.day(day, language)


def _decimal(amount: str, language: str) -> str:
    """An amount like "12.50" in the way one types it."""
    return amount.replace(".", ",") if language == "pl" else amount
