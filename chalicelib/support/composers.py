"""The composers of the mails about tickets: to the staff, and back to who wrote, if it is a customer."""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib import storage
from chalicelib.accounts import letters, rules, throttle
from chalicelib.accounts.models import Account, Credential, is_live
from chalicelib.notifications import addresses, log, outbox
from chalicelib.notifications.delivery import Composer, FanOut, Mail, Skip, Successor
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.mail import Letter
from chalicelib.notifications.models import AddressRow, OutboxMessage
from chalicelib.settings import settings
from chalicelib.support.models import Ticket


def compose_ticket(message: OutboxMessage) -> Mail | Skip:
    """The ticket for the staff, with the accounts that have its login or address.

    A reply goes to who wrote it.
    """
    ticket = storage.get(Ticket, message.parameters["ticket_id"])
    if ticket is None:
        return Skip("ticket_gone")
    values = {
        "ticket_id": ticket.ticket_id,
        "contact_email": ticket.contact_email,
        "login": ticket.login,
        "message": ticket.message,
        "accounts": _matching_accounts(ticket),
    }
    recipient = settings().support_address
    letter = Letter(Kind.TICKET, message.language, recipient, values, reply_to=ticket.contact_email)
    return Mail(letter, [log.OPERATOR])


def _matching_accounts(ticket: Ticket) -> list[Mapping[str, Any]]:
    credential = storage.get(Credential, rules.login_key(ticket.login)) if ticket.login else None
    by_login = [credential.account_id] if is_live(credential) else []
    by_address = [row.account_id for row in addresses.rows_of(ticket.contact_email)]
    found = list(dict.fromkeys([*by_login, *by_address[: addresses.MOST_ACCOUNTS]]))
    if not found:
        return []
    return [
        {
            "account_id": account.account_id,
            "login": account.login,
            "status": account.status,
            "matched_by": _matched_by(account, by_login, by_address),
        }
        for account in storage.get_many(*map(Account, found))
        if account is not None
    ]


def _matched_by(account: Account, by_login: Sequence[str], by_address: Sequence[str]) -> str:
    if account.account_id not in by_login:
        return "address"
    return "both" if account.account_id in by_address else "login"


def compose_acknowledgement(message: OutboxMessage) -> Mail | FanOut | Skip:
    """To who wrote a ticket, if the address is a customer's: its number, nothing that was typed (I13).

    The message that comes with the ticket turns into one for the accounts of the address, if the limit
    of mail that strangers may cause admits it; that one is the mail.
    """
    account_ids = message.parameters.get("account_ids")
    if account_ids is None:
        return _resolved(message)
    accounts = _reachable_accounts(str(message.recipient), account_ids)
    if not accounts:
        return Skip("address_replaced")
    values = {"ticket_id": message.parameters["ticket_id"]}
    return letters.mail(message, str(message.recipient), values, accounts)


def _resolved(message: OutboxMessage) -> FanOut | Skip:
    contact = str(message.recipient)
    rows = addresses.rows_of(contact)[: addresses.MOST_ACCOUNTS]
    accounts = _reachable_accounts(contact, [row.account_id for row in rows])
    if not accounts:
        return Skip("unknown_address")
    # As its owner spells it, not as the one who wrote the ticket does.
    typed = (each.email for each in accounts if addresses.fold(each.email) == addresses.fold(contact))
    recipient = next(typed, addresses.fold(contact))
    acknowledgement = outbox.message(
        Kind.TICKET_RECEIVED,
        account_id=accounts[0].account_id,
        recipient=recipient,
        language=accounts[0].language,
        parameters={**message.parameters, "account_ids": [each.account_id for each in accounts]},
    )
    return FanOut([Successor(acknowledgement, throttle.mail_to(recipient))])


def _reachable_accounts(address: str, account_ids: Sequence[str]) -> list[Account]:
    """Those accounts that may get mail, and that this address recovers without mail to it coming back."""
    if not account_ids:
        return []
    found = storage.get_many(
        *map(Account, account_ids), *(AddressRow(addresses.fold(address), each) for each in account_ids)
    )
    return [
        account
        for account, row in zip(found[: len(account_ids)], found[len(account_ids) :], strict=True)
        if letters.may_get_mail(account) and addresses.is_current(row) and row.unreachable is None
    ]


COMPOSERS: dict[Kind, Composer] = {
    Kind.TICKET: compose_ticket,
    Kind.TICKET_RECEIVED: compose_acknowledgement,
}
