"""What staff's acts may cost: AWS calls on the warm path, counted on the wire (design, section 3)."""

from collections.abc import Callable

import pytest

from chalicelib.accounts.models import Account, Status
from chalicelib.accounts.verification import verify_account
from tests.unit.accounts.people import settled
from tests.unit.clients import Answer
from tests.unit.conftest import Asked
from tests.unit.notifications.messages import a_change
from tests.unit.ses_says import ses_suppresses
from tests.unit.staff import Staff

LINE = "PutLogEvents"
READ = "GetItem accounts_table"


@pytest.fixture
def costs(asked: Asked) -> Callable[[Callable[[Staff], Answer]], list[str]]:
    """What an act asks of AWS between its two lines in the audit log, whose stream is there already."""
    Staff().post("/operator/outbox")

    def costs(act: Callable[[Staff], Answer]) -> list[str]:
        answers: list[Answer] = []
        before, *calls, after = asked(lambda: answers.append(act(Staff())))
        assert (before, after) == (LINE, LINE)
        assert answers[0].status < 300
        return calls

    return costs


Costs = Callable[[Callable[[Staff], Answer]], list[str]]


def test_the_first_act_of_a_process_on_a_day_makes_its_stream(asked: Asked) -> None:
    jan = settled()
    calls = asked(lambda: Staff().act("end-sessions", jan))
    assert calls[:2] == ["CreateLogStream", LINE]
    assert calls.count("CreateLogStream") == 1


@pytest.mark.parametrize(
    ("act", "status", "written"),
    [
        ("block", Status.ACTIVE, "TransactWriteItems accounts_table outbox_table"),
        ("unblock", Status.BLOCKED, "UpdateItem accounts_table"),
        ("lock", Status.ACTIVE, "UpdateItem accounts_table"),
        ("end-sessions", Status.ACTIVE, "UpdateItem accounts_table"),
    ],
)
def test_a_change_of_state_costs_3_calls(costs: Costs, act: str, status: Status, written: str) -> None:
    jan = settled(status=status)
    assert costs(lambda ewa: ewa.act(act, jan)) == [READ, written, READ]


def test_sending_a_reset_costs_2_calls(costs: Costs) -> None:
    jan = settled()
    assert costs(lambda ewa: ewa.act("send-reset", jan)) == [READ, "PutItem outbox_table"]


def test_allowing_an_address_costs_3_calls(costs: Costs) -> None:
    jan = settled()
    with ses_suppresses():
        assert costs(lambda ewa: ewa.act("allow-address", jan)) == [
            READ,
            "DeleteSuppressedDestination",
            "TransactWriteItems accounts_table addresses_table",
        ]


def test_verifying_costs_3_calls(costs: Costs) -> None:
    jan = settled(status=Status.REGISTERED)
    assert costs(lambda ewa: ewa.act("verify", jan)) == [
        READ,
        "BatchGetItem sip_accounts_table",
        "TransactWriteItems accounts_table sip_accounts_table outbox_table",
    ]


def test_changing_an_address_costs_3_calls(costs: Costs) -> None:
    jan = settled()
    calls = costs(lambda ewa: ewa.act("set-address", jan, email="nowy@poczta.example", reason="ticket 8"))
    assert [call.split()[0] for call in calls] == ["GetItem", "TransactWriteItems", "GetItem"]


def test_deleting_costs_2_calls(costs: Costs) -> None:
    account = verified()
    assert costs(lambda ewa: ewa.act("delete", account, reason="asked by letter")) == [
        READ,
        "TransactWriteItems accounts_table credentials_table credentials_table addresses_table "
        "sip_accounts_table outbox_table",
    ]


def test_resending_costs_2_calls(costs: Costs) -> None:
    message = a_change(settled())
    assert costs(lambda ewa: ewa.post(f"/operator/outbox/{message.message_id}/resend")) == [
        "UpdateItem outbox_table",
        "SendMessageBatch",
    ]


def test_finding_one_account_costs_a_call_for_each_way_and_4_for_what_is_found(costs: Costs) -> None:
    account = verified()
    dossier = ["GetItem addresses_table", "Query notifications_table", "Query outbox_table"]
    assert costs(lambda ewa: ewa.post("/operator/accounts/find", account_id=account.account_id)) == [
        "BatchGetItem accounts_table", *dossier
    ]  # fmt: skip
    assert costs(lambda ewa: ewa.post("/operator/accounts/find", sip_number=account.sip_number)) == [
        "GetItem sip_accounts_table", "BatchGetItem accounts_table", *dossier
    ]  # fmt: skip


def test_a_registrars_question_costs_2_calls_and_no_line(asked: Asked) -> None:
    account = verified()
    assert asked(lambda: Staff().post(f"/operator/sip/{account.sip_number}")) == [
        "GetItem sip_accounts_table",
        READ,
    ]


def verified() -> Account:
    return verify_account(settled(status=Status.REGISTERED).account_id)
