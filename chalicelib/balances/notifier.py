"""Telling customers that their balance is low (R15): a job of every quarter of an hour.

It reads the sparse index of those who must be told, never the others; who was told leaves the index in
the transaction that puts the message into the outbox. So a run that ends early is taken up by the next
one, two runs at once tell nobody twice, and nobody is passed over because the set shrinks while it is
read.
"""

import logging
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from botocore.exceptions import ClientError

from chalicelib import clock, metrics, money, storage
from chalicelib.accounts.models import Account, Status, is_live
from chalicelib.balances import history, rows, rules
from chalicelib.balances.models import Balance
from chalicelib.balances.rules import Level
from chalicelib.errors import Unavailable
from chalicelib.notifications import outbox
from chalicelib.notifications.delivery import name_of
from chalicelib.notifications.models import OutboxMessage

# Balance and account of each, in one read of at most 100 items.
_READ_AT_ONCE = 50

# Of the index: little to hold, and to have read in vain when the time is up.
_PAGE = 500

# Somebody else wrote the row each time: the next run will see.
_ATTEMPTS = 3

# So many customers' failures are no single customers' any more, and the run ends.
_MOST_FAILURES = 5

# Who is not told because of what the account is.
_HINDRANCES = (Status.DELETED, Status.LOCKED, Status.BLOCKED)

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """What a run did: customers told; those passed over, by reason; parts of the index left for the next.

    The reasons: `deleted`, `locked`, `blocked`, `account_gone`, `address_unreachable` settle the matter as
    telling would; `recovered`, `switched_off` and `not_yet` (quiet hours or cooldown) leave it open;
    `reviewed` had changed the threshold, and nothing is to be told; `overtaken` was dealt with, or is
    written, by somebody else at the same time; `failed` is left for the next run.
    """

    told: int
    skipped: Mapping[str, int]
    shards_left: int


@dataclass(frozen=True)
class _Verdict:
    """What is to become of a customer whose notice is due: an outcome's name, and the writes for it."""

    outcome: str
    writes: tuple[storage.Write, ...] = ()


@dataclass
class _Progress:
    """How far a run has come: what it did, the shards not read to their end, what it read and has to do."""

    outcomes: Counter[str] = field(default_factory=Counter)
    unread: set[str] = field(default_factory=lambda: set(rows.SHARDS))
    found: list[Balance] = field(default_factory=list)
    failure: Exception | None = None

    def note(self, failure: Exception) -> None:
        """Go on after a customer's failure, so that nobody behind them waits; too many are everybody's."""
        _logger.error("a customer could not be told: %s", name_of(failure))
        self.failure = failure
        if self.outcomes["failed"] >= _MOST_FAILURES:
            raise failure

    def due(self) -> Iterator[Balance]:
        """The customers whose notice is due, the longest due of each shard first, as the index has them."""
        # Not always in the same order: what a run leaves undone would be the last shard's every time.
        for shard in random.sample(rows.SHARDS, len(rows.SHARDS)):
            index = Balance.low_balance_due
            yield from storage.query_index(Balance, index, shard, up_to=clock.now(), at_once=_PAGE)
            self.unread.remove(shard)

    def run(self) -> Run:
        """What was done in all."""
        skipped = {outcome: number for outcome, number in self.outcomes.items() if outcome != "told"}
        left = self.unread | {each.due_shard for each in self.found}
        return Run(self.outcomes["told"], skipped, len(left))


def notify(time_left: Callable[[], bool]) -> Run:
    """Tell every customer whose notice is due.

    Ends before the next customer when `time_left` says so. Goes on after the failure of a customer or
    a few, and raises the last one in the end; what is undone then is done by the next run.
    """
    progress = _Progress()
    try:
        _tell_all(progress, time_left)
    finally:
        run = progress.run()
        _count(run)
    return run


def _count(run: Run) -> None:
    for outcome, number in {"told": run.told, **run.skipped}.items():
        metrics.count("LowBalances", number, Outcome=outcome)
    metrics.count("LowBalanceShardsLeft", run.shards_left)
    _logger.info("%s", run)


def _tell_all(progress: _Progress, time_left: Callable[[], bool]) -> None:
    due = progress.due()
    while found := list(islice(due, _READ_AT_ONCE)):
        progress.found = found
        ids = [each.account_id for each in found]
        # The index is late by a moment: what decides is read consistently.
        stored = storage.get_many(*map(Balance, ids), *map(Account, ids))
        for row, account in zip(stored[: len(ids)], stored[len(ids) :], strict=True):
            if not time_left():
                return
            try:
                outcome = _deal_with(row, account)
            except (ClientError, Unavailable) as failure:
                progress.note(failure)
                outcome = "failed"
            progress.outcomes[outcome] += 1
            progress.found = progress.found[1:]
    if progress.failure:
        raise progress.failure


def _deal_with(row: Balance | None, account: Account | None) -> str:
    """Tell a customer, or note why not; returns what became of it."""
    for _ in range(_ATTEMPTS):
        if row is None or row.due_at is None:
            return "overtaken"
        verdict = _judged(row, account)
        try:
            if verdict.writes:
                storage.write(*verdict.writes)
        except storage.ConditionFailed as refusal:
            row = refusal.stored
        else:
            return verdict.outcome
    return "overtaken"


def _judged(row: Balance, account: Account | None) -> _Verdict:
    now = rows.reviewed(row)
    if now.due_level is None:
        return _Verdict(_why_not(row, now), (rows.stored(row, now),))
    level = Level(now.due_level)
    if account is None:  # nothing is kept of a customer who is not there
        return _Verdict("account_gone", (storage.delete(row, when=rows.unchanged(row)),))
    hindrance = _hindrance(account)
    if hindrance is not None:
        return _Verdict(hindrance, (rows.stored(row, rows.passed_over(row, level, hindrance)),))
    if now.due_at > clock.now():
        # The index may show a moment that was put off already.
        return _Verdict("not_yet", (rows.stored(row, now),) if now.due_at != row.due_at else ())
    told = storage.put(_message(account, row, level))
    return _Verdict("told", (rows.stored(row, rows.told(row, level)), told))


def _why_not(row: Balance, now: Balance) -> str:
    """Why nothing is due any more."""
    if row.due_level is None:
        return "reviewed"
    still_low = rules.level_of(int(now.balance), rows.threshold_of(now)) is not None
    return "switched_off" if still_low and not now.settled else "recovered"


def _hindrance(account: Account) -> str | None:
    """Why the customer cannot be told, whatever there is to tell."""
    if not is_live(account):
        return "account_gone"
    if account.status in _HINDRANCES:
        return str(account.status)
    return None if account.address_unreachable is None else "address_unreachable"


def _message(account: Account, row: Balance, level: Level) -> OutboxMessage:
    told_before = rows.told_of(row).last(level)
    return outbox.message(
        rows.KINDS[level],
        account_id=account.account_id,
        language=account.language,
        parameters={
            "balance": money.write(int(row.balance)),
            "threshold": money.write(rows.threshold_of(row)),
            "as_of": row.as_of.isoformat(timespec="seconds"),
            "days_left": history.days_left(row.history),
            # For when this one is not sent after all.
            "told_before": told_before.isoformat() if told_before else None,
        },
    )
