"""What cannot be sent now waits with its reason, what never can be is logged; neither holds back another."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib import storage
from chalicelib.accounts.composers import COMPOSERS
from chalicelib.accounts.models import Account
from chalicelib.notifications import log, outbox
from chalicelib.notifications.delivery import AlreadyDone, Failed, Sent, deliver
from chalicelib.notifications.models import AddressRow, OutboxMessage
from chalicelib.settings import settings
from tests.unit import cloud
from tests.unit.accounts.people import JAN, settled
from tests.unit.conftest import FrozenClock
from tests.unit.notifications.messages import a_change, a_reset, body, handed_out

pytestmark = pytest.mark.usefixtures("sleep_moves_the_clock")

BUSY = {"__type": "com.amazonaws.ses#TooManyRequestsException", "message": "not now"}
DENIED = {"__type": "com.amazonaws.ses#AccessDeniedException", "message": "not allowed"}
PAUSED = {"__type": "com.amazonaws.ses#SendingPausedException", "message": "not for a while"}
UNVERIFIED = {
    "__type": "com.amazonaws.ses#MessageRejected",
    "message": "Email address is not verified. The following identities failed the check in region "
    "EU-CENTRAL-1: panel@poczta.example",
}
REJECTED = {"__type": "com.amazonaws.ses#MessageRejected", "message": "Message contains a virus"}
BAD = {"__type": "com.amazonaws.ses#BadRequestException", "message": f"Invalid address: {JAN}"}


@pytest.fixture
def jan(aws_in_memory: None) -> Account:
    return settled("jan", JAN)


@contextmanager
def refused(error: Any, *operations: str) -> Iterator[None]:
    """AWS refuses these operations."""
    with cloud.faults(lambda operation: error if operation in operations else None):
        yield


def entries(account: Account) -> list[tuple[str, str | None]]:
    """Status and reason of what the account's log holds."""
    return [(each.status, each.reason) for each in log.of_account(account.account_id, limit=9)]


def stored(message: OutboxMessage) -> OutboxMessage:
    found = storage.get(OutboxMessage, message.message_id)
    assert found is not None
    return found


# Not now.


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (BUSY, "TooManyRequestsException TooManyRequestsException"),
        (DENIED, "ClientError AccessDeniedException"),
        (PAUSED, "SendingPausedException SendingPausedException"),
        (UNVERIFIED, "MessageRejected MessageRejected"),
    ],
    ids=["busy", "denied", "paused", "unverified"],
)
def test_what_ses_does_not_take_now_waits_with_the_reason_and_is_sent_the_next_time(
    jan: Account, error: Any, reason: str
) -> None:
    message = a_change(jan)
    with refused(error, "SendEmail"):
        assert handed_out(body(message)) == [0]
    assert entries(jan) == []
    assert stored(message).last_error == reason
    assert handed_out(body(message)) == []
    assert len(cloud.sent_mails()) == 1
    assert entries(jan) == [("sent", None)]


@pytest.mark.parametrize(
    ("times_before", "seconds"), [(0, 15), (1, 30), (2, 60), (3, 120), (4, 240), (6, 900), (100, 900)]
)
def test_the_queue_hands_it_out_again_after_pauses_that_grow(
    jan: Account, wire: cloud.Wire, times_before: int, seconds: int
) -> None:
    message = a_change(jan)
    with refused(DENIED, "SendEmail"):
        assert handed_out(body(message), times_before=times_before) == [0]
    [asked] = [call.body for call in wire.requests if call.operation == "ChangeMessageVisibility"]
    assert asked["VisibilityTimeout"] == seconds
    assert asked["QueueUrl"].endswith("/urgent")


@pytest.mark.parametrize("failing", ["GetItem", "SendEmail", "TransactWriteItems"])
def test_a_failure_whose_reason_cannot_be_written_either_holds_the_message_for_one_lease(
    jan: Account, frozen_clock: FrozenClock, failing: str
) -> None:
    message = a_change(jan)
    claimed_by_now = False

    def all_fails_from_there(operation: str) -> Any:
        nonlocal claimed_by_now
        claimed_by_now |= operation == failing
        return DENIED if claimed_by_now else None

    with cloud.faults(all_fails_from_there):
        assert handed_out(body(message)) == [0]
    sent = len(cloud.sent_mails())
    with pytest.raises(outbox.Claimed):
        deliver(message.message_id, COMPOSERS)
    frozen_clock.advance(seconds=outbox.LEASE.total_seconds())
    assert deliver(message.message_id, COMPOSERS) == Sent("password_changed")
    assert len(cloud.sent_mails()) == sent + 1
    assert entries(jan) == [("sent", None)]


def test_who_failed_too_late_takes_nothing_from_the_next_worker(
    jan: Account, frozen_clock: FrozenClock
) -> None:
    message = a_change(jan)

    def another_worker_has_it(call: cloud.Call) -> Any:
        if call.operation != "SendEmail":
            return None
        frozen_clock.advance(seconds=outbox.LEASE.total_seconds())
        outbox.claim(message.message_id)
        return DENIED

    with cloud.before_calls(another_worker_has_it):
        assert handed_out(body(message)) == [0]
    assert stored(message).last_error is None
    with pytest.raises(outbox.Claimed):
        outbox.claim(message.message_id)


def test_who_failed_when_another_worker_had_delivered_it_brings_nothing_back(jan: Account) -> None:
    message = a_change(jan)

    def done_meanwhile(call: cloud.Call) -> Any:
        if call.operation != "SendEmail":
            return None
        storage.write(outbox.removal(message))
        return DENIED

    with cloud.before_calls(done_meanwhile):
        assert handed_out(body(message)) == [0]
    assert cloud.items("OUTBOX_TABLE") == []
    assert deliver(message.message_id, COMPOSERS) == AlreadyDone()


@pytest.mark.parametrize("setting", ["MAIL_FROM", "SUPPORT_ADDRESS"])
def test_mail_that_the_operators_own_addresses_make_impossible_waits_for_better_ones(
    jan: Account, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = a_change(jan)
    with monkeypatch.context() as environment:
        environment.setenv(setting, "panel at example")
        settings.cache_clear()
        assert handed_out(body(message)) == [0]
    settings.cache_clear()
    assert stored(message).last_error == "UnusableAddress"
    assert entries(jan) == []
    assert handed_out(body(message)) == []
    assert entries(jan) == [("sent", None)]


# Never.


@pytest.mark.parametrize("put", [a_change, a_reset])
@pytest.mark.parametrize("error", [REJECTED, BAD], ids=["rejected", "bad request"])
def test_what_ses_refuses_for_good_is_logged_as_failed_and_done(
    jan: Account, put: Callable[[Account], OutboxMessage], error: Any
) -> None:
    message = put(jan)
    with refused(error, "SendEmail"):
        assert deliver(message.message_id, COMPOSERS) == Failed(message.kind, "refused_by_ses")
    assert entries(jan) == [("failed", "refused_by_ses")]
    assert cloud.items("OUTBOX_TABLE") == []
    row = storage.get(AddressRow, JAN, jan.account_id)
    assert row is not None
    assert row.last_notified_at is None
    assert handed_out(body(message)) == []
    assert cloud.sent_mails() == []


@pytest.mark.parametrize("put", [a_change, a_reset])
def test_an_address_that_mail_cannot_carry_is_logged_as_failed_and_done(
    aws_in_memory: None, put: Callable[[Account], OutboxMessage]
) -> None:
    # Such an address is refused at registration; one may have come from elsewhere.
    ewa = settled("ewa", "ewa kowalska@poczta.example")
    message = put(ewa)
    assert deliver(message.message_id, COMPOSERS) == Failed(message.kind, "unusable_address")
    assert entries(ewa) == [("failed", "unusable_address")]
    assert cloud.items("OUTBOX_TABLE") == []
    assert cloud.sent_mails() == []


def test_a_reset_mail_that_is_refused_for_good_is_in_the_log_of_each_of_its_accounts(jan: Account) -> None:
    zofia = settled("zofia", JAN)
    message = a_reset(jan, zofia)
    with refused(REJECTED, "SendEmail"):
        deliver(message.message_id, COMPOSERS)
    assert entries(jan) == entries(zofia) == [("failed", "refused_by_ses")]


# Nothing else is held back.


@pytest.mark.parametrize("poison", [" ", "no JSON", "{}", "[]", "null", "1", '"message_id"'])
def test_what_is_no_message_goes_back_to_the_queue_at_once_and_holds_back_no_other(
    jan: Account, poison: str, wire: cloud.Wire, caplog: pytest.LogCaptureFixture
) -> None:
    first, last = a_change(jan), a_reset(jan)
    assert handed_out(body(first), poison, body(last)) == [1]
    assert len(cloud.sent_mails()) == 2
    # It will never be one: the sooner it is in the dead-letter queue, the sooner it is seen.
    [asked] = [call.body for call in wire.requests if call.operation == "ChangeMessageVisibility"]
    assert asked["VisibilityTimeout"] == 0
    assert "is malformed" in caplog.text


def test_a_message_that_fails_holds_back_no_other(jan: Account, caplog: pytest.LogCaptureFixture) -> None:
    first, last = a_change(jan), a_reset(jan)
    unknown = OutboxMessage(
        message_id="unknown", kind="unheard_of", lane="urgent", language="pl", parameters={},
        notification_id="n", created_at=first.created_at, shard="0",
        next_attempt_at=first.next_attempt_at, park_at=first.park_at,
    )  # fmt: skip
    storage.write(storage.put(unknown))
    with caplog.at_level(logging.INFO):
        assert handed_out(body(first), body(unknown), body(last)) == [1]
    assert len(cloud.sent_mails()) == 2
    assert [item["message_id"]["S"] for item in cloud.items("OUTBOX_TABLE")] == ["unknown"]
    assert stored(unknown).last_error == "ValueError"
    [failure] = [record for record in caplog.records if record.exc_info]
    assert failure.getMessage().endswith("from urgent failed")


@pytest.mark.parametrize("error", [BAD, DENIED], ids=["for good", "not now"])
def test_no_reason_tells_anything_personal(
    jan: Account, error: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    message = a_change(jan)
    with refused(error | {"message": f"{JAN} is refused"}, "SendEmail"):
        handed_out(body(message))
    reasons = [item["last_error"]["S"] for item in cloud.items("OUTBOX_TABLE")]
    reasons += [item["reason"]["S"] for item in cloud.items("NOTIFICATIONS_TABLE")]
    assert len(reasons) == 1
    assert JAN not in reasons[0] + capsys.readouterr().out
