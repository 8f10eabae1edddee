"""Changing the password (R12)."""

from chalicelib.accounts import profile
from chalicelib.accounts.repeated import password_just_set
from chalicelib.errors import WrongPassword
from chalicelib.web import request
from chalicelib.web.panel import new_password
from chalicelib.web.panel.visit import Page, Redirect, Visit


def show(visit: Visit) -> Page:
    """The form."""
    return Page("data_password", {"account": visit.session.account})


def send(visit: Visit) -> Redirect:
    """Change the password; every other device is logged out."""
    password = new_password.typed_twice(visit)
    try:
        profile.change(
            visit.session,
            profile.Changes(password=password),
            current_password=visit.typed("current_password"),
            network=request.caller_network(),
        )
    except WrongPassword:
        # By a double click the form is sent twice, and the second one must not look like a failure.
        login = visit.session.account.login
        if not password_just_set(login, password, network=request.caller_network()):
            raise
    return Redirect("/data", notice="password_changed")
