"""The reminder (R6, R7): who is meant by what somebody typed, and a mail with a link for each login."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from chalicelib import storage
from chalicelib.accounts import rules, throttle
from chalicelib.accounts.letters import mail, may_get_mail, mint_links, showable_login
from chalicelib.accounts.models import Account, Credential, is_live
from chalicelib.accounts.tokens import Purpose
from chalicelib.notifications import addresses, outbox
from chalicelib.notifications.delivery import FanOut, Mail, Skip, Successor
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import AddressRow, OutboxMessage
from chalicelib.settings import settings


def compose_reset(message: OutboxMessage) -> Mail | Skip:
    """The reminder: every login that the recipient's address recovers, each with its own link (R7)."""
    recipient, account_ids = message.recipient, message.parameters["account_ids"]
    found = storage.get_many(
        *(Account(each) for each in account_ids),
        *(AddressRow(addresses.fold(recipient), each) for each in account_ids),
    )
    accounts, rows = found[: len(account_ids)], found[len(account_ids) :]
    # The address may have been replaced since the mail was asked for: then it recovers nothing (I5).
    accounts = [
        account
        for account, row in zip(accounts, rows, strict=True)
        if may_get_mail(account) and addresses.is_current(row)
    ]
    if not accounts:
        return Skip("address_replaced")
    links = mint_links(Purpose.RESET_PASSWORD, accounts, recipient, settings().reset_link_lifetime)
    values = {
        "accounts": [
            {"login": showable_login(account), "link": link}
            for account, link in zip(accounts, links, strict=True)
        ],
        "valid_minutes": settings().reset_link_minutes,
        "requested_at": datetime.fromisoformat(message.parameters["requested_at"]),
        "network": message.parameters["network"],
    }
    return mail(message, recipient, values, accounts)


def resolve_reset_request(message: OutboxMessage) -> FanOut | Skip:
    """Find out who forgot: the account with this login, and the accounts this address recovers (R6).

    One mail for each address: an identifier that is one customer's login and another one's address
    reaches both, each at their own.
    """
    identifier = message.parameters["identifier"]
    credential = storage.get(Credential, rules.login_key(identifier))
    rows = addresses.rows_of(identifier)
    by_login = [credential.account_id] if is_live(credential) else []
    account_ids = list(dict.fromkeys([*by_login, *(row.account_id for row in rows)]))
    if not account_ids:
        return Skip("nobody_has_this_identifier")
    accounts = {
        account.account_id: account
        for account in storage.get_many(*map(Account, account_ids))
        if may_get_mail(account)
    }
    recipients = _recipients(identifier, accounts, by_login, [row.account_id for row in rows])
    if not recipients:
        return Skip("account_gone")
    return FanOut(
        [
            Successor(_reset_mail(message, recipient, members), throttle.reset_mail_to(recipient))
            for recipient, members in recipients
        ]
    )


def _recipients(
    identifier: str, accounts: dict[str, Account], by_login: list[str], by_address: list[str]
) -> list[tuple[str, list[Account]]]:
    groups: defaultdict[str, list[Account]] = defaultdict(list)
    typed: dict[str, str] = {}
    wanted = [(each, addresses.fold(identifier)) for each in by_address if each in accounts]
    wanted += [(each, addresses.fold(accounts[each].email)) for each in by_login if each in accounts]
    for account_id, address in wanted:
        account = accounts[account_id]
        if account not in groups[address]:
            groups[address].append(account)
        # Mail goes out as the customer typed the address, not as we or the one who asked spell it.
        if addresses.fold(account.email) == address:
            typed[address] = account.email
    return [
        (typed.get(address, address), sorted(members, key=_rank)[: addresses.MOST_ACCOUNTS])
        for address, members in groups.items()
    ]


def _rank(account: Account) -> tuple[bool, str]:
    # The address's owner first, whatever others have registered with it; then in the order of their making.
    return account.email_confirmed_at is None, account.account_id


def _reset_mail(request: OutboxMessage, recipient: str, accounts: Sequence[Account]) -> OutboxMessage:
    return outbox.message(
        Kind.PASSWORD_RESET,
        account_id=accounts[0].account_id,
        recipient=recipient,
        language=accounts[0].language,
        parameters={
            "account_ids": [account.account_id for account in accounts],
            "network": request.parameters["network"],
            "requested_at": request.parameters["requested_at"],
        },
    )
