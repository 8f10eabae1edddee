"""Deleting the account (R13)."""

from chalicelib.accounts import deletion
from chalicelib.errors import FieldError
from chalicelib.settings import settings
from chalicelib.web.panel import cookies
from chalicelib.web.panel.visit import Mistyped, Page, Redirect, Visit


def show(visit: Visit) -> Page:
    """What it means, and the form."""
    tuned = settings()
    _, balance = visit.session_and_balance
    return Page(
        "data_delete",
        {
            "account": visit.session_and_balance[0].account,
            "balance": balance.balance if balance else None,
            "erase_after_days": tuned.erase_after_days,
        },
    )


def send(visit: Visit) -> Redirect:
    """Delete it."""
    session = visit.session
    if not visit.typed("confirmed"):
        raise Mistyped(FieldError("confirmed", "required"))
    deletion.delete_own_account(session, current_password=visit.typed("current_password"))
    return Redirect("/login", notice="account_deleted", cookies=[cookies.dropped(cookies.SESSION)])
