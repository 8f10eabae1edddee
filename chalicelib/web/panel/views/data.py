"""The Data tab (R12): what is known of the account, and the ways to change it."""

from chalicelib.accounts.sessions import list_sessions
from chalicelib.balances import rows
from chalicelib.web.panel.visit import Page, Visit
from chalicelib.web.panel.words import ACCOUNT_STATES


def show(visit: Visit) -> Page:
    """Everything at a glance, each with its own page to change it."""
    session, balance = visit.session_and_balance
    return Page(
        "data",
        {
            "account": session.account,
            "states": ACCOUNT_STATES,
            "sessions": len(list_sessions(session)),
            "threshold": rows.threshold_of(balance),
            "notices": balance.notices if balance else True,
        },
    )
