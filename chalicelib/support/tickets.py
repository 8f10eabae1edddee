"""Tickets (R11): the way to the operator's staff for who can establish neither login nor address."""

import unicodedata
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum

from chalicelib import clock, storage
from chalicelib.accounts import rules, throttle
from chalicelib.errors import FieldError, InvalidEmail, InvalidTicket
from chalicelib.notifications import addresses, outbox
from chalicelib.notifications.kinds import Kind
from chalicelib.settings import settings
from chalicelib.support.models import Ticket

MESSAGE_MAX_CHARACTERS = 5000


class State(StrEnum):
    """Where a ticket is in its life; staff answer it from their mailbox, so there is one state yet."""

    OPEN = "open"


def open_ticket(
    contact_email: str, message: str, login: str | None, *, language: str, network: str
) -> Ticket:
    """Keep what somebody wrote, mail it to the staff, and acknowledge it to a customer's address.

    Whether the address is a customer's is found out at delivery: answer and work are the same. Raises
    InvalidTicket, and TooManyAttempts when this network sends too many.
    """
    contact_email, message, login = contact_email.strip(), message.strip(), _typed_login(login)
    errors = [*_errors_of_address(contact_email), *_errors_of_message(message), *_errors_of_login(login)]
    if errors:
        raise InvalidTicket(*errors)
    now = clock.now()
    ticket = Ticket(
        ticket_id=clock.new_id(),
        contact=addresses.fold(contact_email),
        contact_email=contact_email,
        login=login,
        message=message,
        language=language,
        state=State.OPEN,
        created_at=now,
        expires_at=now + timedelta(days=settings().ticket_days),
    )
    about = {"ticket_id": ticket.ticket_id}
    to_staff = outbox.message(Kind.TICKET, language=settings().default_language, parameters=about)
    back = outbox.message(Kind.TICKET_RECEIVED, recipient=contact_email, language=language, parameters=about)
    storage.write(
        throttle.at_most(settings().tickets_per_network_per_hour, "tickets", network),
        storage.put(ticket),
        storage.put(to_staff),
        storage.put(back),
    )
    return ticket


def _typed_login(login: str | None) -> str | None:
    return unicodedata.normalize("NFKC", login or "").strip() or None


def _errors_of_address(contact_email: str) -> Iterator[FieldError]:
    # Imported here: what only mail needs is nothing that a log-in should load.
    from chalicelib.notifications.mail import UnusableAddress, ascii_address

    if not contact_email:
        yield FieldError("contact_email", "required")
        return
    try:
        ascii_address(rules.valid_email(contact_email))  # staff must be able to answer
    except InvalidEmail as refusal:
        yield FieldError("contact_email", refusal.fields[0].code)
    except UnusableAddress:
        yield FieldError("contact_email", "invalid")


def _errors_of_message(message: str) -> Iterator[FieldError]:
    if not message:
        yield FieldError("message", "required")
    elif len(message) > MESSAGE_MAX_CHARACTERS:
        yield FieldError("message", "too_long")


def _errors_of_login(login: str | None) -> Iterator[FieldError]:
    # No login at all is that long, however it is compared.
    if login and len(rules.login_key(login)) > rules.IDENTIFIER_MAX_CHARACTERS:
        yield FieldError("login", "too_long")
