"""Logging out."""

from contextlib import suppress

from chalicelib.accounts import sessions
from chalicelib.errors import SessionNotFound
from chalicelib.web.panel import cookies
from chalicelib.web.panel.visit import Page, Redirect, Visit


def show(visit: Visit) -> Page:
    """A button: to open an address changes nothing."""
    return Page("log_out", {"logged_in": False})


def send(visit: Visit) -> Redirect:
    """End the session, if there is one still."""
    return Redirect("/login", notice="logged_out", cookies=[logged_out(visit)])


def logged_out(visit: Visit) -> str:
    """The Set-Cookie header that ends the session in this browser; in the account, it is ended here."""
    session = visit.session_if_any()
    if session:
        with suppress(SessionNotFound):  # a moment ago it was there
            sessions.end_session(session, session.session_id)
    return cookies.dropped(cookies.SESSION)
