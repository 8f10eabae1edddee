"""Every kind of mail in both languages, on one page to look at.

`python -m tools.mails` writes build/mails.html; it follows the browser's light or dark mode.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape

from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.mail import Letter, render
from chalicelib.settings import settings
from tools.paths import BUILD

_LINK_END = "pX2mQvT7dKcR9sWzY4hBnJ6gLfA1eUo8iN3rZtVbMxE"
_AT = datetime(2026, 11, 22, 9, 15, tzinfo=UTC)

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mails</title>
<style>
:root { color-scheme: light dark; }
body { margin: 24px; font: 16px/1.5 system-ui, sans-serif; }
section { display: flex; flex-wrap: wrap; gap: 24px; margin-bottom: 48px; }
h2 { flex-basis: 100%; margin: 0; font-size: 18px; }
iframe, pre { box-sizing: border-box; height: 900px; margin: 0; border: 1px solid #888; }
iframe { color-scheme: light dark; }
iframe.phone { width: 360px; }
iframe.desktop { width: 640px; }
pre { padding: 16px; overflow: auto; font-size: 13px; }
</style>
</head>
<body>
{sections}
</body>
</html>
"""

_SECTION = """<section>
<h2>{name}: {subject}</h2>
<iframe class="phone" title="{name}, phone" srcdoc="{html}"></iframe>
<iframe class="desktop" title="{name}, desktop" srcdoc="{html}"></iframe>
<pre>{text}</pre>
</section>"""


def sample_letters() -> Iterator[tuple[str, Letter]]:
    """A letter of every kind in every language, the reset mail for one account and for several."""
    panel = settings().panel_url
    change = {"changed_at": _AT, "network": "203.0.113.0/24", "forgot_url": f"{panel}/forgot"}
    request = {"valid_minutes": 60, "requested_at": _AT, "network": "203.0.113.0/24"}
    jan = {"login": "jan.kowalski", "link": f"{panel}/reset?token={_LINK_END}"}
    zofia = {"login": "zofia.nowak@poczta.example", "link": f"{panel}/reset?token={_LINK_END[::-1]}"}
    unconfirmed = {"login": None, "link": f"{panel}/reset?token={_LINK_END.swapcase()}"}
    samples: dict[str, tuple[Kind, dict[str, object]]] = {
        "confirm_email": (
            Kind.CONFIRM_EMAIL,
            {"link": f"{panel}/confirm?token={_LINK_END}", "valid_hours": 24},
        ),
        "password_reset": (Kind.PASSWORD_RESET, {"accounts": [jan], **request}),
        "password_reset, several accounts": (
            Kind.PASSWORD_RESET,
            {"accounts": [jan, zofia, unconfirmed], **request},
        ),
        "password_changed": (Kind.PASSWORD_CHANGED, {"login": "jan.kowalski", **change}),
        "login_changed": (Kind.LOGIN_CHANGED, {"login": "jan@kowalscy.example", **change}),
    }
    for name, (kind, values) in samples.items():
        for language in ("pl", "en"):
            yield f"{name}, {language}", Letter(kind, language, "jan@kowalscy.example", values)


def page() -> str:
    """The page, complete in itself."""
    return _PAGE.replace("{sections}", "\n".join(_section(*sample) for sample in sample_letters()))


def _section(name: str, letter: Letter) -> str:
    mail = render(letter)
    return _SECTION.format(
        name=escape(name), subject=escape(mail.subject), html=escape(mail.html), text=escape(mail.text)
    )


if __name__ == "__main__":
    BUILD.mkdir(exist_ok=True)
    target = BUILD / "mails.html"
    target.write_text(page(), encoding="utf-8")
    print(target)
