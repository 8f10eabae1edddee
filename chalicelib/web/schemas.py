"""The JSON that goes in and out, as types: what is parsed, what is answered, what OpenAPI documents."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Language = Literal["pl", "en"]
Moment = Annotated[datetime, Meta(tz=True)]

# Limits of size only; what the values must be is the domain's to say, with codes of its own.
Typed = Annotated[str, Meta(max_length=1024)]
Secret = Annotated[str, Meta(max_length=4096)]
LongText = Annotated[str, Meta(max_length=65_536)]


class Form(Struct, forbid_unknown_fields=True):
    """The base of request bodies: unknown fields are refused."""


class RegistrationForm(Form):
    """POST /v1/accounts."""

    login: Typed
    email: Typed
    password: Secret
    language: Language | None = None


class ConfirmationForm(Form):
    """POST /v1/accounts/confirmation: `email` corrects a mistyped address."""

    login: Typed
    password: Secret
    email: Typed | None = None


class DeletionForm(Form):
    """DELETE /v1/account."""

    current_password: Secret


class SipPasswordForm(Form):
    """POST /v1/account/sip-password."""

    current_password: Secret


class TokenForm(Form):
    """A mailed link's token."""

    token: Typed


class LogInForm(Form):
    """POST /v1/sessions."""

    login: Typed
    password: Secret


class ResetRequestForm(Form):
    """POST /v1/password-resets: a login or an e-mail address."""

    identifier: Typed


class ResetForm(Form):
    """POST /v1/password-resets/complete."""

    token: Typed
    password: Secret


class ProfileForm(Form):
    """PATCH /v1/account."""

    login: Typed | None = None
    email: Typed | None = None
    password: Secret | None = None
    language: Language | None = None
    low_balance_threshold: Typed | None = None
    low_balance_notices: bool | None = None
    current_password: Secret | None = None


class TicketForm(Form):
    """POST /v1/tickets: where to answer, and what somebody has to say."""

    contact_email: Typed
    message: LongText
    login: Typed | None = None


class RegisteredAccount(Struct, frozen=True):
    """The account just made."""

    account_id: str
    login: str
    email: str
    status: str


class Profile(Struct, frozen=True):
    """What a customer sees of the account."""

    account_id: str
    login: str
    email: str
    email_confirmed: bool
    email_reachable: bool
    pending_email: str | None
    language: str
    status: str
    sip_number: str | None
    created_at: Moment


class BalanceNotice(Struct, frozen=True):
    """The last notice about a low balance; the message itself is in the list of messages sent."""

    kind: str
    at: Moment


class ProfileWithBalance(Profile, frozen=True, kw_only=True):
    """The account, and what is left on it; amounts in PLN, null while nobody has told us a balance."""

    balance: str | None
    balance_as_of: Moment | None
    low_balance_threshold: str
    low_balance_notices: bool
    last_balance_notice: BalanceNotice | None


class BalancePoint(Struct, frozen=True):
    """What was left at the end of a day, or is now."""

    date: date
    balance: str


class BalanceHistory(Struct, frozen=True):
    """GET /v1/account/balance-history: the last sixty days, oldest first, as far as balances came."""

    points: list[BalancePoint]


class OpenedSession(Struct, frozen=True):
    """A session token and the account it opens; the session ends at `expires_at` unless it is used."""

    token: str
    expires_at: Moment
    account: Profile
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the scheme's name (RFC 6750)


class SessionView(Struct, frozen=True):
    """One session in the list."""

    id: str
    created_at: Moment
    user_agent: str
    network: str
    current: bool


class SessionList(Struct, frozen=True):
    """GET /v1/sessions."""

    sessions: list[SessionView]


class Accepted(Struct, frozen=True):
    """What was asked for is under way."""

    message: str


class ResetView(Struct, frozen=True):
    """Whose password a link changes, and until when it works."""

    login: str
    expires_at: Moment


class OpenedTicket(Struct, frozen=True):
    """The ticket just made."""

    ticket_id: str


class NotificationView(Struct, frozen=True):
    """One message that was sent to the account."""

    id: str
    kind: str
    recipient: str
    sent_at: Moment
    status: str


class NotificationPage(Struct, frozen=True):
    """A page of the log, newest first; `cursor` asks for the next one, null on the last."""

    notifications: list[NotificationView]
    cursor: str | None


class Health(Struct, frozen=True):
    """GET /v1/health."""

    status: Literal["ok"]
    version: str


class FieldProblem(Struct, frozen=True):
    """One field of the request and what is wrong with it."""

    field: str
    code: str


class Problem(Struct, frozen=True, omit_defaults=True):
    """A refusal (RFC 9457); a client acts on `code`, `detail` is for people, in their language.

    `instance` names a failure of ours, for a question to the operator: the log has it under this name.
    """

    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str | UnsetType = UNSET
    errors: list[FieldProblem] = []
