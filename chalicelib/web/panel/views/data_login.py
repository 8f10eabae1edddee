"""Changing the login (R12), also to the e-mail address (R4)."""

from chalicelib.accounts import profile, rules
from chalicelib.errors import NotLoggedIn, WrongPassword
from chalicelib.web import request
from chalicelib.web.panel.visit import Page, Redirect, Visit


def show(visit: Visit) -> Page:
    """The form."""
    account = visit.session.account
    return Page("data_login", {"account": account, "may_use_address": account.email_confirmed_at is not None})


def send(visit: Visit) -> Redirect:
    """Change the login; the old one is free at once."""
    login = visit.typed("login")
    before = visit.session.account.login
    try:
        profile.change(
            visit.session,
            profile.Changes(login=login),
            current_password=visit.typed("current_password"),
            network=request.caller_network(),
        )
    except (WrongPassword, NotLoggedIn):
        # By a double click the form is sent twice, and the second one must not look like a failure.
        if _is_same(before, login) or not _is_same(visit.session_by_now().account.login, login):
            raise
    return Redirect("/data", notice="login_changed")


def _is_same(one: str, other: str) -> bool:
    return rules.login_key(one) == rules.login_key(other)
