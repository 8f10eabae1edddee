"""Asking for reminders, and what may come between the asking, the delivery and the use of a link."""

from datetime import UTC, datetime
from typing import Any

from chalicelib import storage
from chalicelib.accounts import reminders
from chalicelib.accounts.models import Account
from chalicelib.notifications import addresses, outbox
from chalicelib.notifications.delivery import FanOut
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import AddressRow, OutboxMessage
from tests.unit.accounts import people
from tests.unit.clients import Answer, Customer, PostOffice, tokens_in

NETWORK = "198.51.100.0/24"
ASKED_AT = datetime(2026, 11, 22, 9, 59, tzinfo=UTC)


def message(kind: Kind, account: Account | None = None, **parameters: Any) -> OutboxMessage:
    """A message to the account, if there is one; it is not stored."""
    return outbox.message(
        kind,
        account_id=account.account_id if account else None,
        recipient=account.email if account else None,
        language="pl",
        parameters={"network": NETWORK, "requested_at": ASKED_AT.isoformat()} | parameters,
    )


def forgot(identifier: str) -> OutboxMessage:
    """Somebody forgot, and typed this."""
    return message(Kind.RESET_REQUESTED, identifier=identifier)


def resolved(identifier: str) -> dict[str, list[str]]:
    """To which addresses reminders go when this is typed, and about which accounts."""
    outcome = reminders.resolve_reset_request(forgot(identifier))
    if not isinstance(outcome, FanOut):
        return {}
    mails = [successor.message for successor in outcome.successors]
    return {str(mail.recipient): mail.parameters["account_ids"] for mail in mails}


def change(account: Account, **attributes: Any) -> None:
    """Change attributes of an account."""
    actions = [getattr(Account, name).set(value) for name, value in attributes.items()]
    storage.write(storage.update(account, *actions))


def move(account: Account, new: str) -> None:
    """Change an account's address, as confirming a new one will."""
    change(account, email=new)
    storage.write(
        storage.delete(AddressRow(addresses.fold(account.email), account.account_id)),
        storage.put(AddressRow(addresses.fold(new), account.account_id)),
    )


def remind(
    customer: Customer, post_office: PostOffice, identifier: str = "jan", address: str = people.JAN
) -> str:
    """Ask for a reminder and let it be delivered; the token of its link."""
    assert customer.post("/v1/password-resets", identifier=identifier).status == 202
    [token] = tokens_in(post_office.mails_to(address)[-1])
    return token


def look(customer: Customer, token: str) -> Answer:
    """Look at what a reset link is for."""
    return customer.post("/v1/password-resets/check", token=token)
