"""The kinds of messages, and which queue each travels in."""

from enum import StrEnum


class Lane(StrEnum):
    """Urgent is what somebody waits for; bulk must never delay it."""

    URGENT = "urgent"
    BULK = "bulk"


class Kind(StrEnum):
    """What a message is about; each mail has its templates under this name."""

    CONFIRM_EMAIL = "confirm_email"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a name, not a password
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a name, not a password
    LOGIN_CHANGED = "login_changed"
    # A change of address: to the new one, to the one in force; once confirmed, to the replaced and the new.
    CONFIRM_NEW_EMAIL = "confirm_new_email"
    EMAIL_CHANGE_ASKED = "email_change_asked"
    EMAIL_REPLACED = "email_replaced"
    EMAIL_CHANGED = "email_changed"
    SIP_CREDENTIALS = "sip_credentials"
    ACCOUNT_DELETED = "account_deleted"
    TOPPED_UP = "topped_up"
    SERVICES_BLOCKED = "services_blocked"
    CONTRACT_ENDED = "contract_ended"
    NOTICE = "notice"
    LOW_BALANCE = "low_balance"
    BALANCE_EXHAUSTED = "balance_exhausted"
    # To the operator's staff, and back to who wrote the ticket.
    TICKET = "ticket"
    TICKET_RECEIVED = "ticket_received"
    # Not a mail: "somebody forgot, and typed this"; becomes one PASSWORD_RESET per recipient.
    RESET_REQUESTED = "reset_requested"


LANES = {
    Kind.CONFIRM_EMAIL: Lane.URGENT,
    Kind.PASSWORD_RESET: Lane.URGENT,
    Kind.PASSWORD_CHANGED: Lane.URGENT,
    Kind.LOGIN_CHANGED: Lane.URGENT,
    Kind.CONFIRM_NEW_EMAIL: Lane.URGENT,
    Kind.EMAIL_CHANGE_ASKED: Lane.URGENT,
    Kind.EMAIL_REPLACED: Lane.URGENT,
    Kind.EMAIL_CHANGED: Lane.URGENT,
    Kind.SIP_CREDENTIALS: Lane.URGENT,
    Kind.ACCOUNT_DELETED: Lane.URGENT,
    Kind.TICKET: Lane.URGENT,
    Kind.TICKET_RECEIVED: Lane.URGENT,
    Kind.RESET_REQUESTED: Lane.URGENT,
    Kind.TOPPED_UP: Lane.BULK,
    Kind.SERVICES_BLOCKED: Lane.BULK,
    Kind.CONTRACT_ENDED: Lane.BULK,
    Kind.NOTICE: Lane.BULK,
    Kind.LOW_BALANCE: Lane.BULK,
    Kind.BALANCE_EXHAUSTED: Lane.BULK,
}
