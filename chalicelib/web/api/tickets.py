"""Writing to the operator's staff."""

from chalice.app import Response

from chalicelib.support import tickets
from chalicelib.web import schemas
from chalicelib.web.edge import answer, endpoint, parse
from chalicelib.web.request import caller_language, caller_network

# A ticket's text in the characters and escapes that take the most bytes.
MOST_TICKET_BYTES = 64 * 1024


@endpoint
def open_ticket() -> Response:
    """Write to the operator's staff."""
    form = parse(schemas.TicketForm, MOST_TICKET_BYTES)
    ticket = tickets.open_ticket(
        form.contact_email, form.message, form.login, language=caller_language(), network=caller_network()
    )
    return answer(schemas.OpenedTicket(ticket.ticket_id), 201)
