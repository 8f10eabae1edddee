"""Notices of other systems: exactly of the agreed form, taken once, the account's state with the message."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest

from app import take_notices
from chalicelib import storage
from chalicelib.accounts import deletion, lifecycle
from chalicelib.accounts.models import Account, Status
from chalicelib.accounts.notices import Repeated, Taken, Void, take_notice
from chalicelib.notifications import addresses, log
from chalicelib.notifications.batches import Malformed
from chalicelib.notifications.kinds import Kind, Lane
from chalicelib.notifications.models import OutboxMessage
from tests.unit import cloud, emf
from tests.unit.accounts.people import JAN, as_stored, kinds_waiting, settled
from tests.unit.clients import PostOffice
from tests.unit.conftest import FrozenClock

BILLING, CRM = "AROABILLING", "AROACRM"


@pytest.fixture
def jan(aws_in_memory: None) -> Account:
    return settled("jan", JAN)


def notice(account: Account, kind: str = "services_blocked", **more: Any) -> dict[str, Any]:
    """A notice as another system sends it."""
    return {"message_id": "17", "account_id": account.account_id, "kind": kind} | more


def topped_up(account: Account, **parameters: Any) -> dict[str, Any]:
    return notice(account, "topped_up", parameters={"amount": "12.50"} | parameters)


def in_words(account: Account, **more: Any) -> dict[str, Any]:
    return notice(account, "notice") | {"subject": "Prace serwisowe", "text": "W nocy."} | more


def waiting() -> list[OutboxMessage]:
    return [OutboxMessage.from_raw_data(item) for item in cloud.items("OUTBOX_TABLE")]


# Each kind.


@pytest.mark.parametrize(
    ("more", "parameters"),
    [
        (
            {"kind": "topped_up", "parameters": {"amount": "12.50"}},
            {"amount": "12.50", "balance": None, "invoice": None},
        ),
        (
            {
                "kind": "topped_up",
                "parameters": {"amount": "0.01", "balance": "-3.00", "invoice": "FV/2026/11/0042"},
            },
            {"amount": "0.01", "balance": "-3.00", "invoice": "FV/2026/11/0042"},
        ),
        ({"kind": "services_blocked"}, {}),
        ({"kind": "services_blocked", "parameters": {}}, {}),
        ({"kind": "contract_ended"}, {"login": "jan", "deleted_at": "2026-11-22T10:00:00+00:00"}),
        (
            {"kind": "notice", "subject": "Prace", "text": "W nocy.\n\nDobranoc."},
            {"subject": "Prace", "text": "W nocy.\n\nDobranoc."},
        ),
    ],
    ids=str,
)
def test_a_notice_waits_in_the_bulk_lane_in_the_language_of_its_customer(
    jan: Account, more: dict[str, Any], parameters: dict[str, Any]
) -> None:
    storage.write(storage.update(jan, Account.language.set("en")))
    body = {"message_id": "17", "account_id": jan.account_id} | more
    assert take_notice(body, BILLING) == Taken(Kind(more["kind"]))
    [message] = waiting()
    assert (message.kind, message.lane, message.account_id) == (more["kind"], Lane.BULK, jan.account_id)
    assert (message.language, message.parameters) == ("en", parameters)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("topped_up", "12,50"),
        ("services_blocked", "zablokowan"),
        ("contract_ended", "umow"),
        ("notice", "W nocy."),
    ],
)
def test_a_notice_arrives_as_a_mail(jan: Account, post_office: PostOffice, kind: str, said: str) -> None:
    bodies = {"topped_up": topped_up(jan), "notice": in_words(jan)}
    take_notice(bodies.get(kind, notice(jan, kind)), BILLING)
    [mail] = post_office.mails_to(JAN)
    part = mail.get_body(("plain",))
    assert part is not None
    assert said in part.get_content()
    [entry] = log.of_account(jan.account_id, limit=9)
    assert (entry.kind, entry.recipient) == (kind, JAN)


def test_a_notice_costs_two_calls(jan: Account, wire: cloud.Wire) -> None:
    wire.clear()
    take_notice(topped_up(jan), BILLING)
    assert list(map(str, wire.requests)) == [
        "GetItem accounts_table",
        "TransactWriteItems seen_table outbox_table",
    ]


# Services blocked.


@pytest.mark.parametrize("status", [each for each in Status if each is not Status.DELETED])
def test_only_an_active_account_is_blocked_by_the_notice(aws_in_memory: None, status: Status) -> None:
    jan = settled("jan", JAN, status=status)
    assert take_notice(notice(jan, "services_blocked"), BILLING) == Taken(Kind.SERVICES_BLOCKED)
    expected = Status.BLOCKED if status is Status.ACTIVE else status
    assert as_stored(jan).status == expected
    assert kinds_waiting() == ["services_blocked"]


@pytest.mark.parametrize("kind", ["topped_up", "notice"])
def test_no_other_notice_blocks(jan: Account, kind: str) -> None:
    bodies = {"topped_up": topped_up(jan), "notice": in_words(jan)}
    take_notice(bodies.get(kind, notice(jan, kind)), BILLING)
    assert as_stored(jan).status == Status.ACTIVE


def test_an_account_unblocked_since_is_not_blocked_by_a_repeat(jan: Account) -> None:
    take_notice(notice(jan, "services_blocked"), BILLING)
    storage.write(storage.update(jan, Account.status.set(Status.ACTIVE)))
    assert take_notice(notice(jan, "services_blocked"), BILLING) == Repeated()
    assert as_stored(jan).status == Status.ACTIVE


def test_a_customer_locked_at_the_same_moment_stays_locked(jan: Account) -> None:
    def locked(call: cloud.Call) -> None:
        if call.operation == "TransactWriteItems":
            storage.write(storage.update(jan, Account.status.set(Status.LOCKED)))

    with cloud.before_calls(locked):
        assert take_notice(notice(jan, "services_blocked"), BILLING) == Taken(Kind.SERVICES_BLOCKED)
    assert as_stored(jan).status == Status.LOCKED
    assert kinds_waiting() == ["services_blocked"]


def test_a_locked_account_is_blocked_when_it_is_unlocked(jan: Account) -> None:
    lifecycle.lock_account(jan.account_id)
    take_notice(notice(jan, "services_blocked"), BILLING)
    assert as_stored(jan).status == Status.LOCKED
    assert lifecycle.unlock_account(jan.account_id).status == Status.BLOCKED


# Contract ended.


def test_the_end_of_the_contract_deletes_the_account_and_is_told_once(
    jan: Account, post_office: PostOffice
) -> None:
    assert take_notice(notice(jan, "contract_ended"), BILLING) == Taken(Kind.CONTRACT_ENDED)
    assert as_stored(jan).status == Status.DELETED
    [mail] = post_office.mails_to(JAN)
    assert "jan" in str(mail)
    assert addresses.rows_of(JAN) == []


@pytest.mark.parametrize("kind", ["contract_ended", "services_blocked"])
def test_a_notice_about_a_deleted_account_is_void(jan: Account, kind: str) -> None:
    deletion.delete_account(jan.account_id)
    before = kinds_waiting()
    assert take_notice(notice(jan, kind), BILLING) == Void()
    assert kinds_waiting() == before


# The agreed form.

AMOUNTS = [
    "12", "12.5", "12.500", "12,50", " 12.50", "12.50 ", "12.50\n", "+12.50", "--1.00", ".50", "1e2",
    "1234567890.00", "NaN", "", "１２.５０", 12.5, 12, None, ["12.50"], {"value": "12.50"}, True,
]  # fmt: skip


@pytest.mark.parametrize("amount", AMOUNTS, ids=repr)
def test_an_amount_is_a_decimal_number_with_two_places(jan: Account, amount: Any) -> None:
    with pytest.raises(Malformed, match="amount"):
        take_notice(topped_up(jan, amount=amount), BILLING)
    assert cloud.items("OUTBOX_TABLE") == cloud.items("SEEN_TABLE") == []


@pytest.mark.parametrize("amount", ["0.00", "0.01", "123456789.99", "-12.50"])
def test_such_a_number_is_taken(jan: Account, amount: str) -> None:
    take_notice(topped_up(jan, amount=amount, balance=amount), BILLING)
    assert waiting()[0].parameters["balance"] == amount


LEFT_OUT = object()


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "unheard_of"},
        {"kind": "password_reset"},
        {"kind": "confirm_email"},
        {"kind": 7},
        {"kind": None},
        {"kind": LEFT_OUT},
        {"message_id": LEFT_OUT},
        {"message_id": ""},
        {"message_id": "x" * 129},
        {"message_id": 17},
        {"message_id": None},
        {"account_id": LEFT_OUT},
        {"account_id": ""},
        {"account_id": "nobody"},
        {"account_id": ["jan"]},
        {"parameters": None},
        {"parameters": []},
        {"parameters": "none"},
        {"parameters": {"login": "root"}},
        {"recipient": "zofia@poczta.example"},
        {"subject": ""},
        {"subject": "x" * 201},
        {"subject": 7},
        {"subject": LEFT_OUT},
        {"text": ""},
        {"text": "x" * 20_001},
        {"text": None},
        {"text": LEFT_OUT},
        {"text": "half of a pair: \ud800"},
        {"subject": "half of a pair: \udc00"},
        {"message_id": "half of a pair: \ud800"},
    ],
    ids=lambda change: ascii(
        {key: str(value)[:30] for key, value in change.items() if value is not LEFT_OUT} or change.keys()
    ),
)
def test_whatever_is_not_agreed_is_malformed_and_leaves_nothing(jan: Account, change: Any) -> None:
    changed = {name: value for name, value in (in_words(jan) | change).items() if value is not LEFT_OUT}
    with pytest.raises(Malformed):
        take_notice(changed, BILLING)
    assert cloud.items("OUTBOX_TABLE") == cloud.items("SEEN_TABLE") == []


@pytest.mark.parametrize("body", [None, [], "text", 7, [{"kind": "notice"}]], ids=repr)
def test_what_is_no_object_is_malformed(aws_in_memory: None, body: Any) -> None:
    with pytest.raises(Malformed):
        take_notice(body, BILLING)


@pytest.mark.parametrize("kind", ["topped_up", "services_blocked", "contract_ended"])
def test_only_a_free_notice_has_words_of_its_own(jan: Account, kind: str) -> None:
    body = topped_up(jan) | {"kind": kind, "subject": "Prace", "text": "W nocy."}
    if kind != "topped_up":
        del body["parameters"]
    with pytest.raises(Malformed):
        take_notice(body, BILLING)


def test_a_top_up_needs_its_amount(jan: Account) -> None:
    for body in (notice(jan, "topped_up"), notice(jan, "topped_up", parameters={"balance": "1.00"})):
        with pytest.raises(Malformed):
            take_notice(body, BILLING)


@pytest.mark.parametrize("breaking", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\x00"])
def test_no_subject_brings_a_header_into_the_mail(
    jan: Account, post_office: PostOffice, breaking: str
) -> None:
    subject = f"Prace{breaking}Bcc: zofia@poczta.example{breaking}{breaking}<b>tekst</b>"
    take_notice(in_words(jan, subject=subject), BILLING)
    [mail] = post_office.mails_to(JAN)
    assert mail["Bcc"] is None
    assert mail["To"] == JAN
    assert mail["Subject"].startswith("Prace")
    assert not set("\r\n\x0b\x0c\x85\u2028\u2029\x00") & set(mail["Subject"])


# Once.


def test_a_repeat_is_harmless_also_long_after_delivery(
    jan: Account, post_office: PostOffice, frozen_clock: FrozenClock
) -> None:
    assert isinstance(take_notice(notice(jan), BILLING), Taken)
    assert take_notice(notice(jan), BILLING) == Repeated()
    post_office.deliver_all()
    frozen_clock.advance(days=29, hours=23, minutes=59)
    assert take_notice(notice(jan), BILLING) == Repeated()
    assert waiting() == []
    assert len(cloud.sent_mails()) == 1


def test_after_thirty_days_the_id_may_be_used_again(jan: Account, frozen_clock: FrozenClock) -> None:
    take_notice(notice(jan), BILLING)
    [seen] = cloud.items("SEEN_TABLE")
    assert int(seen["expires_at"]["N"]) == (frozen_clock.time + timedelta(days=30)).timestamp()
    frozen_clock.advance(days=30)
    assert isinstance(take_notice(notice(jan), BILLING), Taken)
    assert len(waiting()) == 2


def test_the_id_counts_not_what_is_said(jan: Account) -> None:
    take_notice(notice(jan), BILLING)
    assert take_notice(topped_up(jan), BILLING) == Repeated()
    assert take_notice(topped_up(jan) | {"message_id": "18"}, BILLING) == Taken(Kind.TOPPED_UP)


def test_another_senders_same_id_is_another_message(jan: Account) -> None:
    take_notice(notice(jan), BILLING)
    assert take_notice(notice(jan), CRM) == Taken(Kind.SERVICES_BLOCKED)
    assert len(waiting()) == 2


def test_sender_and_id_cannot_be_mistaken_for_each_other(jan: Account) -> None:
    take_notice(notice(jan, message_id="17"), "A1")
    assert isinstance(take_notice(notice(jan, message_id="117"), "A"), Taken)


def test_of_two_at_once_exactly_one_is_taken(jan: Account) -> None:
    outcomes: list[Taken | Repeated | Void] = []

    def overtaken(call: cloud.Call) -> None:
        if call.operation == "TransactWriteItems":
            outcomes.append(take_notice(notice(jan, "services_blocked"), BILLING))

    with cloud.before_calls(overtaken):
        outcomes.append(take_notice(notice(jan, "services_blocked"), BILLING))
    assert outcomes == [Taken(Kind.SERVICES_BLOCKED), Repeated()]
    assert len(waiting()) == 1


def test_a_malformed_notice_may_be_sent_again_in_the_right_form(jan: Account) -> None:
    with pytest.raises(Malformed):
        take_notice(topped_up(jan, amount="12,50"), BILLING)
    assert take_notice(topped_up(jan), BILLING) == Taken(Kind.TOPPED_UP)


# Through the queue.


def handed_out(*bodies: Any, sender: str = f"{BILLING}:session-1") -> list[str]:
    """Hand out these notices in one batch; the numbers of those that the function wants again."""
    records = [
        {
            "messageId": str(number),
            "receiptHandle": f"handle-{number}",
            "body": body if isinstance(body, str) else json.dumps(body),
            "attributes": {"ApproximateReceiveCount": "1", "SenderId": sender},
            "eventSourceARN": f"arn:aws:sqs:{cloud.REGION}:{cloud.ACCOUNT}:notices",
        }
        for number, body in enumerate(bodies)
    ]
    answer = take_notices({"Records": records}, None)["batchItemFailures"]
    return [each["itemIdentifier"] for each in answer]


def test_one_bad_notice_in_a_batch_holds_back_no_other(
    jan: Account, wire: cloud.Wire, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "Zielony-Rower-7"
    bad = [f"no JSON {secret}", topped_up(jan, amount=secret), notice(jan, account_id=secret)]
    good = [notice(jan, message_id="1"), topped_up(jan) | {"message_id": "2"}]
    wire.clear()
    assert handed_out(good[0], *bad, good[1]) == ["1", "2", "3"]
    given_back = [call.body for call in wire.requests if call.operation == "ChangeMessageVisibility"]
    assert [each["VisibilityTimeout"] for each in given_back] == [0] * 3
    assert kinds_waiting() == ["services_blocked", "topped_up"]
    errors = [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]
    assert len(errors) == 3
    assert "not JSON" in errors[0]
    assert "$.parameters.amount" in errors[1]
    assert "unknown account" in errors[2]
    assert secret not in caplog.text


def test_a_sender_stays_the_same_in_its_next_session(jan: Account) -> None:
    handed_out(notice(jan), sender="AROABILLING:session-1")
    handed_out(notice(jan), sender="AROABILLING:session-2")
    assert len(waiting()) == 1
    handed_out(notice(jan), sender="AROACRM:session-1")
    assert len(waiting()) == 2


def test_a_failure_of_ours_gives_the_notice_back_and_the_next_time_it_is_taken(
    jan: Account, sleep_moves_the_clock: None
) -> None:
    refused = {"__type": "AccessDeniedException", "message": "no"}
    with cloud.faults(lambda operation: refused if operation == "TransactWriteItems" else None):
        assert handed_out(notice(jan)) == ["0"]
    assert waiting() == []
    assert handed_out(notice(jan)) == []
    assert len(waiting()) == 1


def test_notices_are_counted_by_what_became_of_them(jan: Account, capsys: pytest.CaptureFixture[str]) -> None:
    handed_out(notice(jan), notice(jan), topped_up(jan, amount="x"))
    assert emf.counted(capsys.readouterr().out) == {
        ("Notices", "Outcome=taken"): 1,
        ("Notices", "Outcome=repeated"): 1,
    }


def test_a_notice_to_a_deleted_account_is_dropped_at_delivery(
    aws_in_memory: None, post_office: PostOffice
) -> None:
    jan = settled("jan", JAN, status=Status.DELETED)
    take_notice(notice(jan), BILLING)
    assert post_office.mails_to(JAN) == []
    assert waiting() == []
