"""Everything held about a customer, for the customer (GET /v1/account/export); the types are its format.

Left out is what is secret (hashes, digests, ids that name a session or a change) and what cannot be traced
back to a customer; a test names each attribute of each table and why. docs/privacy.md tells the rest.
"""

from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from chalicelib import clock, money, storage
from chalicelib.accounts.models import Account
from chalicelib.accounts.sessions import Session, list_sessions
from chalicelib.balances.models import Balance
from chalicelib.notifications import addresses, log
from chalicelib.notifications.models import AddressRow, Notification, OutboxMessage
from chalicelib.storage import Table
from chalicelib.support.models import Ticket

# An answer of Lambda has at most 6 MB; and a mail a day for ten years is less than this.
MOST_NOTIFICATIONS = 5000
MOST_TICKETS = 50
MOST_WAITING = 50
_PAGE_ENTRIES = 1000

# Other customers at the same address; their ids are theirs.
_ABOUT_OTHERS = {"account_ids"}

_Facts = TypeVar("_Facts", bound=Struct)

Moment = Annotated[datetime, Meta(tz=True)]
Money = Annotated[str, Meta(pattern=r"^-?[0-9]+\.[0-9]{2}$", description="PLN")]


class AccountFacts(Struct, frozen=True):
    """The account itself; `former_email` is where notifications went before the account came here."""

    account_id: str
    login: str
    email: str
    email_confirmed_at: Moment | None
    pending_email: str | None
    former_email: str | None
    address_unreachable: str | None
    language: str
    status: str
    sip_number: str | None
    password_changed_at: Moment
    created_at: Moment
    expires_at: Moment | None


class SessionFacts(Struct, frozen=True):
    """A session that is open."""

    created_at: Moment
    expires_at: Moment
    user_agent: str
    network: str
    current: bool


class NetworkFacts(Struct, frozen=True):
    """A network that was logged in from, and when last."""

    network: str
    last_log_in_at: Moment


class AddressFacts(Struct, frozen=True):
    """An address that recovers the account, when it was last written to, and whether mail came back."""

    address: str
    last_notified_at: Moment | None
    unreachable: str | None


class NotificationFacts(Struct, frozen=True):
    """A message that was sent, or refused for a `reason`."""

    notification_id: str
    kind: str
    recipient: str
    language: str
    status: str
    reason: str | None
    sent_at: Moment
    ses_message_id: str | None


class WaitingFacts(Struct, frozen=True):
    """A message that is on its way, and what it will tell."""

    kind: str
    recipient: str | None
    language: str
    created_at: Moment
    about: dict[str, Any]


class TicketFacts(Struct, frozen=True):
    """A ticket with the account's confirmed address as its contact; whoever wrote it."""

    ticket_id: str
    contact_email: str
    login: str | None
    message: str
    language: str
    state: str
    created_at: Moment
    expires_at: Moment


class DayFacts(Struct, frozen=True):
    """What was left at the end of a day."""

    date: date
    balance: Money


class BalanceFacts(Struct, frozen=True):
    """What is left on the account, as billing told us, when the customer wants to be told, and was.

    `settled_level` is the deepest that was told, or not told for the reason in `not_told_because`.
    """

    balance: Money | None
    as_of: Moment | None
    history: list[DayFacts]
    low_balance_threshold: Money | None
    low_balance_notices: bool
    settled_level: str | None
    not_told_because: str | None
    low_told_at: Moment | None
    exhausted_told_at: Moment | None


class AccountExport(Struct, frozen=True):
    """GET /v1/account/export: everything held about the customer, without secrets.

    The newest 5000 notifications, and the oldest 50 of tickets and of waiting messages: a list that is
    not whole is named in `left_out`.
    """

    exported_at: Moment
    account: AccountFacts
    sessions: list[SessionFacts]
    networks: list[NetworkFacts]
    addresses: list[AddressFacts]
    balance: BalanceFacts | None
    notifications: list[NotificationFacts]
    waiting_messages: list[WaitingFacts]
    tickets: list[TicketFacts]
    left_out: list[str]


def export(session: Session) -> AccountExport:
    """Everything held about the customer whose session this is. Raises Unavailable."""
    account = session.account
    own = dict.fromkeys(addresses.fold(each) for each in (account.email, account.former_email) if each)
    balance, *rows = storage.get_many(
        Balance(account.account_id), *(AddressRow(each, account.account_id) for each in own)
    )
    notifications, waiting = _notifications(account.account_id), _waiting(account.account_id)
    tickets = _tickets(account)
    whole = {
        "notifications": len(notifications) <= MOST_NOTIFICATIONS,
        "tickets": len(tickets) <= MOST_TICKETS,
        "waiting_messages": len(waiting) <= MOST_WAITING,
    }
    return AccountExport(
        exported_at=clock.now(),
        account=_facts(account, AccountFacts),
        sessions=_of_sessions(session),
        networks=_of_networks(account),
        addresses=[_facts(row, AddressFacts) for row in rows if addresses.is_current(row)],
        balance=_of_balance(balance) if balance else None,
        notifications=[_facts(each, NotificationFacts) for each in notifications[:MOST_NOTIFICATIONS]],
        waiting_messages=[_of_waiting(each) for each in waiting[:MOST_WAITING]],
        tickets=[_facts(each, TicketFacts) for each in tickets[:MOST_TICKETS]],
        left_out=[name for name, is_whole in whole.items() if not is_whole],
    )


def _notifications(account_id: str) -> list[Notification]:
    found: list[Notification] = []
    while len(found) <= MOST_NOTIFICATIONS:
        before = found[-1].notification_id if found else None
        page = log.of_account(account_id, limit=_PAGE_ENTRIES, before=before)
        found += page
        if len(page) < _PAGE_ENTRIES:
            break
    return found


def _waiting(account_id: str) -> list[OutboxMessage]:
    index = OutboxMessage.of_account
    found = list(storage.query_index(OutboxMessage, index, account_id, limit=MOST_WAITING + 1))
    stored = storage.get_many(*found) if found else []
    return [each for each in stored if each is not None]


def _tickets(account: Account) -> list[Ticket]:
    # Whoever registers with somebody else's address has not confirmed it: no word of theirs for him.
    if account.email_confirmed_at is None:
        return []
    contact = addresses.fold(account.email)
    return list(storage.query_index(Ticket, Ticket.of_contact, contact, limit=MOST_TICKETS + 1))


def _facts(stored: Table, facts: type[_Facts]) -> _Facts:
    """What the type has fields for, by their names; whatever else is stored stays out."""
    return msgspec.convert(stored, facts, from_attributes=True)


def _of_sessions(session: Session) -> list[SessionFacts]:
    stored = session.account.sessions.as_dict()
    return [
        SessionFacts(
            each.created_at,
            datetime.fromtimestamp(stored[each.session_id]["expires_at"], UTC),
            each.user_agent,
            each.network,
            each.current,
        )
        for each in list_sessions(session)
    ]


def _of_networks(account: Account) -> list[NetworkFacts]:
    return [
        NetworkFacts(network, datetime.fromtimestamp(known["at"], UTC))
        for network, known in account.networks.as_dict().items()
    ]


def _of_balance(balance: Balance) -> BalanceFacts:
    return BalanceFacts(
        balance=_money(balance.balance),
        as_of=balance.as_of,
        low_balance_threshold=_money(balance.threshold),
        history=[DayFacts(day, money.write(left)) for day, left in sorted(balance.history.items())],
        low_balance_notices=balance.notices,
        settled_level=balance.settled,
        not_told_because=balance.skipped,
        low_told_at=balance.low_told_at,
        exhausted_told_at=balance.exhausted_told_at,
    )


def _money(grosze: float | None) -> str | None:
    return None if grosze is None else money.write(int(grosze))


def _of_waiting(message: OutboxMessage) -> WaitingFacts:
    about = {name: value for name, value in message.parameters.items() if name not in _ABOUT_OTHERS}
    return WaitingFacts(message.kind, message.recipient, message.language, message.created_at, about)
