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
    session = visit.session_if_any()
    if session:
        with suppress(SessionNotFound):  # a moment ago it was there
            sessions.end_session(session, session.session_id)
    return Redirect("/login", notice="logged_out", cookies=[cookies.dropped(cookies.SESSION)])
