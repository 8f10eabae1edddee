"""Builders: customers as registration, confirmation and the operator leave them; and what is stored."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from chalicelib import clock, storage
from chalicelib.accounts import passwords, rules, tokens
from chalicelib.accounts.models import Account, Credential, Status
from chalicelib.accounts.tokens import Purpose
from chalicelib.notifications import addresses
from chalicelib.notifications.feedback import Unreachable
from chalicelib.notifications.models import AddressRow
from chalicelib.settings import settings
from tests.unit import cloud
from tests.unit.clients import PASSWORD, Answer, Customer

NEW_PASSWORD = "Czerwony-Tramwaj-8"
JAN = "jan@poczta.example"
ZOFIA = "zofia@poczta.example"
NEW_ADDRESS = "nowy@poczta.example"


def settled(
    login: str = "jan",
    email: str = JAN,
    *,
    password: str = PASSWORD,
    status: Status = Status.ACTIVE,
    confirmed: bool = True,
) -> Account:
    """A customer, stored in one step; that it is what registering leaves is a test of its own."""
    now = clock.now()
    ends = None if confirmed else now + timedelta(days=settings().unconfirmed_days)
    account = Account(
        account_id=clock.new_id(),
        login=login,
        email=email,
        email_confirmed_at=now if confirmed else None,
        language="pl",
        status=status,
        password_version=1,
        password_changed_at=now,
        created_at=now,
        expires_at=ends,
    )
    credential = Credential(
        rules.login_key(login),
        account_id=account.account_id,
        password_hash=passwords.hash_password(passwords.composed(password)),
        password_version=1,
        expires_at=ends,
    )
    row = AddressRow(addresses.fold(email), account.account_id, expires_at=ends)
    storage.write(storage.put(account), storage.put(credential), storage.put(row))
    return account


def as_stored(account: Account) -> Account:
    """The account as the table has it now."""
    stored = storage.get(Account, account.account_id)
    assert stored is not None
    return stored


def bounced(account: Account) -> None:
    """Mail to the account's address came back for good."""
    row = AddressRow(addresses.fold(account.email), account.account_id)
    storage.write(
        storage.update(account, Account.address_unreachable.set(Unreachable.BOUNCED)),
        storage.update(row, AddressRow.unreachable.set(Unreachable.BOUNCED)),
    )


def reset_link(account: Account) -> str:
    """The secret of a reset link, as the reminder to the account's address carries it."""
    lifetime = settings().reset_link_lifetime
    minted = tokens.mint(
        Purpose.RESET_PASSWORD, as_stored(account), recipient=account.email, lifetime=lifetime
    )
    storage.write(storage.put(minted.row))
    return minted.secret


def confirm_link(account: Account) -> str:
    """The secret of a confirmation link, as the mail to the account's address carries it."""
    lifetime = settings().confirm_link_lifetime
    minted = tokens.mint(
        Purpose.CONFIRM_EMAIL, as_stored(account), recipient=account.email, lifetime=lifetime
    )
    storage.write(storage.put(minted.row))
    return minted.secret


def pending(account: Account, email: str = NEW_ADDRESS) -> str:
    """Let an account wait for another address to be confirmed; the name of the change."""
    change = clock.new_id()
    storage.write(
        storage.update(account, Account.pending_email.set(email), Account.pending_change.set(change))
    )
    return change


def link_of_change(account: Account, change: str, purpose: Purpose, recipient: str) -> str:
    """The secret of a link about a change of address, as the mail to `recipient` carries it."""
    email = recipient if purpose is Purpose.UNDO_EMAIL else account.email
    minted = tokens.mint(
        purpose, account, recipient=recipient, lifetime=timedelta(hours=24), email=email, change=change
    )
    storage.write(storage.put(minted.row))
    return minted.secret


def new_address_link(account: Account, email: str = NEW_ADDRESS) -> str:
    """The secret of a link that confirms a new address, which is pending."""
    return link_of_change(account, pending(account, email), Purpose.CONFIRM_NEW_EMAIL, email)


def undo_link(account: Account) -> str:
    """The secret of the link in the warning to the present address; another one is pending."""
    return link_of_change(account, pending(account), Purpose.UNDO_EMAIL, account.email)


def delete(customer: Customer, password: str = PASSWORD) -> Answer:
    """Delete the account."""
    return customer.request("DELETE", "/v1/account", {"current_password": password})


def reset(customer: Customer, token: str, password: str = NEW_PASSWORD) -> Answer:
    """Complete a reset by its link."""
    return customer.post("/v1/password-resets/complete", token=token, password=password)


def change(customer: Customer, *, current: str = PASSWORD, **changes: Any) -> Answer:
    """Change login, password or language, with the current password."""
    return customer.patch("/v1/account", current_password=current, **changes)


def logged_in(login: str = "jan", password: str = PASSWORD, **browser: Any) -> Customer:
    """Somebody who has just logged in."""
    customer = Customer(**browser)
    assert customer.log_in(login, password).status == 201
    return customer


def is_in(customer: Customer) -> bool:
    """Whether the customer's session still lets them in."""
    answer = customer.get("/v1/account")
    assert answer.status == 200 or answer.code == "not_logged_in"
    return answer.status == 200


def end_session(customer: Customer, session_id: str) -> Answer:
    """Log out one session."""
    return customer.request(
        "DELETE",
        f"/v1/sessions/{session_id}",
        resource="/v1/sessions/{session_id}",
        path_parameters={"session_id": session_id},
    )


def kinds_waiting() -> list[str]:
    """The kinds of the messages in the outbox."""
    return sorted(item["kind"]["S"] for item in cloud.items("OUTBOX_TABLE"))


def everything_but_counters() -> Mapping[str, list[str]]:
    """What all tables hold, save the throttle's."""
    return {
        variable: sorted(map(str, cloud.items(variable)))
        for variable in cloud.table_variables()
        if variable != "THROTTLES_TABLE"
    }
