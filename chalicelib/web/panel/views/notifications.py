"""What we have sent to the customer, where, and what became of it (R16)."""

from chalicelib.notifications import log
from chalicelib.web.edge import cursor_asked_for
from chalicelib.web.panel.visit import Page, Visit
from chalicelib.web.panel.words import KINDS, STATUSES

PAGE_ENTRIES = 20


def show(visit: Visit) -> Page:
    """A page of the log, newest first."""
    account = visit.session.account
    cursor = cursor_asked_for()
    entries = log.of_account(account.account_id, limit=PAGE_ENTRIES + 1, before=cursor)
    shown = entries[:PAGE_ENTRIES]
    return Page(
        "notifications",
        {
            "entries": shown,
            "kinds": KINDS,
            "statuses": STATUSES,
            "is_first_page": cursor is None,
            "next_cursor": shown[-1].notification_id if len(entries) > PAGE_ENTRIES else None,
        },
    )
