"""Logging in by login and password (R3)."""

from chalicelib.accounts.log_in import log_in
from chalicelib.errors import FieldError
from chalicelib.settings import settings
from chalicelib.web import request
from chalicelib.web.panel import cookies, language
from chalicelib.web.panel.routes import PAGES
from chalicelib.web.panel.views import log_out
from chalicelib.web.panel.visit import Mistyped, Page, Redirect, Visit

_START = "/data"
# What may be asked for before logging in; a download would leave the browser on the log-in page.
_PAGES = {path for path in PAGES if path.startswith(("/data", "/balance", "/notifications"))} - {
    "/data/export"
}


def show(visit: Visit) -> Page | Redirect:
    """The form; who is logged in goes on at once."""
    wanted = _wanted(visit.typed("next") or request.query("next") or "")
    if request.method() != "POST" and visit.session_if_any():
        return Redirect(wanted)
    return Page("log_in", {"next": wanted, "logged_in": False})


def send(visit: Visit) -> Redirect:
    """Log in, and go on to the page that was asked for first."""
    if cookies.FORM not in visit.cookies:  # the form has set it: the session's would not be kept either
        raise Mistyped(FieldError("form", "no_cookies"))
    opened, account = log_in(
        visit.typed("login"),
        visit.typed("password"),
        network=request.caller_network(),
        user_agent=request.caller_user_agent(),
    )
    log_out.logged_out(visit)  # of whoever was logged in here before
    # The session itself ends much earlier unless it is used; this is the end of its token.
    set_cookies = [cookies.kept(cookies.SESSION, opened.token, settings().session_max_lifetime)]
    if cookies.LANGUAGE not in visit.cookies:
        set_cookies.append(language.kept(account.language))
    return Redirect(_wanted(visit.typed("next")), cookies=set_cookies)


def _wanted(page: str) -> str:
    """A page for who is logged in, whatever the address says: nobody is led out of the panel."""
    path = f"/{page.removeprefix('/')}"
    return path if path in _PAGES else _START
