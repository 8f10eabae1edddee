"""I9 and I5 over generated histories of customers who share addresses.

Mails are delivered late, repeatedly, out of order and interrupted, and addresses change in between;
the address rows must always be what the log says of each account's current address.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from chalicelib import clock, storage
from chalicelib.accounts.composers import COMPOSERS
from chalicelib.accounts.models import Account
from chalicelib.notifications import outbox
from chalicelib.notifications.delivery import deliver
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import AddressRow
from tests.unit import cloud, quick_dynamodb
from tests.unit.accounts.people import settled
from tests.unit.conftest import FrozenClock
from tests.unit.crashes import Crash, CrashPoint, Killed

if TYPE_CHECKING:
    from datetime import datetime

ADDRESSES = 3


class History:
    """Customers and what happens to them; numbers choose among the accounts, addresses and messages."""

    def __init__(self, frozen_clock: FrozenClock) -> None:
        self._clock = frozen_clock
        self._accounts: list[str] = []
        self._handed_out: list[str] = []
        # Where each account's mail goes now, and since when.
        self._current: dict[str, tuple[str, datetime]] = {}
        self.register(0)
        self.register(1)

    def register(self, where: int) -> None:
        account = settled(f"login-{len(self._accounts)}", self._address(where))
        self._accounts.append(account.account_id)
        self._current[account.account_id] = account.email, clock.now()

    def ask_by_address(self, where: int) -> None:
        self._ask(self._address(where))

    def ask_by_login(self, who: int) -> None:
        self._ask(f"login-{who % len(self._accounts)}")

    def notify(self, who: int) -> None:
        account_id = self._accounts[who % len(self._accounts)]
        self._put(Kind.PASSWORD_CHANGED, account_id=account_id, changed_at=clock.now().isoformat())

    def deliver(self, which: int) -> None:
        """Deliver one of the messages that wait."""
        if waiting := self._waiting():
            self._deliver(waiting[which % len(waiting)])

    def deliver_again(self, which: int) -> None:
        """Deliver one of the messages that were handed out before."""
        if self._handed_out:
            self._deliver(self._handed_out[which % len(self._handed_out)])

    def die_delivering(self, which: int, call: int) -> None:
        with suppress(Killed), cloud.around_calls(CrashPoint(1 + call, Crash.KILLED)):
            self.deliver(which)
        self._clock.advance(seconds=outbox.LEASE.total_seconds())

    def move(self, who: int, where: int) -> None:
        self._move(self._accounts[who % len(self._accounts)], self._address(where))

    def move_during_delivery(self, which: int, where: int) -> None:
        """The address of whom a mail is about changes after the mail was sent and before it is logged."""

        def moved(call: cloud.Call) -> None:
            entry = call.body["TransactItems"][0]["Put"]["Item"]
            self._move(entry["account_id"]["S"], self._address(where))

        self._deliver_and_meanwhile(which, moved)

    def overtake_a_delivery(self, which: int) -> None:
        """Another worker delivers everything else that waits before a mail that was sent is logged."""

        def overtaken(_: cloud.Call) -> None:
            for message_id in self._waiting():
                self._deliver(message_id)

        self._deliver_and_meanwhile(which, overtaken)

    def _deliver_and_meanwhile(self, which: int, act: Callable[[cloud.Call], None]) -> None:
        def meanwhile(call: cloud.Call) -> None:
            if "notifications_table" in call.tables:
                self._clock.advance(seconds=1)
                act(call)

        with cloud.before_calls(meanwhile):
            self.deliver(which)

    def _waiting(self) -> list[str]:
        return sorted(item["message_id"]["S"] for item in cloud.items("OUTBOX_TABLE"))

    def _deliver(self, message_id: str) -> None:
        self._handed_out.append(message_id)
        with suppress(outbox.Claimed):
            deliver(message_id, COMPOSERS)

    def _move(self, account_id: str, new: str) -> None:
        """Change an address, as confirming a new one will."""
        old, _ = self._current[account_id]
        if old != new:
            storage.write(
                storage.update(Account(account_id), Account.email.set(new)),
                storage.delete(AddressRow(old, account_id)),
                storage.put(AddressRow(new, account_id)),
            )
            self._current[account_id] = new, clock.now()

    def _address(self, number: int) -> str:
        return f"address-{number % ADDRESSES}@poczta.example"

    def _ask(self, identifier: str) -> None:
        self._put(Kind.RESET_REQUESTED, identifier=identifier, requested_at=clock.now().isoformat())

    def _put(self, kind: Kind, account_id: str | None = None, **parameters: Any) -> None:
        parameters["network"] = "198.51.100.0/24"
        message = outbox.message(kind, language="pl", account_id=account_id, parameters=parameters)
        storage.write(storage.put(message))

    def check(self) -> None:
        """The rows are those of the current addresses, and know of the newest log entry there."""
        told = {
            (item["account_id"]["S"], item["address"]["S"]): seconds(item.get("last_notified_at"))
            for item in cloud.items("ADDRESSES_TABLE")
        }
        sent: dict[tuple[str, str], int | None] = {
            (account_id, address): None for account_id, (address, _) in self._current.items()
        }
        for item in cloud.items("NOTIFICATIONS_TABLE"):
            where = item["account_id"]["S"], item["recipient"]["S"]
            sent_at = seconds(item["sent_at"]) or 0
            if where in sent and sent_at >= self._current[where[0]][1].timestamp():
                sent[where] = max(sent[where] or 0, sent_at)
        assert told == sent


def seconds(attribute: dict[str, str] | None) -> int | None:
    return int(attribute["N"]) if attribute else None


NUMBERS = {
    "register": 1,
    "ask_by_address": 1,
    "ask_by_login": 1,
    "notify": 1,
    "deliver": 1,
    "deliver_again": 1,
    "die_delivering": 2,
    "move": 2,
    "move_during_delivery": 2,
    "overtake_a_delivery": 1,
}
small = st.integers(0, 3)
actions = st.sampled_from([*NUMBERS, "notify", "notify", "deliver"]).flatmap(
    lambda name: st.tuples(st.just(name), *[small] * NUMBERS[name])
)


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    # Making a failing history shorter takes minutes, and fifteen steps can be read.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(actions=st.lists(actions, min_size=5, max_size=15))
@example(actions=[("notify", 0), ("move", 0, 1), ("deliver", 0), ("move", 0, 0)])
@example(actions=[("ask_by_address", 0), ("deliver", 0), ("move_during_delivery", 0, 2)])
@example(actions=[("notify", 0), ("notify", 0), ("overtake_a_delivery", 0), ("deliver_again", 0)])
@example(actions=[("notify", 0), ("die_delivering", 0, 2), ("deliver", 0), ("deliver_again", 0)])
def test_the_address_rows_always_are_what_the_log_says(
    actions: list[tuple[Any, ...]], aws_in_memory: None, frozen_clock: FrozenClock
) -> None:
    with quick_dynamodb.in_place_of_motos():
        cloud.make_tables()
        history = History(frozen_clock)
        for name, *numbers in actions:
            getattr(history, name)(*numbers)
            frozen_clock.advance(seconds=1)
            history.check()
