"""Notices of other systems about a customer (R20): topped up, services blocked, contract ended, or in words.

They come through the queue `notices`; the sender and its `message_id` make a repeat harmless.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from chalicelib import clock, metrics, storage
from chalicelib.accounts.attempts import write_about
from chalicelib.accounts.deletion import deletion_writes
from chalicelib.accounts.models import Account, Seen, Status
from chalicelib.errors import AccountNotFound, DomainError
from chalicelib.notifications import outbox
from chalicelib.notifications.batches import Malformed, Record, handle_each
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import OutboxMessage

# How long a sender may repeat itself.
_REMEMBERED = timedelta(days=30)

_Id = Annotated[str, Meta(min_length=1, max_length=128)]
_Amount = Annotated[str, Meta(pattern=r"^-?[0-9]{1,9}\.[0-9]{2}\Z")]


class TopUp(msgspec.Struct, forbid_unknown_fields=True):
    """What a top-up is told with: amounts in PLN, and the invoice's number if there is one."""

    amount: _Amount
    balance: _Amount | None = None
    invoice: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class NoParameters(msgspec.Struct, forbid_unknown_fields=True):
    """A notice that says all by its kind."""


class ToppedUp(msgspec.Struct, tag="topped_up", tag_field="kind", forbid_unknown_fields=True):
    """The customer's account was topped up."""

    message_id: _Id
    account_id: _Id
    parameters: TopUp


class ServicesBlocked(msgspec.Struct, tag="services_blocked", tag_field="kind", forbid_unknown_fields=True):
    """Services were blocked for want of funds (R19)."""

    message_id: _Id
    account_id: _Id
    parameters: NoParameters = msgspec.field(default_factory=NoParameters)


class ContractEnded(msgspec.Struct, tag="contract_ended", tag_field="kind", forbid_unknown_fields=True):
    """The contract ended (R19)."""

    message_id: _Id
    account_id: _Id
    parameters: NoParameters = msgspec.field(default_factory=NoParameters)


class FreeNotice(msgspec.Struct, tag="notice", tag_field="kind", forbid_unknown_fields=True):
    """A notice in the sender's own words: a subject in one line and plain text."""

    message_id: _Id
    account_id: _Id
    subject: Annotated[str, Meta(min_length=1, max_length=200)]
    text: Annotated[str, Meta(min_length=1, max_length=20_000)]
    parameters: NoParameters = msgspec.field(default_factory=NoParameters)


Notice = ToppedUp | ServicesBlocked | ContractEnded | FreeNotice


@dataclass(frozen=True)
class Taken:
    """The notice is in the outbox, and the account's state is what it tells."""

    kind: Kind


@dataclass(frozen=True)
class Repeated:
    """The sender had sent it before: nothing was done."""


@dataclass(frozen=True)
class Void:
    """The account is deleted, or was never confirmed in time: there is nobody to tell."""


class _SeenBefore(DomainError):
    """The notice is a repeat."""

    code = "seen"


def take_batch(event: Mapping[str, Any]) -> dict[str, Any]:
    """Take the notices of one SQS event; the answer names the ones to be handed out again."""

    def handle(body: Any, record: Record) -> Taken | Repeated | Void:
        outcome = take_notice(body, _sender(record))
        metrics.count("Notices", Outcome=type(outcome).__name__.lower())
        return outcome

    return handle_each(event, handle)


def _sender(record: Record) -> str:
    # An assumed role's id is followed by the session's name, which may be another one at the next try.
    return str(record["attributes"]["SenderId"]).partition(":")[0]


def take_notice(body: Any, sender: str) -> Taken | Repeated | Void:
    """Put a notice of another system into the outbox, once however often it is sent.

    `services_blocked` blocks an active account in the same transaction, `contract_ended` deletes the
    account; the mail about either is this one. Raises Malformed when the
    notice is not of the agreed form, or nobody has this account.
    """
    try:
        json.dumps(body, ensure_ascii=False).encode()  # half a surrogate pair: JSON has it, no mail can
        notice = msgspec.convert(body, type=Notice)
    except UnicodeEncodeError:
        raise Malformed("not Unicode") from None
    except msgspec.ValidationError as error:
        raise Malformed(str(error)) from None
    try:
        _write_once(notice, sender)
    except _SeenBefore:
        return Repeated()
    except AccountNotFound:
        if storage.get(Account, notice.account_id) is None:
            raise Malformed("unknown account") from None
        return Void()
    return Taken(_kind(notice))


def _write_once(notice: Notice, sender: str) -> None:
    def writes(account: Account) -> list[storage.Write]:
        if isinstance(notice, ContractEnded):
            told = deletion_writes(account, Kind.CONTRACT_ENDED)
        else:
            told = [*_change_of_state(notice, account), storage.put(_message(notice, account))]
        return [_first_time(sender, notice.message_id), *told]

    write_about(notice.account_id, writes)


def _kind(notice: Notice) -> Kind:
    return Kind(str(notice.__struct_config__.tag))


def _message(notice: Notice, account: Account) -> OutboxMessage:
    kind = _kind(notice)
    parameters = msgspec.to_builtins(notice.parameters)
    if isinstance(notice, FreeNotice):
        parameters = {"subject": notice.subject, "text": notice.text}
    return outbox.message(
        kind, account_id=account.account_id, language=account.language, parameters=parameters
    )


def _first_time(sender: str, message_id: str) -> storage.Write:
    digest = hashlib.sha256(f"{sender}\0{message_id}".encode()).hexdigest()
    now = clock.now()
    return storage.put(
        Seen(f"notice#{digest}", expires_at=now + _REMEMBERED),
        when=Seen.key.does_not_exist() | (Seen.expires_at <= now),
        otherwise=_SeenBefore(),
    )


def _change_of_state(notice: Notice, account: Account) -> list[storage.Write]:
    if not isinstance(notice, ServicesBlocked):
        return []
    if account.status == Status.ACTIVE:
        return [
            storage.update(account, Account.status.set(Status.BLOCKED), when=Account.status == Status.ACTIVE)
        ]
    if account.status_before_lock == Status.ACTIVE:
        blocked_when_unlocked = Account.status_before_lock.set(Status.BLOCKED)
        return [
            storage.update(account, blocked_when_unlocked, when=Account.status_before_lock == Status.ACTIVE)
        ]
    return []
