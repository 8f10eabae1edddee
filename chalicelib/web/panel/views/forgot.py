"""Forgot the password or the login (R5, R6, R10)."""

from chalicelib.accounts import recovery
from chalicelib.web import request
from chalicelib.web.panel.visit import Page, Redirect, Visit


def show(visit: Visit) -> Page:
    """The form with the seed's advice: which address does, when the login is forgotten, too."""
    return Page("forgot")


def send(visit: Visit) -> Redirect:
    """Ask for the message."""
    recovery.request_reset(
        visit.typed("identifier"), language=visit.language, network=request.caller_network()
    )
    return Redirect("/forgot/sent")
