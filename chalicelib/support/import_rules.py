"""What a row of an import must be. Pure: text in, values or everything that is wrong with it out, no AWS."""

import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from chalicelib import clock, money
from chalicelib.accounts import foreign_hashes, passwords, rules
from chalicelib.accounts.models import Status
from chalicelib.balances.preferences import MOST_THRESHOLD_GROSZE
from chalicelib.errors import DomainError, FieldError, InvalidRow
from chalicelib.notifications import addresses
from chalicelib.settings import settings

# A customer who is locked or deleted is not one to bring along.
STATUSES = (Status.REGISTERED, Status.ACTIVE, Status.BLOCKED)

# As in the setting for the operator's own range; numbers of before may lie outside it.
_SIP_NUMBER = re.compile(r"[1-9][0-9]{2,14}")

# No balance of a former system is older; some "date" of before stands for none.
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)

_Value = TypeVar("_Value")


class ImportRow(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A customer of the operator's former system, as written in the file; see the README for the columns."""

    login: str
    email: str
    last_notified_email: str | None = None
    status: str | None = None
    sip_number: str | None = None
    balance: str | None = None
    as_of: str | None = None
    threshold: str | None = None
    language: str | None = None
    password_hash: str | None = None


@dataclass(frozen=True)
class Customer:
    """A row that makes sense: amounts in grosze; `former_email` only where it differs from `email`."""

    login: str
    email: str
    former_email: str | None
    status: Status
    sip_number: str | None
    balance: int | None
    as_of: datetime | None
    threshold: int | None
    language: str
    password_hash: str


def checked(row: ImportRow) -> Customer:
    """The customer that a row is about. Raises InvalidRow with everything that is wrong with it."""
    found = _Findings()
    customer = Customer(
        login=found.parsed("login", rules.valid_login, row.login, ""),
        email=found.parsed("email", rules.valid_email, row.email, ""),
        former_email=found.parsed("last_notified_email", rules.valid_email, row.last_notified_email, None),
        status=found.parsed("status", _status, row.status, Status.ACTIVE),
        sip_number=found.parsed("sip_number", _sip_number, row.sip_number, None),
        balance=found.parsed("balance", _grosze, row.balance, None),
        as_of=found.parsed("as_of", _moment, row.as_of, None),
        threshold=found.parsed("threshold", _threshold, row.threshold, None),
        language=found.parsed("language", _language, row.language, settings().default_language),
        password_hash=found.parsed("password_hash", _importable, row.password_hash, passwords.UNUSABLE),
    )
    if customer.as_of is not None and row.balance is None:
        found.errors.append(FieldError("as_of", "without_balance"))
    if rules.is_address_shaped(customer.login) and not _is_same(customer.login, row.email):
        found.errors.append(FieldError("login", "not_own_confirmed_address"))
    if found.errors:
        raise InvalidRow(*found.errors)
    if customer.former_email is not None and _is_same(customer.former_email, customer.email):
        return dataclasses.replace(customer, former_email=None)
    return customer


def _is_same(one: str, other: str) -> bool:
    return addresses.fold(one) == addresses.fold(other)


class _Findings:
    """What was found wrong so far."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def parsed(
        self, field: str, parse: Callable[[str], _Value], text: str | None, otherwise: _Value
    ) -> _Value:
        """The field's value; `otherwise` where there is none, or where it is wrong, which is noted."""
        if text is None:
            return otherwise
        try:
            return parse(text)
        except DomainError as refusal:
            self.errors += [FieldError(field, error.code) for error in refusal.fields]
            return otherwise


def _status(text: str) -> Status:
    if text not in STATUSES:
        raise InvalidRow(FieldError("status", "invalid"))
    return Status(text)


def _sip_number(text: str) -> str:
    if not _SIP_NUMBER.fullmatch(text):
        raise InvalidRow(FieldError("sip_number", "invalid"))
    return text


def _grosze(text: str) -> int:
    try:
        return money.parse(text)
    except money.NotMoney:
        raise InvalidRow(FieldError("balance", "invalid")) from None


def _threshold(text: str) -> int:
    grosze = _grosze(text)
    if grosze < 0:
        raise InvalidRow(FieldError("threshold", "negative"))
    if grosze > MOST_THRESHOLD_GROSZE:
        raise InvalidRow(FieldError("threshold", "out_of_range"))
    return grosze


def _moment(text: str) -> datetime:
    try:
        moment = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        raise InvalidRow(FieldError("as_of", "invalid")) from None
    if moment.tzinfo is None:
        raise InvalidRow(FieldError("as_of", "without_time_zone"))
    if moment > clock.now():
        raise InvalidRow(FieldError("as_of", "in_future"))
    if moment < _BEGINNING:
        raise InvalidRow(FieldError("as_of", "long_ago"))
    return moment


def _language(text: str) -> str:
    if text not in rules.LANGUAGES:
        raise InvalidRow(FieldError("language", "invalid"))
    return text


def _importable(text: str) -> str:
    foreign_hashes.check_importable(text)
    return text
