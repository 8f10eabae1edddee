"""Registering (R1)."""

from collections.abc import Iterator
from functools import partial

from chalicelib.accounts import passwords, registration, rules
from chalicelib.accounts.repeated import password_just_set
from chalicelib.errors import FieldError, InvalidEmail, InvalidLogin, LoginTaken, WeakPassword
from chalicelib.notifications import addresses
from chalicelib.settings import settings
from chalicelib.web import request
from chalicelib.web.panel import new_password
from chalicelib.web.panel.visit import Mistyped, Page, Visit


def show(visit: Visit) -> Page:
    """The form."""
    return Page("register")


def send(visit: Visit) -> Page:
    """Make the account, and tell where its link was mailed."""
    login, email, password = visit.typed("login"), visit.typed("email"), visit.typed("password")
    if mistakes := [*_mistakes(login, email, password), *new_password.difference(visit)]:
        raise Mistyped(*mistakes)
    try:
        registration.register(
            login, email, password, language=visit.language, network=request.caller_network()
        )
    except LoginTaken:
        # By a double click or a reload the form is sent twice; the second one must not look like a failure.
        account = password_just_set(login, password, network=request.caller_network())
        if account is None or addresses.fold(account.email) != addresses.fold(email):
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


def _mistakes(login: str, email: str, password: str) -> Iterator[FieldError]:
    """All that is wrong with the form, where registering itself would tell the first only."""
    for check in (
        partial(rules.valid_email, email),
        partial(rules.valid_login, login),
        partial(passwords.check, password, login=login, email=email),
    ):
        try:
            check()
        except (InvalidLogin, InvalidEmail, WeakPassword) as refusal:
            yield from refusal.fields
