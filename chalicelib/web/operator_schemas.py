"""The JSON of the operator's routes, as types."""

from typing import Annotated

from msgspec import Meta, Struct

from chalicelib.notifications.backlog import MOST_LISTED
from chalicelib.web.schemas import Form, Moment, NotificationView, Typed

# One line of text that says something: no control characters, and not only spaces.
Reason = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=500,
        pattern=r"^(?![\s\S]*[\x00-\x1f\x7f-\x9f\u2028\u2029])[\s\S]*\S",
        description="Why, in one line; it goes into the audit log.",
    ),
]


class SearchForm(Form):
    """POST /operator/accounts/find: at least one of these; who is found by any of them is in the answer."""

    login: Typed | None = None
    email: Typed | None = None
    sip_number: Typed | None = None
    account_id: Typed | None = None


class ActForm(Form):
    """An act about an account."""

    reason: Reason | None = None


class DeletionByStaffForm(Form):
    """POST /operator/accounts/{account_id}/delete."""

    reason: Reason


class SetAddressForm(Form):
    """POST /operator/accounts/{account_id}/set-address."""

    email: Typed
    reason: Reason


class BacklogForm(Form):
    """POST /operator/outbox."""

    limit: Annotated[int, Meta(ge=1, le=MOST_LISTED)] = 25


class ResendForm(Form):
    """POST /operator/outbox/{message_id}/resend."""

    reason: Reason | None = None


class StaffProfile(Struct, frozen=True):
    """What staff see of an account."""

    account_id: str
    login: str
    email: str
    email_confirmed_at: Moment | None
    pending_email: str | None
    former_email: str | None
    """Where an imported customer's notifications went last, until one goes to `email`."""
    address_unreachable: str | None
    """Why nothing is mailed there by itself: it bounced, or its owner complained."""
    language: str
    status: str
    status_before_lock: str | None
    sip_number: str | None
    sessions: int
    """How many there are, those that have expired left out."""
    created_at: Moment
    expires_at: Moment | None
    """When the registration ends unless its address is confirmed."""
    deleted_at: Moment | None


class AddressView(Struct, frozen=True):
    """The row by which the current address recovers the account."""

    last_notified_at: Moment | None
    unreachable: str | None


class WaitingView(Struct, frozen=True):
    """A message that was not sent yet: since when it waits, how often it was tried, why it failed last."""

    message_id: str
    kind: str
    account_id: str | None
    created_at: Moment
    attempts: int
    last_error: str | None
    parked_at: Moment | None
    """Since when it is not tried again by itself."""


class DossierView(Struct, frozen=True):
    """An account with all that answers "why did I get no mail?" and "which address was it?"."""

    account: StaffProfile
    address: AddressView | None
    log: list[NotificationView]
    waiting: list[WaitingView]


class FoundAccounts(Struct, frozen=True):
    """Who was found, perhaps nobody."""

    accounts: list[DossierView]


class BacklogView(Struct, frozen=True):
    """What waits: parked messages first, then those that are due soonest; `more` if there are others."""

    messages: list[WaitingView]
    more: bool


class SipRegistrationView(Struct, frozen=True):
    """What a SIP registrar needs to know of a number; the digests are null before the first password."""

    realm: str
    ha1_md5: str | None
    ha1_sha256: str | None
    allowed: bool
