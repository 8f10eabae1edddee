"""The log of messages: written with the end of a delivery, all of it or nothing."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib import clock, storage
from chalicelib.notifications import log, outbox
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import AddressRow, Notification, OutboxMessage
from chalicelib.settings import settings
from tests.unit import cloud
from tests.unit.conftest import FrozenClock

JAN = "Jan@Poczta.example"
FOLDED = "jan@poczta.example"


@pytest.fixture(autouse=True)
def _aws(aws_in_memory: None) -> None:
    """Every test here has tables."""


def waiting() -> OutboxMessage:
    message = outbox.message(Kind.PASSWORD_RESET, language="en", account_id="jan", recipient=JAN)
    storage.write(storage.put(message))
    return message


def has_address(*account_ids: str, address: str = FOLDED) -> None:
    for account_id in account_ids:
        storage.write(storage.put(AddressRow(address, account_id)))


def record(message: OutboxMessage, *account_ids: str) -> None:
    log.record_sent(
        message, recipient=JAN, account_ids=account_ids, recovered=account_ids, ses_message_id="ses-1"
    )


def told_at(account_id: str, address: str = FOLDED) -> datetime | None:
    row = storage.get(AddressRow, address, account_id)
    assert row is not None
    return row.last_notified_at


def test_an_entry_says_what_was_sent_to_whom_when_and_by_which_receipt() -> None:
    has_address("jan")
    message = waiting()
    record(message, "jan")
    [entry] = log.of_account("jan", limit=9)
    assert (entry.notification_id, entry.kind) == (message.notification_id, "password_reset")
    assert (entry.recipient, entry.language, entry.status) == (JAN, "en", "sent")
    assert (entry.ses_message_id, entry.sent_at) == ("ses-1", clock.now())
    assert entry.account_ids == ["jan"]
    assert entry.reason is None
    assert entry.expires_at == clock.now() + timedelta(days=settings().notification_log_days)


def test_the_entry_the_address_row_and_the_outbox_change_in_one_transaction(wire: cloud.Wire) -> None:
    has_address("jan")
    message = waiting()
    wire.clear()
    record(message, "jan")
    assert [str(each) for each in wire.requests] == [
        "TransactWriteItems notifications_table outbox_table addresses_table"
    ]
    assert cloud.items("OUTBOX_TABLE") == []
    assert told_at("jan") == clock.now()


def test_one_mail_about_several_accounts_is_in_the_log_of_each() -> None:
    has_address("jan", "zofia")
    record(waiting(), "jan", "zofia")
    [of_jan], [of_zofia] = log.of_account("jan", limit=9), log.of_account("zofia", limit=9)
    assert of_jan.notification_id == of_zofia.notification_id
    assert of_jan.account_ids == of_zofia.account_ids == ["jan", "zofia"]
    assert told_at("jan") == told_at("zofia") == clock.now()


def test_a_late_delivery_to_a_replaced_address_is_logged_but_recreates_no_row() -> None:
    has_address("jan")
    has_address("jan", address="nowy@poczta.example")
    message = waiting()
    storage.write(storage.delete(AddressRow(FOLDED, "jan")))
    record(message, "jan")
    assert len(log.of_account("jan", limit=9)) == 1
    assert storage.get(AddressRow, FOLDED, "jan") is None
    assert told_at("jan", "nowy@poczta.example") is None
    assert cloud.items("OUTBOX_TABLE") == []


@pytest.mark.parametrize("gone", [["jan"], ["zofia"], ["ewa"], ["jan", "ewa"], ["jan", "zofia", "ewa"]])
def test_rows_that_are_gone_keep_no_other_from_being_told(gone: Sequence[str]) -> None:
    accounts = ["jan", "zofia", "ewa"]
    has_address(*(each for each in accounts if each not in gone))
    record(waiting(), *accounts)
    assert {each: len(log.of_account(each, limit=9)) for each in accounts} == dict.fromkeys(accounts, 1)
    for each in accounts:
        row = storage.get(AddressRow, FOLDED, each)
        assert (row is None) == (each in gone)
        assert row is None or row.last_notified_at == clock.now()


def test_a_row_that_goes_during_the_write_stays_gone() -> None:
    has_address("jan")
    message = waiting()
    with cloud.before_calls(lambda _: storage.write(storage.delete(AddressRow(FOLDED, "jan")))):
        record(message, "jan")
    assert len(log.of_account("jan", limit=9)) == 1
    assert cloud.items("ADDRESSES_TABLE") == []


def test_a_message_is_recorded_once() -> None:
    has_address("jan")
    message = waiting()
    record(message, "jan")
    before = cloud.items("NOTIFICATIONS_TABLE")
    with pytest.raises(outbox.NotWaiting):
        log.record_sent(
            message, recipient=JAN, account_ids=["jan"], recovered=["jan"], ses_message_id="ses-2"
        )
    assert cloud.items("NOTIFICATIONS_TABLE") == before


def test_a_message_that_was_refused_for_good_is_logged_with_its_reason_and_tells_no_row(
    wire: cloud.Wire,
) -> None:
    has_address("jan", "zofia")
    message = waiting()
    wire.clear()
    log.record_failed(message, JAN, ["jan", "zofia"], reason="refused_by_ses")
    assert [str(each) for each in wire.requests] == [
        "TransactWriteItems notifications_table notifications_table outbox_table"
    ]
    for each in ("jan", "zofia"):
        [entry] = log.of_account(each, limit=9)
        assert (entry.status, entry.reason) == ("failed", "refused_by_ses")
        assert entry.ses_message_id is None
        assert (entry.sent_at, entry.account_ids) == (clock.now(), ["jan", "zofia"])
        assert told_at(each) is None
    assert cloud.items("OUTBOX_TABLE") == []


def test_a_refusal_is_recorded_once_and_overwrites_no_entry() -> None:
    has_address("jan")
    message = waiting()
    record(message, "jan")
    before = cloud.items("NOTIFICATIONS_TABLE")
    with pytest.raises(outbox.NotWaiting):
        log.record_failed(message, JAN, ["jan"], reason="refused_by_ses")
    assert cloud.items("NOTIFICATIONS_TABLE") == before


@pytest.mark.parametrize("status", log.Status)
def test_a_status_replaces_only_those_before_it(status: log.Status) -> None:
    assert status not in status.earlier
    for other in log.Status:
        assert (other in status.earlier) != (status in other.earlier) or other == status


def ticking(frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that moves on with every look at it."""

    def tick() -> datetime:
        frozen_clock.advance(seconds=0.7)
        return frozen_clock()

    monkeypatch.setattr(clock, "source", tick)


def test_the_row_carries_the_very_moment_of_the_entry(
    frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_address("jan", "zofia")
    message = waiting()
    ticking(frozen_clock, monkeypatch)
    record(message, "jan", "zofia")
    for each in ("jan", "zofia"):
        [entry] = log.of_account(each, limit=9)
        assert told_at(each) == entry.sent_at


def test_of_two_deliveries_the_later_one_is_remembered_however_the_writes_come(
    frozen_clock: FrozenClock,
) -> None:
    has_address("jan")
    first, second = waiting(), waiting()

    def overtaken(_: cloud.Call) -> None:
        frozen_clock.advance(seconds=3)
        record(second, "jan")

    with cloud.before_calls(once(overtaken)):
        record(first, "jan")
    sent_at = {entry.notification_id: entry.sent_at for entry in log.of_account("jan", limit=9)}
    assert sent_at[first.notification_id] < sent_at[second.notification_id]
    assert told_at("jan") == sent_at[second.notification_id]


def once(act: Callable[[cloud.Call], None]) -> Callable[[cloud.Call], None]:
    turns = iter(range(1))
    return lambda call: act(call) if next(turns, None) is not None else None


def test_a_page_is_the_newest_entries_of_the_account_in_one_call(wire: cloud.Wire) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    for account_id in ("jan", "zofia"):
        for number in range(5):
            entry = Notification(
                account_id=account_id,
                notification_id=f"{number}",
                kind="password_reset",
                recipient=JAN,
                language="pl",
                status="sent",
                sent_at=now,
                ses_message_id="ses",
                account_ids=[account_id],
                expires_at=now,
            )
            storage.write(storage.put(entry))
    wire.clear()
    newest = log.of_account("jan", limit=3)
    assert [(each.account_id, each.notification_id) for each in newest] == [
        ("jan", "4"),
        ("jan", "3"),
        ("jan", "2"),
    ]
    assert [each.notification_id for each in log.of_account("jan", limit=3, before="2")] == ["1", "0"]
    assert wire.calls == ["Query", "Query"]
