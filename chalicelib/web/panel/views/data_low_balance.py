"""Being told of a low balance (R15): from which balance on, and whether at all."""

import re

from chalicelib import money
from chalicelib.accounts import profile
from chalicelib.balances import preferences, rows
from chalicelib.web import request
from chalicelib.web.panel.visit import Page, Redirect, Visit

# How people write amounts, spaces apart: 5, 5,5, 12.50 zł, 1 000.
_AMOUNT = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{0,2}))?(?:zł|pln)?", re.IGNORECASE)


def show(visit: Visit) -> Page:
    """The form."""
    _, row = visit.session_and_balance
    return Page(
        "data_low_balance",
        {
            "threshold": money.write(rows.threshold_of(row)),
            "notices": visit.typed("notices") if visit.fields else (row is None or row.notices),
        },
    )


def send(visit: Visit) -> Redirect:
    """Keep the choice."""
    session, row = visit.session_and_balance
    choices = preferences.Choices(
        preferences.threshold(_written(visit.typed("low_balance_threshold"))), bool(visit.typed("notices"))
    )
    _, writes = preferences.choose(session.account.account_id, row, choices)
    profile.change(
        session, profile.Changes(), current_password=None, network=request.caller_network(), also=writes
    )
    return Redirect("/data", notice="low_balance_changed")


def _written(typed: str) -> str:
    """An amount as people write it in the way the domain takes it; anything else as it is."""
    match = _AMOUNT.fullmatch("".join(typed.split()))
    return f"{match[1]}.{match[2] or '':0<2}" if match else typed
