"""The panel's cookies: the session, the form token, the language, and a notice for the next page.

Where the site is HTTPS their names begin with `__Host-`: browsers then take them from this host alone, over
HTTPS alone, so that neither a neighbouring subdomain nor a plain connection can plant one (RFC 6265bis).
The cookie of a session is for pages only; the API under /v1 asks for a bearer token.
"""

from datetime import timedelta

from chalicelib.settings import settings

SESSION = "session"
FORM = "form"
LANGUAGE = "language"
NOTICE = "notice"

_PREFIX = "__Host-"


def is_https() -> bool:
    """Whether customers reach the panel by HTTPS, as anywhere but on a developer's machine."""
    return settings().panel_url.startswith("https://")


def read(header: str) -> dict[str, str]:
    """Our cookies in a Cookie header, by the names above."""
    prefix = _PREFIX if is_https() else ""
    found: dict[str, str] = {}
    for pair in header.split(";"):
        name, equals, value = pair.strip().partition("=")
        if equals and name.startswith(prefix):
            # The first of several of one name is the one with the most specific path: ours.
            found.setdefault(name.removeprefix(prefix), value)
    return found


def kept(name: str, value: str, lifetime: timedelta) -> str:
    """A Set-Cookie header that keeps a value (ASCII without spaces, commas, semicolons) for a while."""
    prefix, secure = (_PREFIX, "; Secure") if is_https() else ("", "")
    age = int(lifetime.total_seconds())
    return f"{prefix}{name}={value}; Max-Age={age}; Path=/{secure}; HttpOnly; SameSite=Lax"


def dropped(name: str) -> str:
    """A Set-Cookie header that takes a cookie away."""
    return kept(name, "", timedelta(0))
