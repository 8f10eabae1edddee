"""Balances as billing tells them, through the queue `balances`: late, repeated, in any order."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from chalicelib import clock, metrics, money, storage
from chalicelib.accounts.models import Account, SipAccount, Status, is_live
from chalicelib.balances import rows
from chalicelib.balances.models import Balance
from chalicelib.balances.rows import Measured
from chalicelib.errors import Unavailable
from chalicelib.notifications.batches import Malformed, Record, handle_each
from chalicelib.storage import Table

MOST_UPDATES = 100

# The sender's clock may be ahead of ours; a balance from beyond that would shut out all that follow.
_CLOCK_SKEW = timedelta(minutes=5)
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)

# Somebody else wrote the row each time; then the queue hands the message out again.
_ATTEMPTS = 10

# A sender who made a mistake needs to know what it was, not how often it was made.
_MOST_MISTAKES = 5

_Id = Annotated[str, Meta(min_length=1, max_length=128)]
_Item = TypeVar("_Item", bound=Table)


class Update(msgspec.Struct, forbid_unknown_fields=True):
    """One balance: whose, by account or by SIP number, how much in PLN, and when it was that."""

    balance: str
    as_of: Annotated[datetime, Meta(tz=True)]
    account_id: _Id | None = None
    sip_number: _Id | None = None


def take_batch(event: Mapping[str, Any]) -> dict[str, Any]:
    """Take the balances of one SQS event; the answer names the messages to be handed out again."""

    def handle(body: Any, _: Record) -> str:
        return ", ".join(f"{outcome} {number}" for outcome, number in sorted(take_balances(body).items()))

    return handle_each(event, handle)


def take_balances(body: Any) -> Counter[str]:
    """Take one message: a balance, or a list of up to 100; returns how many were `taken`, and why not.

    What is not newer than the balance that is known is `outdated`; what nobody has the account of is
    `unknown_account`, and would be at any later attempt. Raises Malformed, after taking what there is
    to take: the others of a list do not wait for the sender to mend one.
    """
    updates, mistakes = _read(body)
    outcomes = _take(updates)
    if mistakes:
        outcomes["malformed"] = len(mistakes)
    for outcome, number in outcomes.items():
        metrics.count("Balances", number, Outcome=outcome)
    if mistakes:
        raise Malformed("; ".join(mistakes[:_MOST_MISTAKES]))
    return outcomes


def _read(body: Any) -> tuple[list[Update], list[str]]:
    """The updates of a message, and what is wrong with the others, without their contents."""
    bodies = body if isinstance(body, list) else [body]
    if len(bodies) > MOST_UPDATES:
        return [], [f"{len(bodies)} balances, more than {MOST_UPDATES}"]
    updates, mistakes = [], []
    for number, each in enumerate(bodies):
        try:
            updates.append(_parsed(each))
        except (msgspec.ValidationError, ValueError) as mistake:
            mistakes.append(f"balance {number}: {mistake}")
    return updates, mistakes


def _parsed(body: Any) -> Update:
    try:
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half a surrogate pair: JSON has it, no table can
        raise ValueError("not Unicode") from None
    update = msgspec.convert(body, type=Update)
    money.parse(update.balance)
    if (update.account_id is None) == (update.sip_number is None):
        raise ValueError("either account_id or sip_number")
    if not _BEGINNING <= update.as_of <= clock.now() + _CLOCK_SKEW:
        raise ValueError("as_of is in the future, or long ago")
    return update


def _take(updates: Sequence[Update]) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    owners = _owners({each.sip_number for each in updates if each.sip_number is not None})
    news: defaultdict[str, list[Measured]] = defaultdict(list)
    for each in updates:
        account_id = each.account_id or owners.get(each.sip_number or "")
        if account_id is None:
            outcomes["unknown_account"] += 1
        else:
            news[account_id].append(Measured(money.parse(each.balance), each.as_of))
    for account_id, row in _rows(news):
        if row is None:
            outcomes["unknown_account"] += len(news[account_id])
        else:
            outcomes[_store(row, news[account_id])] += len(news[account_id])
    return outcomes


def _owners(numbers: set[str]) -> Mapping[str, str]:
    """Whose the SIP numbers are; those that nobody has now are not in it."""
    found = _stored(SipAccount, numbers)
    return {number: each.account_id for number, each in found.items() if each.expires_at is None}


def _rows(account_ids: Mapping[str, object]) -> Iterator[tuple[str, Balance | None]]:
    """The balance of each account as it is stored; a new one for a customer without, None for nobody."""
    found = _stored(Balance, account_ids)
    accounts = _stored(Account, account_ids.keys() - found.keys())
    for account_id in account_ids:
        account = accounts.get(account_id)
        # Whoever has not confirmed yet may be gone in a month, and has nothing to spend.
        is_customer = is_live(account) and account.status != Status.DELETED and account.expires_at is None
        yield account_id, found.get(account_id) or (rows.unwritten(account_id) if is_customer else None)


def _stored(table: type[_Item], keys: Any) -> Mapping[str, _Item]:
    wanted = list(keys)
    found = storage.get_many(*map(table, wanted)) if wanted else []
    return {key: item for key, item in zip(wanted, found, strict=True) if item is not None}


def _store(row: Balance, news: Sequence[Measured]) -> str:
    """Write the row with the news; returns what became of them."""
    for _ in range(_ATTEMPTS):
        now = rows.measured(row, news)
        if now is None:
            return "outdated"
        try:
            storage.write(rows.stored(row, now))
        except storage.ConditionFailed as refusal:
            if refusal.stored is None:  # erased with its account meanwhile
                return "unknown_account"
            row = refusal.stored
        else:
            return "taken"
    raise Unavailable
