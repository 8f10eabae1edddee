"""The routes between customers and the operator's staff: tickets, and what is held about a customer."""

from chalice.app import Blueprint, Response

from chalicelib.support import tickets
from chalicelib.support.export import export
from chalicelib.web import schemas
from chalicelib.web.edge import answer, authenticated, endpoint, parse
from chalicelib.web.request import caller_language, caller_network

support = Blueprint(__name__)

# A ticket's text in the characters and escapes that take the most bytes.
MOST_TICKET_BYTES = 64 * 1024


@support.route("/v1/tickets", methods=["POST"])
@endpoint
def open_ticket() -> Response:
    """Write to the operator's staff."""
    form = parse(schemas.TicketForm, MOST_TICKET_BYTES)
    ticket = tickets.open_ticket(
        form.contact_email, form.message, form.login, language=caller_language(), network=caller_network()
    )
    return answer(schemas.OpenedTicket(ticket.ticket_id), 201)


@support.route("/v1/account/export", methods=["GET"])
@endpoint
def export_account() -> Response:
    """Take everything that is held about the account."""
    return answer(export(authenticated()))
