"""Whether a form comes from our own pages: the check against cross-site request forgery.

Browsers say where a POST comes from, in headers that no page can forge: Sec-Fetch-Site (Fetch Metadata) or
at least Origin (RFC 6454). Only a browser that sends neither must show a token from the form. Forms without
a session are checked, too: nobody shall be logged in, unknowingly, to an account of somebody else's.
"""

import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from chalicelib.settings import settings
from chalicelib.web.panel.cookies import FORM, is_https

TOKEN_FIELD = "form_token"  # noqa: S105 - the field's name

_TOKEN_BYTES = 24


class CrossSite(Exception):
    """The form was sent from another site, or nothing shows that it was not."""


def check(
    *, fetch_site: str, origin: str, host: str, cookies: Mapping[str, str], fields: Mapping[str, str]
) -> None:
    """Make sure that a form was sent from the panel, by the headers of the request (empty if not sent).

    `Origin: null` is a page that hides where it is from. Raises CrossSite.
    """
    if fetch_site not in ("", "none", "same-origin") or (origin and not _is_ours(origin, host)):
        raise CrossSite
    if not origin and fetch_site != "same-origin" and not _shows_token(cookies, fields):
        raise CrossSite


def _is_ours(origin: str, host: str) -> bool:
    """Whether an origin is the panel's address, or the host under which we were asked."""
    panel = urlsplit(settings().panel_url)
    ours = {f"{panel.scheme}://{panel.netloc}"}
    if host:
        ours |= {f"{scheme}://{host}" for scheme in (("https",) if is_https() else ("http", "https"))}
    return origin.lower() in {each.lower() for each in ours}


def _shows_token(cookies: Mapping[str, str], fields: Mapping[str, str]) -> bool:
    cookie, field = cookies.get(FORM, ""), fields.get(TOKEN_FIELD, "")
    # What comes from outside may be anything, also what cannot be encoded.
    one, other = (value.encode(errors="replace") for value in (cookie, field))
    return bool(cookie) and hmac.compare_digest(one, other)


def new_token() -> str:
    """A token for the forms of a browser: it stands in a cookie, and in every form."""
    return secrets.token_urlsafe(_TOKEN_BYTES)
