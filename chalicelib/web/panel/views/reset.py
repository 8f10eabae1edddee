"""Where the link of a reminder leads: whose password it is, and a form for the new one (R9)."""

from chalicelib.accounts import recovery
from chalicelib.accounts.repeated import password_just_set
from chalicelib.errors import LinkExpired
from chalicelib.settings import settings
from chalicelib.web import request
from chalicelib.web.panel import new_password
from chalicelib.web.panel.views import log_out
from chalicelib.web.panel.visit import Page, Redirect, Visit


def show(visit: Visit) -> Page:
    """The login and the form; opening the link uses nothing up (I4)."""
    token = visit.link_token()
    return Page("reset", {"token": token, "login": recovery.check_reset(token).login})


def send(visit: Visit) -> Redirect:
    """Set the new password; the customer then logs in with it."""
    password = new_password.typed_twice(visit)
    try:
        recovery.complete_reset(
            visit.link_token(), password, language=visit.language, network=request.caller_network()
        )
    except LinkExpired:
        # By a double click the form is sent twice, and the second one must not look like a failure.
        if not password_just_set(visit.typed("username"), password, network=request.caller_network()):
            raise
    # Whoever is logged in here may be somebody else: the next one to log in has the new password.
    return Redirect("/login", notice="password_reset", cookies=[log_out.logged_out(visit)])


def expired(visit: Visit) -> Page:
    """The way to another link."""
    return Page("reset_expired", {"reset_link_minutes": settings().reset_link_minutes})
