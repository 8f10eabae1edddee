"""I9 and I5 over generated histories of customers who share addresses.

Mails are delivered late, repeatedly, out of order and interrupted, some are refused, some bounce, and
addresses change in between; the address rows must always be what the log says of each account's current
address, and marked as unreachable exactly when mail to it bounced and nobody allowed it since.
"""

from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from chalicelib import clock, storage
from chalicelib.accounts import reachability
from chalicelib.accounts.composers import COMPOSERS
from chalicelib.accounts.models import Account
from chalicelib.notifications import log, outbox
from chalicelib.notifications.delivery import deliver
from chalicelib.notifications.feedback import NotLoggedYet, take_event
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import AddressRow, Notification, OutboxMessage
from tests.unit import cloud, ses_says
from tests.unit.accounts.people import as_stored, settled
from tests.unit.conftest import FrozenClock
from tests.unit.crashes import Crash, CrashPoint, Killed

if TYPE_CHECKING:
    from datetime import datetime

pytestmark = pytest.mark.slow

ADDRESSES = 3
# What SES tells, and the status that it means.
FEEDBACK = [
    ("Bounce", log.Status.BOUNCED),
    ("Delivery", log.Status.DELIVERED),
    ("Complaint", log.Status.COMPLAINED),
    ("DeliveryDelay", log.Status.DELAYED),
]
_numbers = count()


class History:
    """Customers and what happens to them; numbers choose among the accounts, addresses and messages."""

    def __init__(self, frozen_clock: FrozenClock) -> None:
        self._clock = frozen_clock
        self._name = f"h{next(_numbers)}"
        self._accounts: list[str] = []
        self._handed_out: list[str] = []
        # Where each account's mail goes now, and since when.
        self._current: dict[str, tuple[str, datetime]] = {}
        # Why that address is unreachable, if it is; and what SES told of each mail.
        self._marks: dict[str, str] = {}
        self._statuses: dict[str, log.Status] = {}
        self.register(0)
        self.register(1)

    def register(self, where: int) -> None:
        account = settled(f"{self._name}.{len(self._accounts)}", self._address(where))
        self._accounts.append(account.account_id)
        self._current[account.account_id] = account.email, clock.now()

    def ask_by_address(self, where: int) -> None:
        self._ask(self._address(where))

    def ask_by_login(self, who: int) -> None:
        self._ask(f"{self._name}.{who % len(self._accounts)}")

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

    def refuse(self, which: int) -> None:
        """SES refuses one of the messages that wait, for good."""
        refusal = {"__type": "MessageRejected", "message": "a virus"}
        with cloud.faults(lambda operation: refusal if operation == "SendEmail" else None):
            self.deliver(which)

    def tell(self, which: int, what: int) -> None:
        """SES tells what became of a mail, perhaps again."""
        if mails := self._mails():
            mail = mails[which % len(mails)]
            self._tell(mail, *FEEDBACK[what % len(FEEDBACK)])

    def tell_and_move(self, which: int, what: int, where: int) -> None:
        """The address changes in the moment in which SES tells that mail to it bounced."""
        moved = False

        def move_first(call: cloud.Call) -> None:
            nonlocal moved
            if not moved and call.operation == "TransactWriteItems":
                moved = True
                update = next(each["Update"] for each in call.body["TransactItems"])
                self._move(update["Key"]["account_id"]["S"], self._address(where))

        with cloud.before_calls(move_first):
            self.tell(which, what)

    def tell_too_early(self, which: int) -> None:
        """SES tells of a mail that is not in our log (yet)."""
        for message_id in self._waiting()[which:][:1]:
            message = storage.get(OutboxMessage, message_id)
            assert message is not None
            body = ses_says.body("Bounce", message.account_id or "nobody", message.notification_id)
            with pytest.raises(NotLoggedYet):
                take_event(body, reachability.mark)

    def allow(self, who: int) -> None:
        """The operator allows an address again."""
        account_id = self._accounts[who % len(self._accounts)]
        with cloud.around_calls(ses_suppresses_nothing):
            reachability.allow_address(account_id)
        self._marks.pop(account_id, None)

    def _mails(self) -> list[Notification]:
        """The log's entries of mails that SES took, by the account that they are tagged with."""
        entries = map(Notification.from_raw_data, cloud.items("NOTIFICATIONS_TABLE"))
        ours = [each for each in entries if each.account_id in self._current and each.ses_message_id]
        tagged = [each for each in ours if each.account_ids[0] == each.account_id]
        return sorted(tagged, key=lambda entry: entry.notification_id)

    def _tell(self, mail: Notification, event_type: str, status: log.Status) -> None:
        before = self._statuses.get(mail.notification_id, log.Status.SENT)
        take_event(ses_says.body(event_type, mail.account_id, mail.notification_id), reachability.mark)
        if before not in status.earlier:
            return
        self._statuses[mail.notification_id] = status
        for account_id in mail.account_ids:
            address, _ = self._current[account_id]
            if address == mail.recipient and status in {log.Status.BOUNCED, log.Status.COMPLAINED}:
                self._marks[account_id] = status

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
                storage.update(
                    Account(account_id), Account.email.set(new), Account.address_unreachable.remove()
                ),
                storage.delete(AddressRow(old, account_id)),
                storage.put(AddressRow(new, account_id)),
            )
            self._current[account_id] = new, clock.now()
            self._marks.pop(account_id, None)

    def _address(self, number: int) -> str:
        return f"{self._name}.{number % ADDRESSES}@poczta.example"

    def _ask(self, identifier: str) -> None:
        self._put(Kind.RESET_REQUESTED, identifier=identifier, requested_at=clock.now().isoformat())

    def _put(self, kind: Kind, account_id: str | None = None, **parameters: Any) -> None:
        parameters["network"] = "198.51.100.0/24"
        message = outbox.message(kind, language="pl", account_id=account_id, parameters=parameters)
        storage.write(storage.put(message))

    def check(self) -> None:
        """The rows are those of the current addresses, and know of the newest log entry there."""
        of_these = [row for row in cloud.items("ADDRESSES_TABLE") if row["account_id"]["S"] in self._current]
        assert {(row["account_id"]["S"], row["address"]["S"]) for row in of_these} == {
            (account_id, address) for account_id, (address, _) in self._current.items()
        }
        for account_id, (address, since) in self._current.items():
            row = storage.get(AddressRow, address, account_id)
            assert row is not None
            entries = log.of_account(account_id, limit=100)
            sent = [
                entry.sent_at
                for entry in entries
                if entry.ses_message_id and entry.recipient == address and entry.sent_at >= since
            ]
            assert row.last_notified_at == max(sent, default=None)
            assert row.unreachable == as_stored(Account(account_id)).address_unreachable
            assert row.unreachable == self._marks.get(account_id)
            for entry in entries:
                first = log.Status.SENT if entry.ses_message_id else log.Status.FAILED
                assert entry.status == self._statuses.get(entry.notification_id, first)

    def end(self) -> None:
        """Leave nothing waiting for the next history."""
        for item in cloud.items("OUTBOX_TABLE"):
            storage.write(storage.delete(OutboxMessage(item["message_id"]["S"])))


def ses_suppresses_nothing(call: cloud.Call, pass_on: Callable[[], Any]) -> Any:
    if call.operation != "DeleteSuppressedDestination":
        return pass_on()
    return 404, {"x-amzn-ErrorType": "NotFoundException"}, '{"message": "not there"}'


NUMBERS = {
    "refuse": 1,
    "tell": 2,
    "tell_and_move": 3,
    "tell_too_early": 1,
    "allow": 1,
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
actions = st.sampled_from([*NUMBERS, "notify", "notify", "deliver", "deliver", "tell", "tell"]).flatmap(
    lambda name: st.tuples(st.just(name), *[small] * NUMBERS[name])
)


@settings(
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    # Making a failing history shorter takes minutes, and fifteen steps can be read.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(actions=st.lists(actions, min_size=5, max_size=16))
@example(actions=[("notify", 0), ("move", 0, 1), ("deliver", 0), ("move", 0, 0)])
@example(actions=[("ask_by_address", 0), ("deliver", 0), ("move_during_delivery", 0, 2)])
@example(actions=[("notify", 0), ("notify", 0), ("overtake_a_delivery", 0), ("deliver_again", 0)])
@example(actions=[("notify", 0), ("die_delivering", 0, 2), ("deliver", 0), ("deliver_again", 0)])
@example(actions=[("ask_by_address", 0), ("deliver", 0), ("deliver", 0), ("move", 0, 1), ("tell", 0, 0)])
@example(actions=[("notify", 0), ("tell_too_early", 0), ("deliver", 0), ("tell_and_move", 0, 0, 1)])
@example(actions=[("notify", 0), ("deliver", 0), ("tell", 0, 0), ("allow", 0), ("tell", 0, 0)])
@example(actions=[("notify", 0), ("refuse", 0), ("notify", 0), ("deliver", 0), ("tell", 0, 2)])
def test_the_address_rows_always_are_what_the_log_says(
    actions: list[tuple[Any, ...]], quick_tables: None, aws_in_memory: None, frozen_clock: FrozenClock
) -> None:
    history = History(frozen_clock)
    for name, *numbers in actions:
        getattr(history, name)(*numbers)
        frozen_clock.advance(seconds=1)
        history.check()
    history.end()
