"""Asking again for the link that confirms an address, or correcting a mistyped one."""

from chalicelib.accounts import registration
from chalicelib.web import request
from chalicelib.web.panel.visit import Page, Redirect, Visit


def show(visit: Visit) -> Page:
    """The form."""
    return Page("confirmation")


def send(visit: Visit) -> Redirect:
    """Mail the link."""
    registration.resend_confirmation(
        visit.typed("login"),
        visit.typed("password"),
        email=visit.typed("email").strip() or None,
        network=request.caller_network(),
    )
    return Redirect("/login", notice="confirmation_sent")
