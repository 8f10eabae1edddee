"""Every refusal the domain can give; what a caller acts on is data on the error. Knows no HTTP."""

from datetime import timedelta
from typing import ClassVar, NamedTuple


class FieldError(NamedTuple):
    """One field of the input and what is wrong with it."""

    field: str
    code: str


class DomainError(Exception):
    """The base of all refusals; `code` is the stable name a client acts on."""

    code: ClassVar[str]

    def __init__(self, *fields: FieldError) -> None:
        self.fields = fields
        super().__init__(self.code)


class MalformedBody(DomainError):
    """The body is not JSON, or its fields are missing, unknown or of the wrong type."""

    code = "malformed_body"


class MalformedQuery(DomainError):
    """A parameter of the address has a value that cannot be used."""

    code = "malformed_query"


class BodyTooLarge(DomainError):
    """The body is larger than any valid request."""

    code = "body_too_large"


class InvalidLogin(DomainError):
    """The login's length or characters are not allowed, or it is an address not one's own (R4)."""

    code = "invalid_login"


class InvalidEmail(DomainError):
    """The e-mail address is not one that mail can be sent to."""

    code = "invalid_email"


class InvalidIdentifier(DomainError):
    """What was typed into "forgot your password?" can be neither a login nor an address."""

    code = "invalid_identifier"


class InvalidTicket(DomainError):
    """A ticket without an address to answer to, or without words, or with too many; `fields` says which."""

    code = "invalid_ticket"


class WeakPassword(DomainError):
    """The password breaks rule R2 or is easily guessed; `fields` says which rule."""

    code = "weak_password"


class InvalidThreshold(DomainError):
    """The threshold of low-balance notices is no amount that it may be."""

    code = "invalid_threshold"


class InvalidPasswordHash(DomainError):
    """The hash of another system is of a kind that is not understood, or costs too much to check."""

    code = "invalid_password_hash"


class LoginTaken(DomainError):
    """Another account has this login, in this or another spelling of it (I6)."""

    code = "login_taken"


class InvalidCredentials(DomainError):
    """Login and password do not open an account, or it may not be entered."""

    code = "invalid_credentials"


class WrongPassword(DomainError):
    """The current password, asked for before a change, is wrong."""

    code = "wrong_password"


class AlreadyConfirmed(DomainError):
    """The account's address is confirmed: it is changed in the Data tab, not corrected."""

    code = "already_confirmed"


class NotVerified(DomainError):
    """The account was not verified by the operator, so it has no SIP account yet (R14)."""

    code = "not_verified"


class AddressNotConfirmed(DomainError):
    """The account's address must be confirmed before the operator verifies it."""

    code = "address_not_confirmed"


class WrongStatus(DomainError):
    """The account's status does not allow this: only an active one is blocked, and so on."""

    code = "wrong_status"


class NoNumberFree(DomainError):
    """Every SIP number of the operator's range is taken."""

    code = "no_number_free"


class MessageNotWaiting(DomainError):
    """The outbox has no message of this id: it was delivered, or dropped with a reason."""

    code = "not_found"


class InvalidRow(DomainError):
    """A row of an import makes no sense; `fields` says what is wrong with it."""

    code = "invalid_row"


class NumberTaken(DomainError):
    """The SIP number of a row to import is another customer's."""

    code = "number_taken"


class AddressFull(DomainError):
    """As many accounts as one address may have use that of the row to import already."""

    code = "address_full"


class NumberNotFound(DomainError):
    """No SIP account has this number."""

    code = "not_found"


class NotAllowed(DomainError):
    """The operator's routes are for callers whom IAM knows, and it has named none."""

    code = "forbidden"


class NotLoggedIn(DomainError):
    """The session token is missing, unknown, ended or past its time."""

    code = "not_logged_in"


class SessionNotFound(DomainError):
    """The account has no session of this id."""

    code = "not_found"


class LinkExpired(DomainError):
    """The mailed link is unknown, used, past its time, or overtaken by a later change."""

    code = "link_expired"


class UserNotFound(DomainError):
    """Nobody here has this login or address (R10); raised only where settings say `reveal`."""

    code = "user_not_found"


class AddressUnreachable(DomainError):
    """Mail to this address bounced or was complained about, so no reminder can be sent there."""

    code = "address_unreachable"


class AccountNotFound(DomainError):
    """There is no account of this id."""

    code = "not_found"


class TooManyAttempts(DomainError):
    """A throttle refused; trying again makes sense after `retry_after`."""

    code = "too_many_attempts"

    def __init__(self, retry_after: timedelta) -> None:
        self.retry_after = retry_after
        super().__init__()


class TooManyAccounts(TooManyAttempts):
    """The address has as many accounts as one may have; one of them may be deleted some day."""


class Unavailable(DomainError):
    """The database refused for longer than our retries last; nothing was written."""

    code = "unavailable"

    def __init__(self, retry_after: timedelta = timedelta(seconds=2)) -> None:
        self.retry_after = retry_after
        super().__init__()
