"""Registering (R1)."""

from chalicelib.accounts import registration
from chalicelib.errors import LoginTaken
from chalicelib.settings import settings
from chalicelib.web import request
from chalicelib.web.panel import new_password
from chalicelib.web.panel.visit import Page, Visit


def show(visit: Visit) -> Page:
    """The form."""
    return Page("register")


def send(visit: Visit) -> Page:
    """Make the account, and tell where its link was mailed."""
    login, email, password = visit.typed("login"), visit.typed("email"), new_password.typed_twice(visit)
    try:
        registration.register(
            login, email, password, language=visit.language, network=request.caller_network()
        )
    except LoginTaken:
        # By a double click or a reload the form is sent twice; the second one must not look like a failure.
        if not new_password.is_set(login, password):
            raise
    tuned = settings()
    return Page(
        "registered",
        {
            "email": email.strip(),
            "confirm_link_hours": tuned.confirm_link_hours,
            "mail_from": tuned.mail_from,
        },
        status=201,
    )
