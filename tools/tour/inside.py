"""The pages for who is logged in, in all their states."""

from collections.abc import Iterator

from tools.tour.cast import Role
from tools.tour.visit import Reach, State, Visit, opened, sent

_WRONG = "Nie-to-haslo-9"
_GOOD = "Rejs-do-Helu-2026"
_ERRORS = ".errors li"
_NOT_RIGHT = "#current_password-problem"


def _opened_details(visit: Visit) -> None:
    visit.open("/balance")
    visit.page.locator("summary").click()


def _last_page(visit: Visit) -> None:
    visit.open("/notifications")
    visit.press("main a[href*=cursor]")


def _taken(visit: Visit) -> None:
    visit.open("/data/login")
    visit.send(login=Role.NEW, current_password=visit.cast.password)


def _delete_refused(visit: Visit) -> None:
    visit.open("/data/delete")
    visit.page.locator("[name=confirmed]").check()
    visit.send(current_password=_WRONG)


def _notice(visit: Visit) -> None:
    visit.keep("notice", "low_balance_changed")
    visit.open("/data")


def _logged_out(visit: Visit) -> None:
    visit.open("/data")
    visit.press("header form button")


def _refused(name: str, **typed: str) -> Reach:
    return sent(f"/data/{name}", current_password=_WRONG, **typed)


def _settled() -> Iterator[State]:
    def state(name: str, path: str, reach: Reach, status: int = 200, shows: str = "main form") -> State:
        return State(name, path, reach, status, shows, Role.SETTLED)

    yield state("data", "/data", opened("/data"), shows="main [href$=sip-password]")
    yield state("data-notice", "/data", _notice, shows=".notice")
    yield state("login", "/data/login", opened("/data/login"))
    yield state("login-refused", "/data/login", _refused("login", login="marek"), 403, _NOT_RIGHT)
    yield state("login-taken", "/data/login", _taken, 409, "#login-problem")
    yield state("email", "/data/email", opened("/data/email"))
    refused = _refused("email", email="marek@poczta.example")
    yield state("email-refused", "/data/email", refused, 403, _NOT_RIGHT)
    yield state("password", "/data/password", opened("/data/password"))
    refused = _refused("password", password=_GOOD, password_again=_GOOD)
    yield state("password-refused", "/data/password", refused, 403, _NOT_RIGHT)
    yield state("language", "/data/language", opened("/data/language"))
    yield state("low-balance", "/data/low-balance", opened("/data/low-balance"))
    refused = sent("/data/low-balance", low_balance_threshold="mało")
    yield state("low-balance-refused", "/data/low-balance", refused, 422, _ERRORS)
    yield state("sip-password", "/data/sip-password", opened("/data/sip-password"))
    yield state("sip-password-refused", "/data/sip-password", _refused("sip-password"), 403, _NOT_RIGHT)
    yield state("sessions", "/data/sessions", opened("/data/sessions"), shows="[name=everywhere]")
    yield state("delete", "/data/delete", opened("/data/delete"))
    yield state("delete-unconfirmed", "/data/delete", _refused("delete"), 422, "#confirmed-problem")
    yield state("delete-refused", "/data/delete", _delete_refused, 403, _NOT_RIGHT)
    yield state("balance", "/balance", opened("/balance"), shows="svg.chart")
    yield state("balance-as-table", "/balance", _opened_details, shows="details[open] td")
    yield state("notifications", "/notifications", opened("/notifications"), shows="main a[href*=cursor]")
    yield state("notifications-last", "/notifications", _last_page, shows="main a[href$=notifications]")
    nothing = opened("/notifications?cursor=00000000000000000000000001")
    yield state("notifications-none", "/notifications", nothing, shows="main a[href$=notifications]")
    yield state("ticket-logged-in", "/ticket", opened("/ticket"), shows="#login[value='marek.kowalski']")
    yield state("logged-out", "/login", _logged_out, shows=".notice")


def _changing() -> Iterator[State]:
    pending = "[value=cancel]"
    yield State("data-pending", "/data", opened("/data"), role=Role.CHANGING, shows="dd p")
    reach = opened("/data/email")
    yield State("email-pending", "/data/email", reach, role=Role.CHANGING, shows=pending)
    reach = opened("/balance")
    yield State("balance-used-up", "/balance", reach, role=Role.CHANGING, shows="main p.soft ~ p.soft")


def _new() -> Iterator[State]:
    yield State("data-new", "/data", opened("/data"), role=Role.NEW, shows=".notice")
    yield State("login-new", "/data/login", opened("/data/login"), role=Role.NEW)
    reach = opened("/data/email")
    yield State("email-new", "/data/email", reach, role=Role.NEW, shows="[value=resend]")
    reach = opened("/data/sip-password")
    yield State("sip-password-new", "/data/sip-password", reach, role=Role.NEW, shows="main p")
    reach = opened("/data/sessions")
    yield State("sessions-new", "/data/sessions", reach, role=Role.NEW, shows="main .tag")
    yield State("balance-none", "/balance", opened("/balance"), role=Role.NEW, shows="main p")


def _unreachable() -> Iterator[State]:
    yield State("data-unreachable", "/data", opened("/data"), role=Role.UNREACHABLE, shows=".notice")
    reach = opened("/notifications")
    yield State("internal-error", "/notifications", reach, 500, "main code", Role.UNREACHABLE)


STATES = (*_settled(), *_changing(), *_new(), *_unreachable())
