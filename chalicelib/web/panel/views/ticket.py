"""Writing to the operator's staff (R11)."""

from chalicelib.support import tickets
from chalicelib.web import request
from chalicelib.web.panel.visit import Page, Redirect, Visit


def show(visit: Visit) -> Page:
    """The form, with what is known of who is logged in."""
    session = visit.session_if_any()
    account = session.account if session else None
    return Page(
        "ticket",
        {
            "contact_email": visit.typed("contact_email", account.email if account else ""),
            "login": visit.typed("login", account.login if account else ""),
        },
    )


def send(visit: Visit) -> Redirect:
    """Send the ticket."""
    tickets.open_ticket(
        visit.typed("contact_email"),
        # Browsers count a line's end as one character, and send two.
        visit.typed("message").replace("\r\n", "\n"),
        visit.typed("login") or None,
        language=visit.language,
        network=request.caller_network(),
    )
    return Redirect("/ticket", notice="ticket_sent")
