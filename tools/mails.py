"""Every kind of mail in both languages, on one page to look at.

`python -m tools.mails` writes build/mails.html: all at a glance, as a phone shows them, Polish ones light
and English ones dark; then each by itself. docs/deliverability.md has a picture of its top, and tells how
to take it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape

from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.mail import Letter, Rendered, render
from chalicelib.settings import settings
from tools.paths import BUILD

_LINK_END = "pX2mQvT7dKcR9sWzY4hBnJ6gLfA1eUo8iN3rZtVbMxE"
_AT = datetime(2026, 11, 22, 9, 15, tzinfo=UTC)

# What the operator's own systems may send: plain text, its address made a link.
_NOTICES = {
    "pl": (
        "Prace serwisowe w nocy z 24 na 25 listopada",
        "Szanowni Państwo,\n\nw nocy z 24 na 25 listopada od 1:00 do 4:00 połączenia mogą nie działać.\n"
        "O postępach piszemy na stronie\nhttps://status.operator.example/prace?id=7\n\nPrzepraszamy.",
    ),
    "en": (
        "Maintenance in the night of 24 to 25 November",
        "Dear customer,\n\nfrom 1:00 to 4:00 on 25 November calls may not work.\n"
        "Progress is told at\nhttps://status.operator.example/maintenance?id=7\n\nWe are sorry.",
    ),
}

_TICKET: dict[str, object] = {
    "ticket_id": "01JD9Z3V5T8Q4W7X2Y6K0M1N3P",
    "contact_email": "zofia@poczta.example",
    "login": "zofia.nowak",
    "message": "Dzień dobry,\n\nnie pamiętam loginu, a stary adres już nie działa.\n\nZofia Nowak",
    "accounts": [
        {
            "account_id": "01JD9Z3V5T8Q4W7X2Y6K0M1N3Q",
            "login": "zofia.nowak",
            "status": "active",
            "matched_by": "login",
        }
    ],
}

# Of the glance at all of them; as many mails side by side as a picture of it shows readably.
_COLUMNS = 10

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mails</title>
<style>
:root { color-scheme: light dark; }
body { margin: 8px; font: 16px/1.5 system-ui, sans-serif; }
.glance { display: grid; grid-template-columns: repeat({columns}, 360px); gap: 8px; margin-bottom: 48px; }
.light { color-scheme: light; }
.dark { color-scheme: dark; }
section { display: flex; flex-wrap: wrap; gap: 24px; margin-bottom: 48px; }
h2 { flex-basis: 100%; margin: 0; font-size: 18px; }
iframe, pre { box-sizing: border-box; width: 360px; height: 1010px; margin: 0; border: 1px solid #888; }
iframe.desktop { width: 640px; }
pre { width: auto; padding: 16px; overflow: auto; font-size: 13px; }
</style>
</head>
<body>
<div class="glance">
{glance}
</div>
{sections}
</body>
</html>
"""

_FRAME = '<iframe class="{looks}" title="{name}" srcdoc="{html}"></iframe>'

_SECTION = """<section>
<h2>{name}: {subject}</h2>
{frames}
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
    balance = {"login": "jan.kowalski", "threshold": "5.00", "as_of": _AT, "data_url": f"{panel}/data"}
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
        "topped_up": (
            Kind.TOPPED_UP,
            {"login": "jan.kowalski", "amount": "50.00", "balance": "47.35", "invoice": "FV/2026/11/0042"},
        ),
        "services_blocked": (Kind.SERVICES_BLOCKED, {"login": "jan.kowalski"}),
        "contract_ended": (Kind.CONTRACT_ENDED, {"login": "jan.kowalski", "erased_after_days": 30}),
        "low_balance": (Kind.LOW_BALANCE, {"balance": "3.20", "days_left": 4, **balance}),
        "balance_exhausted": (Kind.BALANCE_EXHAUSTED, {"balance": "-0.15", "days_left": None, **balance}),
        **_of_an_accounts_life(),
    }
    for name, (kind, values) in samples.items():
        for language in ("pl", "en"):
            yield f"{name}, {language}", Letter(kind, language, "jan@kowalscy.example", values)
    for language, (subject, text) in _NOTICES.items():
        notice = {"login": "jan.kowalski", "subject": subject, "text": text}
        yield f"notice, {language}", Letter(Kind.NOTICE, language, "jan@kowalscy.example", notice)


def _of_an_accounts_life() -> dict[str, tuple[Kind, dict[str, object]]]:
    panel = settings().panel_url
    change = {"login": "jan.kowalski", "changed_at": _AT, "network": "203.0.113.0/24"}
    undo = {"new_email_hint": "n•••@example.com", "link": f"{panel}/email/undo?token={_LINK_END}"}
    sip = {"sip_number": "600123456", "password": "k7fq2mzx9wt4hbn8rs3d", "realm": "sip.operator.example"}
    deletion = {"deleted_at": _AT, "erased_after_days": 30, "login_reserved_days": 90}
    return {
        "confirm_new_email": (
            Kind.CONFIRM_NEW_EMAIL,
            {"link": f"{panel}/email/confirm?token={_LINK_END}", "valid_hours": 24},
        ),
        "email_change_asked": (Kind.EMAIL_CHANGE_ASKED, {**change, **undo, "valid_hours": 72}),
        "email_replaced": (Kind.EMAIL_REPLACED, {**change, **undo, "valid_hours": 72}),
        "email_changed": (Kind.EMAIL_CHANGED, {**change, "login_is_old_address": True}),
        "sip_credentials": (Kind.SIP_CREDENTIALS, {**sip, "replaces": False, "network": None}),
        "sip_credentials, replaced": (
            Kind.SIP_CREDENTIALS,
            {**sip, "replaces": True, "network": "203.0.113.0/24"},
        ),
        "account_deleted": (Kind.ACCOUNT_DELETED, {"login": "jan.kowalski", **deletion}),
        "ticket": (Kind.TICKET, _TICKET),
        "ticket_received": (Kind.TICKET_RECEIVED, {"ticket_id": _TICKET["ticket_id"]}),
    }


def page() -> str:
    """The page, complete in itself."""
    samples = [(name, letter.language, render(letter)) for name, letter in sample_letters()]
    polish = [_frame(name, mail, "phone light") for name, language, mail in samples if language == "pl"]
    english = [_frame(name, mail, "phone dark") for name, language, mail in samples if language == "en"]
    return (
        _PAGE.replace("{columns}", str(_COLUMNS))
        .replace("{glance}", "\n".join(polish + english))
        .replace("{sections}", "\n".join(_section(name, mail) for name, _, mail in samples))
    )


def _frame(name: str, mail: Rendered, looks: str) -> str:
    return _FRAME.format(name=escape(f"{name}, {looks}"), looks=looks, html=escape(mail.html))


def _section(name: str, mail: Rendered) -> str:
    frames = "\n".join(_frame(name, mail, looks) for looks in ("phone light", "phone dark", "desktop"))
    return _SECTION.format(
        name=escape(name), subject=escape(mail.subject), frames=frames, text=escape(mail.text)
    )


if __name__ == "__main__":
    BUILD.mkdir(exist_ok=True)
    target = BUILD / "mails.html"
    target.write_text(page(), encoding="utf-8")
    print(target)
