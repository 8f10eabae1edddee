"""What tickets may cost: AWS calls on the warm path, counted on the wire (design, section 3)."""

from collections.abc import Iterator

from tests.unit import cloud
from tests.unit.accounts.people import JAN, ZOFIA, settled
from tests.unit.clients import Customer, PostOffice
from tests.unit.conftest import Asked


def ticket() -> None:
    form = {"contact_email": ZOFIA, "message": "Nie pamiętam hasła.", "login": "jan"}
    assert Customer().post("/v1/tickets", **form).status == 201


def delivered(asked: Asked, post_office: PostOffice) -> Iterator[list[str]]:
    """Deliver what waits, message by message; what each asked."""
    while cloud.items("OUTBOX_TABLE"):
        post_office.relay_all()
        asked_by_all = asked(post_office.deliver_queued)
        starts = [at for at, call in enumerate(asked_by_all) if call == "UpdateItem outbox_table"]
        yield from (asked_by_all[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True))


def test_a_ticket_costs_1_call(asked: Asked) -> None:
    assert asked(ticket) == ["TransactWriteItems throttles_table tickets_table outbox_table outbox_table"]


def test_mailing_a_ticket_costs_7_calls_and_its_acknowledgement_twice_4(
    asked: Asked, post_office: PostOffice
) -> None:
    settled("jan", JAN)
    settled("zofia", ZOFIA)
    ticket()
    to_staff = [
        "UpdateItem outbox_table",
        "GetItem tickets_table",
        "GetItem credentials_table",
        "Query addresses_table",
        "BatchGetItem accounts_table",
        "SendEmail",
        "TransactWriteItems notifications_table outbox_table",
    ]
    for_whom = [
        "UpdateItem outbox_table",
        "Query addresses_table",
        "BatchGetItem accounts_table addresses_table",
        "TransactWriteItems outbox_table throttles_table outbox_table",
    ]
    back = [
        "UpdateItem outbox_table",
        "BatchGetItem accounts_table addresses_table",
        "SendEmail",
        "TransactWriteItems notifications_table outbox_table addresses_table",
    ]
    *both, last = delivered(asked, post_office)
    assert sorted(both) == sorted([to_staff, for_whom])
    assert last == back


def test_an_acknowledgement_for_nobody_costs_3_calls(asked: Asked, post_office: PostOffice) -> None:
    ticket()
    for_nobody = ["UpdateItem outbox_table", "Query addresses_table", "DeleteItem outbox_table"]
    assert for_nobody in list(delivered(asked, post_office))
