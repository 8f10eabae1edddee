"""I10 over generated histories: balances that come late and twice, runs that meet, die or run out of time.

Whatever happens, each crossing is told at most once, and none is missed once the runs have completed;
what the balance's row says was told is what outbox and log hold.
"""

from collections import defaultdict
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from chalicelib import money, storage
from chalicelib.accounts.models import Account, Status
from chalicelib.balances import preferences
from chalicelib.balances.models import Balance
from chalicelib.balances.preferences import Choices
from chalicelib.errors import Unavailable
from chalicelib.notifications.models import Notification, OutboxMessage
from tests.unit import cloud
from tests.unit.accounts.people import settled
from tests.unit.balances.billing import run, take, update
from tests.unit.clients import PostOffice
from tests.unit.conftest import FrozenClock
from tests.unit.crashes import Crash, CrashPoint, Killed

pytestmark = pytest.mark.slow

BALANCES = ["20.00", "5.51", "5.00", "4.99", "0.01", "0.00", "-3.00", "6.01"]
THRESHOLDS = [500, 0, 300, 2000]
DEADLY = [Crash.KILLED, Crash.KILLED_BEFORE, Crash.UNANSWERED, Crash.REFUSED]
COOLDOWN = timedelta(hours=24)
WARSAW = ZoneInfo("Europe/Warsaw")
LOW, EXHAUSTED = "low_balance", "balance_exhausted"
COVERED_BY = {LOW: {LOW, EXHAUSTED}, EXHAUSTED: {EXHAUSTED}}

_names = count()


class Customer:
    """A customer, what billing has told of them, and what follows from it by the words of I10 alone."""

    def __init__(self) -> None:
        name = f"b{next(_names)}"
        self.account = settled(name, f"{name}@poczta.example")
        self.threshold, self.notices = 500, True
        self.balance: int | None = None
        self.as_of: datetime | None = None
        # The steps at which there was enough again; and those at which a choice made it enough.
        self.recovered: list[int] = []
        self.recovered_by_choice: list[int] = []
        self.switched: list[int] = []
        self.passed_over: list[int] = []
        # By message: its kind, when it was decided, and the step of the history.
        self.tellings: dict[str, tuple[str, datetime, int]] = {}

    @property
    def level(self) -> str | None:
        if self.balance is None or (self.balance > 0 and self.balance >= self.threshold):
            return None
        return EXHAUSTED if self.balance <= 0 else LOW

    @property
    def is_enough(self) -> bool:
        margin = max(100, -(-self.threshold // 10))
        return self.balance is not None and self.balance > self.threshold + margin


class History:
    """Two customers and what happens to them; numbers choose among customers, balances and moments."""

    def __init__(self, frozen_clock: FrozenClock) -> None:
        self._clock = frozen_clock
        self._step = 0
        self._customers = [Customer(), Customer()]
        self._sent: list[tuple[Customer, dict[str, Any]]] = []

    def step(self, name: str, numbers: list[int]) -> None:
        self._step += 1
        getattr(self, name)(*numbers)
        self._clock.advance(seconds=1)
        self._note_tellings()
        self._check()

    # What billing does.

    def bill(self, who: int, what: int) -> None:
        customer = self._customers[who % 2]
        self._sent.append((customer, update(customer.account, BALANCES[what % len(BALANCES)])))
        self._take(len(self._sent) - 1)

    def bill_later(self, who: int, what: int) -> None:
        """Billing measures a balance, which stays on its way for a while."""
        customer = self._customers[who % 2]
        self._sent.append((customer, update(customer.account, BALANCES[what % len(BALANCES)])))

    def repeat(self, which: int) -> None:
        """A message comes that was on its way, or comes again."""
        if self._sent:
            self._take(-1 - which % len(self._sent))

    def bill_all_at_once(self) -> None:
        """Everything that was ever sent comes again, in one list, the newest first."""
        messages = [message for _, message in reversed(self._sent)][:100]
        for number in range(len(self._sent)):
            self._hear(number)
        assert take(messages) == []

    def die_taking(self, who: int, what: int, call: int) -> None:
        """The intake dies; the queue hands the message out again."""
        crash = DEADLY[call % len(DEADLY)]
        with suppress(Killed), cloud.around_calls(CrashPoint(1 + call, crash)):
            self.bill(who, what)
        self._take(-1)

    def _take(self, which: int) -> None:
        self._hear(which)
        _, message = self._sent[which]
        take(message)

    def _hear(self, which: int) -> None:
        customer, message = self._sent[which]
        as_of = datetime.fromisoformat(message["as_of"])
        if customer.as_of is not None and as_of <= customer.as_of:
            return
        customer.balance, customer.as_of = money.parse(message["balance"]), as_of
        if customer.is_enough:
            customer.recovered.append(self._step)

    # What the clock starts.

    def run(self) -> None:
        run()
        self._note_passed_over()

    def run_out_of_time(self, after: int) -> None:
        asked = count()
        run(lambda: 0 if next(asked) >= after % 2 else 60_000)
        self._note_passed_over()

    def run_twice_at_once(self, call: int) -> None:
        self._run_and_meanwhile(call, self.run)

    def run_while_billed(self, who: int, what: int) -> None:
        self._run_and_meanwhile(0, lambda: self.bill(who, what))

    def run_while_chosen(self, who: int, what: int) -> None:
        self._run_and_meanwhile(0, lambda: self.choose(who, what))

    def _run_and_meanwhile(self, call: int, act: Any) -> None:
        seen, done = count(), list[bool]()

        def meanwhile(request: cloud.Call) -> None:
            if request.writes and next(seen) == call and not done:
                done.append(True)
                act()

        with cloud.before_calls(meanwhile):
            self.run()

    def die_running(self, call: int, how: int) -> None:
        point = CrashPoint(1 + call, DEADLY[how % len(DEADLY)])
        with suppress(Killed, Unavailable, ClientError), cloud.around_calls(point):
            run()
        self._note_passed_over()

    # What customers and staff do.

    def choose(self, who: int, what: int) -> None:
        customer = self._customers[who % 2]
        customer.threshold = THRESHOLDS[what % len(THRESHOLDS)]
        self._choose(customer, Choices(threshold=customer.threshold))

    def switch(self, who: int) -> None:
        customer = self._customers[who % 2]
        customer.notices = not customer.notices
        customer.switched.append(self._step)
        self._choose(customer, Choices(notices=customer.notices))

    def _choose(self, customer: Customer, choices: Choices) -> None:
        account_id = customer.account.account_id
        row = storage.get(Balance, account_id)
        storage.write(*preferences.choose(account_id, row, choices)[1])
        if customer.is_enough:
            customer.recovered_by_choice.append(self._step)

    def block(self, who: int) -> None:
        self._status(who, Status.BLOCKED)

    def unblock(self, who: int) -> None:
        self._status(who, Status.ACTIVE)

    def _status(self, who: int, status: Status) -> None:
        account = Account(self._customers[who % 2].account.account_id)
        storage.write(storage.update(account, Account.status.set(status)))

    def deliver(self) -> None:
        PostOffice().deliver_all()

    def wait(self, hours: int) -> None:
        self._clock.advance(hours=[1, 5, 11, 26][hours % 4])

    # What must hold.

    def _note_tellings(self) -> None:
        seen = [OutboxMessage.from_raw_data(item) for item in cloud.items("OUTBOX_TABLE")]
        for customer in self._customers:
            for message in seen:
                if message.account_id == customer.account.account_id:
                    telling = (message.kind, message.created_at, self._step)
                    customer.tellings.setdefault(message.notification_id, telling)

    def _note_passed_over(self) -> None:
        for customer in self._customers:
            row = storage.get(Balance, customer.account.account_id)
            if row is not None and row.skipped:
                customer.passed_over.append(self._step)
        self._note_tellings()

    def _check(self) -> None:
        for customer in self._customers:
            self._check_row(customer)
            by_kind: defaultdict[str, list[tuple[datetime, int]]] = defaultdict(list)
            for kind, at, step in customer.tellings.values():
                by_kind[kind].append((at, step))
            for tellings in by_kind.values():
                for (one, step), (later, later_step) in pairwise(sorted(tellings)):
                    assert later - one >= COOLDOWN
                    assert self._recovered_between(customer, step, later_step)
            for low, step in by_kind[LOW]:
                assert 7 <= low.astimezone(WARSAW).hour < 21
                for exhausted, before in by_kind[EXHAUSTED]:
                    assert exhausted > low or self._recovered_between(customer, before, step)

    def _recovered_between(self, customer: Customer, first: int, last: int) -> bool:
        steps = customer.recovered + customer.recovered_by_choice
        return any(first <= step <= last for step in steps)

    def _was_of_no_use(self, customer: Customer, since: int) -> bool:
        """Whether the customer did not want to know, or was told of worse."""
        exhausted = any(kind == EXHAUSTED and at >= since for kind, _, at in customer.tellings.values())
        return exhausted or any(step >= since for step in customer.switched)

    def _check_row(self, customer: Customer) -> None:
        """What the row says was told is what outbox and log hold: what was dropped was told to nobody."""
        row = storage.get(Balance, customer.account.account_id)
        held = self._held()
        for kind, moment in ((LOW, "low_told_at"), (EXHAUSTED, "exhausted_told_at")):
            tellings = [
                at for each, (told, at, _) in customer.tellings.items() if told == kind and each in held
            ]
            assert (getattr(row, moment) if row else None) == max(tellings, default=None)
        if row is not None and row.balance is not None:
            assert row.balance == customer.balance
            assert row.as_of == customer.as_of

    def _held(self) -> set[str]:
        tables = ("OUTBOX_TABLE", "NOTIFICATIONS_TABLE")
        return {item["notification_id"]["S"] for table in tables for item in cloud.items(table)}

    def end(self) -> None:
        """Let things settle: by then everybody must know."""
        self.deliver()
        for who in (0, 1):
            self.unblock(who)
        for _ in range(3):
            self._clock.time = self._clock.time.replace(hour=11) + timedelta(hours=24)
            self.step("run", [])
        assert all("due_at" not in item for item in cloud.items("BALANCES_TABLE"))
        for customer in self._customers:
            self._check_not_missed(customer)
        self._check_log()

    def _check_not_missed(self, customer: Customer) -> None:
        level = customer.level
        if level is None or (level == LOW and not customer.notices):
            return
        since = max(customer.recovered, default=0)
        held = self._held()
        told = [kind for each, (kind, _, step) in customer.tellings.items() if step >= since and each in held]
        passed_over = any(step >= since for step in customer.passed_over)
        assert COVERED_BY[level] & set(told) or passed_over

    def _check_log(self) -> None:
        """Every message is in the log, or was dropped since it was of no use when its turn came."""
        self.deliver()
        for customer in self._customers:
            entries = {
                entry.notification_id
                for item in cloud.items("NOTIFICATIONS_TABLE")
                if (entry := Notification.from_raw_data(item)).account_id == customer.account.account_id
            }
            assert entries <= customer.tellings.keys()
            for message in customer.tellings.keys() - entries:
                kind, _, step = customer.tellings[message]
                assert self._recovered_between(customer, step, self._step) or (
                    kind == LOW and self._was_of_no_use(customer, step)
                )
        for table in ("BALANCES_TABLE", "OUTBOX_TABLE"):
            for item in cloud.items(table):
                model = Balance if table == "BALANCES_TABLE" else OutboxMessage
                storage.write(storage.delete(model.from_raw_data(item)))


NUMBERS = {
    "bill": 2,
    "bill_later": 2,
    "repeat": 1,
    "bill_all_at_once": 0,
    "die_taking": 3,
    "run": 0,
    "run_out_of_time": 1,
    "run_twice_at_once": 1,
    "run_while_billed": 2,
    "run_while_chosen": 2,
    "die_running": 2,
    "choose": 2,
    "switch": 1,
    "block": 1,
    "unblock": 1,
    "deliver": 0,
    "wait": 1,
}
small = st.integers(0, 7)
often = ["bill"] * 4 + ["run"] * 2 + ["wait"] * 2
actions = st.sampled_from([*NUMBERS, *often]).flatmap(
    lambda name: st.tuples(st.just(name), *[small] * NUMBERS[name])
)


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    # Making a failing history shorter takes minutes, and fifteen steps can be read.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(history=st.lists(actions, min_size=5, max_size=24))
@example(history=[("bill", 0, 3), ("run",), ("bill", 0, 0), ("bill", 0, 3), ("run",), ("wait", 3), ("run",)])
@example(history=[("bill", 0, 3), ("bill", 1, 5), ("die_running", 0, 0), ("run",), ("deliver",)])
@example(history=[("bill", 0, 3), ("bill", 1, 5), ("die_running", 0, 2), ("run",), ("deliver",)])
@example(history=[("bill", 0, 3), ("bill", 1, 3), ("run_twice_at_once", 0), ("run_twice_at_once", 1)])
@example(history=[("bill", 0, 3), ("run_while_billed", 0, 0), ("bill", 0, 3), ("run",)])
@example(history=[("bill", 0, 3), ("run_while_billed", 0, 5), ("run",), ("bill", 0, 0), ("deliver",)])
@example(history=[("bill", 0, 3), ("run",), ("choose", 0, 2), ("bill", 0, 4), ("wait", 3), ("run",)])
@example(history=[("bill", 0, 3), ("run_while_chosen", 0, 1), ("choose", 0, 3), ("run",)])
@example(history=[("bill", 0, 3), ("block", 0), ("run",), ("unblock", 0), ("bill", 0, 0), ("bill", 0, 4)])
@example(history=[("wait", 2), ("bill", 0, 3), ("run",), ("bill", 0, 6), ("run",), ("wait", 2), ("run",)])
@example(history=[("bill", 0, 3), ("wait", 2), ("run",), ("wait", 2), ("run",)])
@example(history=[("bill_later", 0, 0), ("bill", 0, 3), ("run",), ("repeat", 1), ("bill_all_at_once",)])
def test_every_crossing_is_told_once_and_none_is_missed(
    history: list[tuple[Any, ...]], quick_tables: None, aws_in_memory: None, frozen_clock: FrozenClock
) -> None:
    lived = History(frozen_clock)
    for name, *numbers in history:
        lived.step(name, numbers)
    lived.end()
