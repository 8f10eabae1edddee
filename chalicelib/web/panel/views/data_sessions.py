"""Where the customer is logged in, and logging out there."""

from contextlib import suppress

from chalicelib.accounts import sessions
from chalicelib.errors import SessionNotFound
from chalicelib.web.panel import cookies, devices
from chalicelib.web.panel.visit import Page, Redirect, Visit


def show(visit: Visit) -> Page:
    """The sessions, the present one first."""
    entries = sorted(sessions.list_sessions(visit.session), key=lambda each: not each.current)
    described = [(each, devices.described(each.user_agent)) for each in entries]
    return Page("data_sessions", {"entries": described})


def send(visit: Visit) -> Redirect:
    """Log out in one place, or everywhere."""
    session = visit.session
    if visit.typed("everywhere"):
        sessions.end_all_sessions(session)
        gone = [cookies.dropped(cookies.SESSION)]
        return Redirect("/login", notice="logged_out_everywhere", cookies=gone)
    with suppress(SessionNotFound):  # ended already, which is what was wanted
        sessions.end_session(session, visit.typed("session"))
    return Redirect("/data/sessions", notice="session_closed")
