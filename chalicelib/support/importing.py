"""Bringing the customers of a former system along, as often as it takes: what is there stays as it is.

An imported account's id follows from its login, so that a repeat is recognised, also after the customer
has changed the login. Until the first mail to the current address, the address that was notified last
recovers the account, too (R6).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chalicelib import clock, pseudonyms, storage
from chalicelib.accounts import logins, rules
from chalicelib.accounts.models import Account, Credential, SipAccount
from chalicelib.balances.models import Balance
from chalicelib.errors import AddressFull, DomainError, FieldError, LoginTaken, NumberTaken, Unavailable
from chalicelib.notifications import addresses
from chalicelib.notifications.models import AddressRow
from chalicelib.settings import settings
from chalicelib.support.import_rules import Customer, ImportRow, checked

# As many as DynamoDB reads in one call.
MOST_ROWS = 100

_ID_BYTES = 16


class Result(StrEnum):
    """What became of a row."""

    IMPORTED = "imported"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True)
class RowOutcome:
    """What became of a row: the account that it is about or, where it was refused, why."""

    result: Result
    account_id: str | None = None
    code: str | None = None
    fields: tuple[FieldError, ...] = ()


def import_rows(rows: Sequence[ImportRow], *, dry_run: bool = False) -> list[RowOutcome]:
    """Import each row by itself; the outcomes are in the rows' order. At most MOST_ROWS of them.

    A row that was imported before is left alone, whatever its customer has become since. With `dry_run`
    everything is looked at alike, and nothing is written. One call for all the rows, then two for each
    that is new (three with a former address). Raises Unavailable; what was imported until then is
    recognised when the rows are sent again.
    """
    customers = [_customer_of(row) for row in rows]
    there = _already_there([each for each in customers if isinstance(each, Customer)])
    return [
        _outcome(each, there, dry_run=dry_run) if isinstance(each, Customer) else each for each in customers
    ]


def _customer_of(row: ImportRow) -> Customer | RowOutcome:
    try:
        return checked(row)
    except DomainError as refusal:
        return _refused(refusal)


def _already_there(customers: Sequence[Customer]) -> dict[str, Account]:
    wanted = dict.fromkeys(map(_account_id, customers))
    found = storage.get_many(*map(Account, wanted)) if wanted else []
    return {account.account_id: account for account in found if account is not None}


def _outcome(customer: Customer, there: Mapping[str, Account], *, dry_run: bool) -> RowOutcome:
    try:
        if stored := there.get(_account_id(customer)):
            return _unchanged(customer, stored)
        _require_room(customer)
        return _stored(customer, dry_run=dry_run)
    except Unavailable:
        raise
    except DomainError as refusal:
        return _refused(refusal)


def _unchanged(customer: Customer, there: Account) -> RowOutcome:
    # Logins that differ in case only were perhaps two customers in the former system.
    if there.imported_as != _imported_as(customer):
        raise LoginTaken(FieldError("login", "of_another_row"))
    return RowOutcome(Result.UNCHANGED, there.account_id)


def _require_room(customer: Customer) -> None:
    for field, address in (("email", customer.email), ("last_notified_email", customer.former_email)):
        if address is None:
            continue
        others = [row for row in addresses.rows_of(address) if row.account_id != _account_id(customer)]
        if len(others) >= settings().accounts_per_address:
            raise AddressFull(FieldError(field, "full"))


def _stored(customer: Customer, *, dry_run: bool) -> RowOutcome:
    account_id = _account_id(customer)
    do = storage.rehearse if dry_run else storage.write
    try:
        do(*_writes(customer, account_id))
    except storage.ConditionFailed as refusal:
        # The same row came in between: by another worker, or by ourselves when an answer was lost.
        stored: Account = refusal.stored
        return _unchanged(customer, stored)
    return RowOutcome(Result.IMPORTED, account_id)


def _writes(customer: Customer, account_id: str) -> Iterator[storage.Write]:
    account = _account(customer, account_id)
    yield storage.put(account, when=Account.account_id.does_not_exist())
    yield from logins.claim(
        Credential(
            rules.login_key(account.login),
            account_id=account_id,
            password_hash=customer.password_hash,
            password_version=account.password_version,
        )
    )
    if customer.sip_number is not None:
        # Without digests: the first password is mailed when the customer asks for one, or is verified.
        yield storage.put(
            SipAccount(customer.sip_number, account_id=account_id),
            when=SipAccount.account_id.does_not_exist() | (SipAccount.expires_at <= clock.now()),
            otherwise=NumberTaken(FieldError("sip_number", "taken")),
        )
    for address in filter(None, (customer.email, customer.former_email)):
        yield storage.put(AddressRow(addresses.fold(address), account_id))
    if customer.balance is not None or customer.threshold is not None:
        yield storage.put(_balance(customer, account_id))


def _account(customer: Customer, account_id: str) -> Account:
    now = clock.now()
    return Account(
        account_id=account_id,
        login=customer.login,
        email=customer.email,
        email_confirmed_at=now,  # the operator vouches for it
        former_email=customer.former_email,
        imported_as=_imported_as(customer),
        language=customer.language,
        status=customer.status,
        sip_number=customer.sip_number,
        password_version=1,
        password_changed_at=now,
        created_at=now,
    )


def _balance(customer: Customer, account_id: str) -> Balance:
    as_of = None if customer.balance is None else customer.as_of or clock.now()
    return Balance(account_id, balance=customer.balance, as_of=as_of, threshold=customer.threshold)


def _account_id(customer: Customer) -> str:
    """The id of the account that a row with this login makes: as good as random, and always the same."""
    from ulid import ULID

    digest = pseudonyms.pseudonym("import", rules.login_key(customer.login)).rpartition(":")[2]
    return str(ULID.from_bytes(bytes.fromhex(digest)[:_ID_BYTES]))


def _imported_as(customer: Customer) -> str:
    """What stands for the customer of a row; balance, password and the rest may be others the next time."""
    return pseudonyms.pseudonym("imported-row", f"{customer.login}\0{addresses.fold(customer.email)}")


def _refused(refusal: DomainError) -> RowOutcome:
    return RowOutcome(Result.REFUSED, code=refusal.code, fields=refusal.fields)
