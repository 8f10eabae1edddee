"""What delivering may cost: AWS calls on the warm path, counted on the wire (design, section 3)."""

from collections.abc import Iterator

import pytest

from tests.unit import cloud
from tests.unit.accounts.people import JAN, change, logged_in, settled
from tests.unit.clients import Customer, PostOffice
from tests.unit.conftest import Asked


def delivered(asked: Asked, post_office: PostOffice) -> Iterator[list[str]]:
    """Deliver what waits, step by step; what each step asked."""
    while cloud.items("OUTBOX_TABLE"):
        post_office.relay_all()
        yield asked(post_office.deliver_queued)


def test_delivering_a_simple_message_costs_4_calls(asked: Asked, post_office: PostOffice) -> None:
    settled()
    assert change(logged_in("jan"), login="janek").status == 200
    assert list(delivered(asked, post_office)) == [
        [
            "UpdateItem outbox_table",
            "GetItem accounts_table",
            "SendEmail",
            "TransactWriteItems notifications_table outbox_table addresses_table",
        ]
    ]


def test_delivering_a_confirmation_costs_one_call_more_for_its_link(
    asked: Asked, post_office: PostOffice
) -> None:
    Customer().register("jan", JAN)
    assert list(delivered(asked, post_office)) == [
        [
            "UpdateItem outbox_table",
            "GetItem accounts_table",
            "PutItem tokens_table",
            "SendEmail",
            "TransactWriteItems notifications_table outbox_table addresses_table",
        ]
    ]


@pytest.mark.parametrize(("identifier", "accounts"), [("jan", 1), (JAN, 3)])
def test_resolving_a_reset_request_and_delivering_its_mail_cost_5_calls_each(
    asked: Asked, post_office: PostOffice, identifier: str, accounts: int
) -> None:
    for login in ("jan", "anna", "adam"):
        settled(login, JAN)
    assert Customer().post("/v1/password-resets", identifier=identifier).status == 202
    resolving, sending = delivered(asked, post_office)
    assert resolving == [
        "UpdateItem outbox_table",
        "GetItem credentials_table",
        "Query addresses_table",
        "BatchGetItem accounts_table",
        "TransactWriteItems outbox_table throttles_table outbox_table",
    ]
    mint = "PutItem tokens_table" if accounts == 1 else "TransactWriteItems" + " tokens_table" * accounts
    logged, told = " notifications_table" * accounts, " addresses_table" * accounts
    assert sending == [
        "UpdateItem outbox_table",
        "BatchGetItem accounts_table addresses_table",
        mint,
        "SendEmail",
        f"TransactWriteItems{logged} outbox_table{told}",
    ]


def test_a_message_delivered_again_costs_1_call(asked: Asked, post_office: PostOffice) -> None:
    Customer().register("jan", JAN)
    post_office.relay_all()
    post_office.relay_all()
    once, again = asked(post_office.deliver_queued), cloud.items("OUTBOX_TABLE")
    assert again == []
    assert once.count("UpdateItem outbox_table") == 2
    assert once.count("SendEmail") == 1
