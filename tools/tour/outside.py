"""The pages that everybody can see, in all their states, and those that refuse."""

from itertools import count

from tools.tour.cast import Role
from tools.tour.visit import State, Visit, opened, sent

_NEW_LOGINS = count(1)

_WRONG = "Nie-to-haslo-9"
_WEAK = "haslo"
_GOOD = "Rejs-do-Helu-2026"
_ERRORS = ".errors li"


def _registered(visit: Visit) -> None:
    visit.open("/register")
    login = f"nowy.klient.{next(_NEW_LOGINS)}"
    visit.send(login=login, email=f"{login}@example.com", password=_GOOD, password_again=_GOOD)


def _session_ended(visit: Visit) -> None:
    visit.keep("session", "gone")
    visit.open("/data")


def _too_many(visit: Visit) -> None:
    attempt = {"login": "nikt.taki", "password": _WRONG}
    for _ in range(5):
        visit.page.request.post(f"{visit.cast.panel_url}/v1/sessions", data=attempt)
    visit.open("/login")
    visit.send(**attempt)


def _too_large(visit: Visit) -> None:
    visit.open("/ticket")
    visit.page.locator("#message").evaluate("field => field.removeAttribute('maxlength')")
    visit.send(contact_email="jan@example.com", message="x" * 70_000)


def _cross_site(visit: Visit) -> None:
    form = f'<form method="post" action="{visit.cast.panel_url}/login"><button>x</button></form>'
    elsewhere = "http://elsewhere.example/"
    visit.page.route(elsewhere, lambda route: route.fulfill(body=form, content_type="text/html"))
    visit.page.goto(elsewhere)
    visit.press("button")
    visit.page.unroute(elsewhere)


def _reset_link(visit: Visit) -> str:
    return f"/reset?token={visit.cast.reset_token}"


def _reset(visit: Visit) -> None:
    visit.open(_reset_link(visit))


def _reset_refused(visit: Visit) -> None:
    visit.open(_reset_link(visit))
    visit.send(password=_WEAK, password_again=_WEAK.upper())


STATES = (
    State("log-in", "/login", opened("/login")),
    State("log-in-wrong", "/login", sent("/login", login="jan", password=_WRONG), 422, _ERRORS),
    State("log-in-too-many", "/login", _too_many, 429, _ERRORS),
    State("log-in-session-ended", "/login", _session_ended, shows=".notice"),
    State("log-out", "/logout", opened("/logout")),
    State("forgot", "/forgot", opened("/forgot")),
    State("forgot-empty", "/forgot", sent("/forgot", identifier=""), 422, _ERRORS),
    State("forgot-unknown", "/forgot", sent("/forgot", identifier="nikt.z.nas@example.com"), 404, _ERRORS),
    State(
        "forgot-unreachable",
        "/forgot",
        sent("/forgot", identifier=f"bounce+{Role.UNREACHABLE}@simulator.amazonses.com"),
        409,
        _ERRORS,
    ),
    State("forgot-sent", "/forgot/sent", opened("/forgot/sent"), shows="main h2"),
    State("reset", "/reset", _reset, shows="#password_again"),
    State("reset-refused", "/reset", _reset_refused, 422, "#password_again-problem"),
    State("reset-expired", "/reset", opened("/reset?token=used"), 410, "#identifier"),
    State("register", "/register", opened("/register")),
    State(
        "register-refused",
        "/register",
        sent("/register", email="zofia@", login="z", password=_WEAK, password_again=_WEAK.upper()),
        422,
        "#password_again-problem",
    ),
    State(
        "register-taken",
        "/register",
        sent("/register", email="z@example.com", login=Role.CHANGING, password=_GOOD, password_again=_GOOD),
        409,
        "#login-problem",
    ),
    State("registered", "/register", _registered, 201, "main h2"),
    State("confirmation", "/confirmation", opened("/confirmation")),
    State(
        "confirmation-wrong",
        "/confirmation",
        sent("/confirmation", login=Role.NEW, password=_WRONG, email="adam@example.com"),
        422,
        _ERRORS,
    ),
    State("confirm", "/confirm", opened("/confirm?token=any")),
    State("confirm-expired", "/confirm", sent("/confirm?token=any"), 410, "main .button"),
    State("email-confirm", "/email/confirm", opened("/email/confirm?token=any")),
    State("email-confirm-expired", "/email/confirm", sent("/email/confirm?token=any"), 410, "main .button"),
    State("email-undo", "/email/undo", opened("/email/undo?token=any")),
    State("email-undo-expired", "/email/undo", sent("/email/undo?token=any"), 410, "main .button"),
    State("ticket", "/ticket", opened("/ticket")),
    State("ticket-empty", "/ticket", sent("/ticket", contact_email="", message=""), 422, _ERRORS),
    State("not-found", "/nowhere", opened("/nowhere/at/all"), 404, "main .button"),
    State("method-not-allowed", "/language", opened("/language"), 405, "main .button"),
    State(
        "too-large",
        "/ticket",
        _too_large,
        413,
        "main .button",
    ),
    State("cross-site", "/login", _cross_site, 403, "main .button"),
)
