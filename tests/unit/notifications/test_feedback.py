"""What SES tells afterwards: every event, late, repeatedly, in any order, and before our own entry."""

import json
import logging
from collections.abc import Sequence
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import feedback
from chalicelib import storage
from chalicelib.accounts import reachability
from chalicelib.accounts.composers import COMPOSERS
from chalicelib.accounts.models import Account
from chalicelib.accounts.reachability import mark
from chalicelib.notifications import log
from chalicelib.notifications.batches import Malformed
from chalicelib.notifications.delivery import deliver
from chalicelib.notifications.feedback import Event, Ignored, NotLoggedYet, parse_event, take_event
from chalicelib.notifications.models import AddressRow, OutboxMessage
from tests.unit import cloud, emf, ses_says
from tests.unit.accounts.people import JAN, as_stored, settled
from tests.unit.notifications.messages import a_change, a_reset

Status = log.Status

# What an event says, from the least to the last word.
IN_ORDER = [
    ("DeliveryDelay", {}, Status.DELAYED),
    ("Bounce", {"bounce": {"bounceType": "Transient"}}, Status.SOFT_BOUNCED),
    ("Delivery", {}, Status.DELIVERED),
    ("Reject", {}, Status.REJECTED),
    ("Bounce", {"bounce": {"bounceType": "Permanent"}}, Status.BOUNCED),
    ("Complaint", {}, Status.COMPLAINED),
]
_names = count()


@pytest.fixture
def jan(aws_in_memory: None) -> Account:
    return settled("jan", JAN)


def sent(*accounts: Account) -> OutboxMessage:
    """A mail that was sent to the accounts' address."""
    message = a_reset(*accounts)
    deliver(message.message_id, COMPOSERS)
    return message


def told(account: Account, message: OutboxMessage, event_type: str, **details: Any) -> Event | Ignored:
    """SES tells us."""
    body = ses_says.body(event_type, account.account_id, message.notification_id, **details)
    return take_event(body, mark)


def status_of(account: Account) -> str:
    return log.of_account(account.account_id, limit=1)[0].status


def marks(account: Account) -> tuple[str | None, str | None]:
    """The marks of the account, and of the row of its first address."""
    row = storage.get(AddressRow, account.email, account.account_id)
    return as_stored(account).address_unreachable, row.unreachable if row else None


# Every event.


@pytest.mark.parametrize(("event_type", "details", "status"), IN_ORDER, ids=str)
def test_each_event_moves_the_log_entry(
    jan: Account, event_type: str, details: Any, status: log.Status
) -> None:
    message = sent(jan)
    assert status_of(jan) == Status.SENT
    told(jan, message, event_type, **details)
    assert status_of(jan) == status


@pytest.mark.parametrize("bounce_type", ["Transient", "Undetermined"])
def test_a_bounce_that_may_pass_marks_nothing(jan: Account, bounce_type: str) -> None:
    told(jan, sent(jan), "Bounce", bounce={"bounceType": bounce_type})
    assert status_of(jan) == Status.SOFT_BOUNCED
    assert marks(jan) == (None, None)


@pytest.mark.parametrize(("event_type", "reason"), [("Bounce", "bounced"), ("Complaint", "complained")])
def test_a_bounce_or_complaint_marks_account_and_address(jan: Account, event_type: str, reason: str) -> None:
    told(jan, sent(jan), event_type)
    assert marks(jan) == (reason, reason)


@pytest.mark.parametrize("event_type", ["Send", "Open", "Click", "Rendering Failure", "Subscription", "New"])
def test_an_event_that_says_nothing_about_arrival_is_ignored_without_a_call(
    wire: cloud.Wire, event_type: str
) -> None:
    assert take_event(ses_says.body(event_type, "jan", "n"), mark) == Ignored(event_type)
    assert wire.calls == []


def test_an_event_costs_two_calls(jan: Account, wire: cloud.Wire) -> None:
    message = sent(jan)
    wire.clear()
    told(jan, message, "Delivery")
    assert wire.calls == ["GetItem", "UpdateItem"]
    wire.clear()
    told(jan, message, "Bounce")
    assert list(map(str, wire.requests)) == [
        "GetItem notifications_table",
        "TransactWriteItems notifications_table accounts_table addresses_table",
    ]


# Late, repeatedly, in any order.


def test_an_event_told_again_is_nothing_new(jan: Account) -> None:
    message = sent(jan)
    told(jan, message, "Delivery")
    assert told(jan, message, "Delivery") == Ignored("nothing new")
    assert status_of(jan) == Status.DELIVERED


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(st.sampled_from(IN_ORDER), min_size=1, max_size=6))
def test_in_whatever_order_and_however_often_the_last_word_stays(
    quick_tables: None, aws_in_memory: None, events: Sequence[Any]
) -> None:
    name = f"jan{next(_names)}"
    jan = settled(name, f"{name}@poczta.example")
    message = sent(jan)
    for event_type, details, _ in events:
        told(jan, message, event_type, **details)
    last = max((status for _, _, status in events), key=list(Status).index)
    assert status_of(jan) == last
    expected = {Status.BOUNCED: "bounced", Status.COMPLAINED: "complained"}.get(last)
    assert marks(jan) == (expected, expected)


def test_feedback_about_one_mail_moves_no_other(jan: Account) -> None:
    first, second = sent(jan), sent(jan)
    told(jan, first, "Delivery")
    statuses = {each.notification_id: each.status for each in log.of_account(jan.account_id, limit=9)}
    assert statuses == {first.notification_id: "delivered", second.notification_id: "sent"}


def test_what_comes_before_our_own_entry_is_asked_for_again_and_taken_then(jan: Account) -> None:
    message = a_change(jan)
    with pytest.raises(NotLoggedYet):
        told(jan, message, "Bounce")
    assert marks(jan) == (None, None)
    deliver(message.message_id, COMPOSERS)
    told(jan, message, "Bounce")
    assert status_of(jan) == Status.BOUNCED
    assert marks(jan) == ("bounced", "bounced")


# Several accounts in one mail.


def test_the_entries_of_all_accounts_of_a_mail_move_and_all_are_marked(jan: Account) -> None:
    zofia, ewa = settled("zofia", JAN), settled("ewa", JAN)
    message = sent(jan, zofia, ewa)
    told(jan, message, "Complaint")
    for each in (jan, zofia, ewa):
        assert status_of(each) == Status.COMPLAINED
        assert marks(each) == ("complained", "complained")


def move(account: Account, new: str) -> None:
    """Change an address, as confirming a new one will."""
    storage.write(
        storage.update(account, Account.email.set(new)),
        storage.delete(AddressRow(JAN, account.account_id)),
        storage.put(AddressRow(new, account.account_id)),
    )


@pytest.mark.parametrize("mover", [0, 1])
def test_an_address_that_is_not_theirs_any_more_marks_nobody(jan: Account, mover: int) -> None:
    both = jan, settled("zofia", JAN)
    message = sent(*both)
    moved, stayed = both[mover], both[1 - mover]
    move(moved, "nowy@poczta.example")
    told(jan, message, "Bounce")
    assert status_of(moved) == status_of(stayed) == Status.BOUNCED
    assert marks(moved) == (None, None)
    assert marks(stayed) == ("bounced", "bounced")
    row = storage.get(AddressRow, "nowy@poczta.example", moved.account_id)
    assert row is not None
    assert row.unreachable is None


def test_an_address_that_changes_at_the_same_moment_is_not_marked(jan: Account) -> None:
    message = sent(jan)
    moved = False

    def moves(call: cloud.Call) -> None:
        nonlocal moved
        if call.operation == "TransactWriteItems" and not moved:
            moved = True
            move(jan, "nowy@poczta.example")

    with cloud.before_calls(moves):
        told(jan, message, "Bounce")
    assert moved
    assert status_of(jan) == Status.BOUNCED
    assert marks(jan) == (None, None)
    assert storage.get(AddressRow, JAN, jan.account_id) is None


def test_an_account_that_is_gone_holds_nothing_up_and_does_not_come_back(jan: Account) -> None:
    message = sent(jan)
    storage.write(storage.delete(jan))
    told(jan, message, "Bounce")
    assert status_of(jan) == Status.BOUNCED
    assert storage.get(Account, jan.account_id) is None


def test_a_repeated_bounce_after_the_address_was_allowed_marks_nothing_again(
    jan: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = sent(jan)
    told(jan, message, "Bounce")
    with cloud.around_calls(suppression_list_is_empty):
        reachability.allow_address(jan.account_id)
    assert told(jan, message, "Bounce") == Ignored("nothing new")
    assert told(jan, message, "Delivery") == Ignored("nothing new")
    assert marks(jan) == (None, None)


def suppression_list_is_empty(call: cloud.Call, pass_on: Any) -> Any:
    if call.operation != "DeleteSuppressedDestination":
        return pass_on()
    return 404, {"x-amzn-ErrorType": "NotFoundException"}, json.dumps({"message": "not there"})


# Not of SES, or not about us.

_WHOLE = ses_says.body("Bounce", "jan", "n")


@pytest.mark.parametrize(
    "tags", [{}, {"account_id": ["jan"]}, {"kind": ["monthly"], "ses:configuration-set": ["klucznik"]}]
)
def test_an_event_about_somebody_elses_mail_is_ignored(tags: Any) -> None:
    body = {**_WHOLE, "mail": {**_WHOLE["mail"], "tags": tags}}
    assert parse_event(body) == Ignored("not a mail of ours")


@pytest.mark.parametrize(
    "body",
    [
        None,
        "text",
        17,
        [],
        [_WHOLE],
        {},
        {"eventType": ["Bounce"]},
        {"eventType": "Delivery"},
        {"eventType": "Delivery", "mail": None},
        {"eventType": "Delivery", "mail": {"tags": None}},
        {"eventType": "Delivery", "mail": {"tags": []}},
        {"eventType": "Delivery", "mail": {"tags": {"account_id": [], "notification_id": []}}},
        {key: value for key, value in _WHOLE.items() if key != "bounce"},
        {**_WHOLE, "bounce": "Permanent"},
        {"Type": "Notification", "Message": json.dumps(_WHOLE)},
    ],
    ids=str,
)
def test_what_is_no_event_of_ses_is_malformed(body: Any) -> None:
    with pytest.raises(Malformed, match="no event of SES"):
        parse_event(body)


def handed_out(*bodies: str) -> list[str]:
    """Hand out these messages in one batch; the numbers of those that the function wants again."""
    records = [
        {
            "messageId": str(number),
            "receiptHandle": f"handle-{number}",
            "body": body,
            "attributes": {"ApproximateReceiveCount": "1", "SenderId": "AIDASNS"},
            "eventSourceARN": f"arn:aws:sqs:{cloud.REGION}:{cloud.ACCOUNT}:feedback",
        }
        for number, body in enumerate(bodies)
    ]
    return [each["itemIdentifier"] for each in feedback({"Records": records}, None)["batchItemFailures"]]


def test_a_malformed_event_holds_back_no_other_and_goes_straight_to_the_dead_letters(
    jan: Account, wire: cloud.Wire, caplog: pytest.LogCaptureFixture
) -> None:
    first, last = sent(jan), sent(jan)
    secret = "zofia@tajne.example"
    malformed = [f"no JSON {secret}", json.dumps({"mail": secret}), json.dumps({"eventType": [secret]})]
    wire.clear()
    events = [ses_says.delivery(jan, first), *malformed, ses_says.delivery(jan, last)]
    assert handed_out(*events) == ["1", "2", "3"]
    assert [each.status for each in log.of_account(jan.account_id, limit=9)] == ["delivered"] * 2
    given_back = [call.body for call in wire.requests if call.operation == "ChangeMessageVisibility"]
    assert [each["VisibilityTimeout"] for each in given_back] == [0] * 3
    errors = [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]
    assert len(errors) == 3
    assert all("is malformed: no" in each for each in errors)
    assert secret not in caplog.text


def test_the_greeting_that_ses_sends_to_its_topic_is_no_dead_letter(wire: cloud.Wire) -> None:
    assert handed_out("Successfully validated SNS topic for Amazon SES event publishing.\n") == []
    assert wire.calls == []


def test_events_are_counted_by_what_they_moved_a_mail_to(
    jan: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    message = sent(jan)
    capsys.readouterr()
    handed_out(*[ses_says.bounce(jan, message)] * 2, ses_says.event("Open", jan, message))
    assert emf.counted(capsys.readouterr().out) == {("Feedback", "Status=bounced"): 1}
