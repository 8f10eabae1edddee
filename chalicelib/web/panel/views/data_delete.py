"""Deleting the account (R13)."""

from chalicelib.accounts import deletion
from chalicelib.errors import FieldError
from chalicelib.settings import settings
from chalicelib.web.panel import cookies
from chalicelib.web.panel.visit import Mistyped, Page, Redirect, Visit

# A second click meets no session any more.
NOTICE_OF_ENDED_SESSION = "session_ended_or_account_deleted"


def show(visit: Visit) -> Page:
    """What it means, and the form."""
    session, balance = visit.session_and_balance
    return Page(
        "data_delete",
        {
            "account": session.account,
            "balance": balance.balance if balance else None,
            "erase_after_days": settings().erase_after_days,
        },
    )


def send(visit: Visit) -> Redirect:
    """Delete it."""
    session, _ = visit.session_and_balance
    if not visit.typed("confirmed"):
        raise Mistyped(FieldError("confirmed", "required"))
    deletion.delete_own_account(session, current_password=visit.typed("current_password"))
    return Redirect("/login", notice="account_deleted", cookies=[cookies.dropped(cookies.SESSION)])
