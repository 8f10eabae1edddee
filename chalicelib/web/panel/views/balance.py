"""What is left, and how it went in the last days."""

from chalicelib.balances import history, rows
from chalicelib.web.panel.chart import chart
from chalicelib.web.panel.visit import Page, Visit
from chalicelib.web.panel.words import KINDS


def show(visit: Visit) -> Page:
    """The balance, its history as a chart and as a table, and what was told of it."""
    _, row = visit.session_and_balance
    days = dict(sorted(row.history.items())) if row else {}
    threshold = rows.threshold_of(row)
    told = rows.last_told(row) if row else None
    return Page(
        "balance",
        {
            "balance": row.balance if row else None,
            "as_of": row.as_of if row else None,
            "days_left": history.days_left(days),
            "threshold": threshold,
            "notices": row.notices if row else True,
            "told": (KINDS[told[0]], told[1]) if told else None,
            "days": list(reversed(days.items())),
            "chart": chart(days, threshold),
        },
    )
