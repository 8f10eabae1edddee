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
    TOPPED_UP = "topped_up"
    SERVICES_BLOCKED = "services_blocked"
    CONTRACT_ENDED = "contract_ended"
    NOTICE = "notice"
    # Not a mail: "somebody forgot, and typed this"; becomes one PASSWORD_RESET per recipient.
    RESET_REQUESTED = "reset_requested"


LANES = {
    Kind.CONFIRM_EMAIL: Lane.URGENT,
    Kind.PASSWORD_RESET: Lane.URGENT,
    Kind.PASSWORD_CHANGED: Lane.URGENT,
    Kind.LOGIN_CHANGED: Lane.URGENT,
    Kind.RESET_REQUESTED: Lane.URGENT,
    Kind.TOPPED_UP: Lane.BULK,
    Kind.SERVICES_BLOCKED: Lane.BULK,
    Kind.CONTRACT_ENDED: Lane.BULK,
    Kind.NOTICE: Lane.BULK,
}
