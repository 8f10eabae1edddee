"""Changing the login (R12), also to the e-mail address (R4)."""

from chalicelib.accounts import profile
from chalicelib.web import request
from chalicelib.web.panel.visit import Page, Redirect, Visit


def show(visit: Visit) -> Page:
    """The form."""
    account = visit.session.account
    return Page("data_login", {"account": account, "may_use_address": account.email_confirmed_at is not None})


def send(visit: Visit) -> Redirect:
    """Change the login; the old one is free at once."""
    profile.change(
        visit.session,
        profile.Changes(login=visit.typed("login")),
        current_password=visit.typed("current_password"),
        network=request.caller_network(),
    )
    return Redirect("/data", notice="login_changed")
