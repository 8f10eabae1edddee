"""What a customer's row becomes: by news of the balance, by being told, by being passed over."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zlib import crc32
from zoneinfo import ZoneInfo

from pynamodb.expressions.condition import Condition

from chalicelib import clock, storage
from chalicelib.balances import history, rules
from chalicelib.balances.models import Balance
from chalicelib.balances.rules import Due, Level, QuietHours, Terms, Told
from chalicelib.notifications.kinds import Kind
from chalicelib.settings import settings

KINDS: Mapping[Level, Kind] = {Level.LOW: Kind.LOW_BALANCE, Level.EXHAUSTED: Kind.BALANCE_EXHAUSTED}

# Of the index: one partition of it takes no more than 1,000 new entries a second. Every run reads them
# all, and more may be added, but none taken away.
SHARDS = tuple("0123")


@dataclass(frozen=True)
class Measured:
    """A balance, in grosze, and the moment in which it was that."""

    balance: int
    as_of: datetime


def threshold_of(row: Balance | None) -> int:
    """Below which balance, in grosze, the customer is told."""
    if row is None or row.threshold is None:
        return settings().low_balance_default_grosze
    return int(row.threshold)


def terms_of(row: Balance) -> Terms:
    """What the operator and this customer have set."""
    tuned, threshold = settings(), threshold_of(row)
    least = tuned.low_balance_margin_grosze
    return Terms(
        threshold=threshold,
        margin=rules.margin(threshold, tuned.low_balance_margin_percent, least),
        notices=bool(row.notices),
        cooldown=tuned.low_balance_cooldown,
        quiet=QuietHours(*tuned.quiet_from_to, ZoneInfo(tuned.time_zone)),
    )


def told_of(row: Balance) -> Told:
    """What the customer was told, as the rules see it."""
    settled = Level(row.settled) if row.settled else None
    return Told(settled, row.low_told_at, row.exhausted_told_at)


def last_told(row: Balance) -> tuple[Kind, datetime] | None:
    """What the customer was told last, and when."""
    moments = [(told_of(row).last(level), kind) for level, kind in KINDS.items()]
    known = [(at, kind) for at, kind in moments if at is not None]
    if not known:
        return None
    at, kind = max(known)
    return kind, at


def due_of(row: Balance) -> Due | None:
    """What the customer is to be told of the balance as it stands."""
    if row.balance is None:
        return None
    return rules.due(told_of(row), int(row.balance), terms_of(row), clock.now())


def measured(row: Balance, news: Iterable[Measured]) -> Balance | None:
    """The row after news of the balance, in whatever order; None if none of it is newer.

    Each is judged in the order of the moments: a balance that was high in between and is low again
    is a crossing of its own.
    """
    newer: list[Measured] = []
    last = row.as_of
    for each in sorted(news, key=lambda each: each.as_of):
        if last is None or each.as_of > last:  # of two at one moment the first counts
            newer.append(each)
            last = each.as_of
    if not newer:
        return None
    days, settled = row.history, _settled(row)
    for each in newer:
        days = history.with_balance(days, each.balance, each.as_of)
        settled = rules.settled_after(settled, each.balance, terms_of(row))
    return _marked(
        row.changed(
            balance=newer[-1].balance,
            as_of=newer[-1].as_of,
            history=days,
            settled=settled,
            skipped=row.skipped if settled else None,
        )
    )


def reviewed(row: Balance) -> Balance:
    """The row with what follows from its own values; nothing may, or the customer's choices have changed."""
    settled = _settled(row)
    return _marked(row.changed(settled=settled, skipped=row.skipped if settled else None))


def told(row: Balance, level: Level) -> Balance:
    """The row of a customer who is told of the level now."""
    moment = "low_told_at" if level is Level.LOW else "exhausted_told_at"
    return _marked(row.changed(settled=level, skipped=None, **{moment: clock.now()}))


def level_now(row: Balance) -> Level | None:
    """The level that the balance is at, whoever knows."""
    return None if row.balance is None else rules.level_of(int(row.balance), threshold_of(row))


def untold(row: Balance, kind: Kind, before: datetime | None) -> storage.Write:
    """The write for a customer whose mail was not sent after all, if the row is as it was read.

    What was told last is what was told `before` it: no cooldown begins with a mail that nobody got.
    """
    told_at = Balance.low_told_at if kind is Kind.LOW_BALANCE else Balance.exhausted_told_at
    back = told_at.remove() if before is None else told_at.set(before)
    return storage.update(
        Balance(row.account_id), back, Balance.version.add(1), when=Balance.version == row.version
    )


def passed_over(row: Balance, level: Level, reason: str) -> Balance:
    """The row of a customer who cannot be told of the level, for the named reason."""
    return _marked(row.changed(settled=level, skipped=reason))


def unwritten(account_id: str) -> Balance:
    """The row of a customer of whom nothing is stored yet."""
    return Balance(account_id, version=0)


def unchanged(row: Balance) -> Condition:
    """The condition that nobody has written the row since it was read, or made."""
    if not row.version:
        missing: Condition = Balance.account_id.does_not_exist()
        return missing
    same: Condition = Balance.version == row.version
    return same


def stored(row: Balance, now: Balance) -> storage.Write:
    """The write that makes `now` of the row, if nobody has written it since it was read."""
    return storage.put(now, when=unchanged(row))


def shard_of(account_id: str) -> str:
    """Where in the index the notifier looks for the customer."""
    return SHARDS[crc32(account_id.encode()) % len(SHARDS)]


def _settled(row: Balance) -> Level | None:
    settled = told_of(row).settled
    return settled if row.balance is None else rules.settled_after(settled, int(row.balance), terms_of(row))


def _marked(row: Balance) -> Balance:
    """The row, in the index while something is due, and only then."""
    due, now = due_of(row), clock.now()
    if due is None:
        row.due_level = row.due_at = row.due_shard = None
        return row
    waits = row.due_level == due.level and row.due_at is not None and row.due_at <= now
    # What may be told already keeps its place in the index, which a new balance then does not write to.
    at = row.due_at if waits and due.at <= now else due.at
    row.due_level, row.due_at, row.due_shard = due.level, at, shard_of(row.account_id)
    return row
