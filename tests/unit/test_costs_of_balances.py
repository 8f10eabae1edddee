"""What balances and the notices about them may cost: AWS calls, counted on the wire (design, section 3)."""

from functools import partial

import pytest

from chalicelib.balances import rows
from tests.unit.accounts.people import logged_in, settled
from tests.unit.balances.billing import number_of, run, take, tell, update
from tests.unit.clients import PostOffice
from tests.unit.conftest import Asked

LOOK = ["Query balances_table"] * len(rows.SHARDS)
WHO_IS_DUE = "BatchGetItem accounts_table balances_table"
NOTICE = "TransactWriteItems balances_table outbox_table"


def test_a_balance_costs_a_read_and_a_write(asked: Asked) -> None:
    jan = settled()
    tell(jan, "20.00")
    assert asked(lambda: tell(jan, "19.00")) == ["BatchGetItem balances_table", "PutItem balances_table"]


def test_the_first_balance_of_a_customer_costs_one_call_more(asked: Asked) -> None:
    jan = settled()
    reads = ["BatchGetItem balances_table", "BatchGetItem accounts_table"]
    assert asked(lambda: tell(jan, "19.00")) == [*reads, "PutItem balances_table"]


def test_a_hundred_balances_in_one_message_cost_a_read_and_a_write_each(asked: Asked) -> None:
    customers = [settled(f"jan{number}", "jan@poczta.example") for number in range(100)]
    take([update(each, "20.00") for each in customers])
    messages = [update(each, "19.00") | {"as_of": "2026-11-22T10:00:01Z"} for each in customers]
    asks = asked(lambda: take(messages))
    assert asks == ["BatchGetItem balances_table", *["PutItem balances_table"] * 100]


def test_sip_numbers_cost_one_read_for_all(asked: Asked) -> None:
    jan, zofia = settled(), settled("zofia", "zofia@poczta.example")
    messages = [
        {key: value for key, value in update(each, "19.00").items() if key != "account_id"}
        | {"sip_number": number_of(each, f"60000000{number}")}
        for number, each in enumerate((jan, zofia))
    ]
    assert asked(lambda: take(messages)) == [
        "BatchGetItem sip_accounts_table",
        "BatchGetItem balances_table",
        "BatchGetItem accounts_table",
        *["PutItem balances_table"] * 2,
    ]


def test_a_run_with_nobody_to_tell_costs_a_look_at_each_part_of_the_index(asked: Asked) -> None:
    for number in range(20):
        tell(settled(f"jan{number}", "jan@poczta.example"), "20.00")
    assert asked(run) == LOOK


@pytest.mark.parametrize("others", [0, 30])
def test_a_notice_costs_one_call_and_a_share_of_the_reads_however_many_others_there_are(
    asked: Asked, others: int
) -> None:
    for number in range(others):
        tell(settled(f"zofia{number}", "zofia@poczta.example"), "20.00")
    tell(settled(), "4.99")
    assert sorted(asked(run)) == sorted([*LOOK, WHO_IS_DUE, NOTICE])


def test_fifty_customers_are_read_at_once(asked: Asked) -> None:
    for number in range(51):
        tell(settled(f"jan{number}", "jan@poczta.example"), "4.99")
    assert sorted(asked(run)) == sorted([*LOOK, *[WHO_IS_DUE] * 2, *[NOTICE] * 51])


def test_delivering_a_notice_costs_4_calls(asked: Asked, post_office: PostOffice) -> None:
    tell(settled(), "4.99")
    run()
    post_office.relay_all()
    assert asked(post_office.deliver_queued) == [
        "UpdateItem outbox_table",
        "BatchGetItem accounts_table balances_table",
        "SendEmail",
        "TransactWriteItems notifications_table outbox_table addresses_table",
    ]


def test_the_history_costs_1_call(asked: Asked) -> None:
    tell(settled(), "4.99")
    history = partial(logged_in().get, "/v1/account/balance-history")
    assert asked(history) == ["BatchGetItem accounts_table balances_table"]
