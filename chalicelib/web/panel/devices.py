"""A browser and its device, by the name that it gives itself, as people call them."""

from collections.abc import Sequence

# A part of the User-Agent header → a name. The first that fits counts: nearly all claim to be others, too.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("Trident/", "Internet Explorer"),
)
_DEVICES = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def described(user_agent: str) -> str | None:
    """Like "Firefox, Android"; None for what is not known."""
    found = [_first(names, user_agent) for names in (_BROWSERS, _DEVICES)]
    return ", ".join(filter(None, found)) or None


def _first(names: Sequence[tuple[str, str]], user_agent: str) -> str | None:
    return next((name for part, name in names if part in user_agent), None)
