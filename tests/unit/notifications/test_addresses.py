"""Which accounts an address recovers, and what its row knows of the last mail (R6, I5, I9)."""

from datetime import timedelta

import pytest

from chalicelib import clock, storage
from chalicelib.notifications import addresses
from chalicelib.notifications.models import AddressRow
from tests.unit import cloud
from tests.unit.conftest import FrozenClock

JAN = "jan@poczta.example"


@pytest.fixture(autouse=True)
def _aws(aws_in_memory: None) -> None:
    """Every test here has tables."""


def rows(*account_ids: str, days_left: float | None = None) -> None:
    expires_at = None if days_left is None else clock.now() + timedelta(days=days_left)
    for account_id in account_ids:
        storage.write(storage.put(AddressRow(JAN, account_id, expires_at=expires_at)))


def found(address: str = JAN) -> list[str]:
    return sorted(row.account_id for row in addresses.rows_of(address))


def test_an_address_recovers_the_accounts_it_has_rows_of_in_one_call(wire: cloud.Wire) -> None:
    rows("jan", "zofia")
    wire.clear()
    assert found() == ["jan", "zofia"]
    assert wire.calls == ["Query"]
    assert found("nobody@poczta.example") == []


@pytest.mark.parametrize("typed", ["Jan@Poczta.Example", " jan@poczta.example ", "ｊａｎ@poczta.example"])
def test_an_address_is_found_however_it_is_typed(typed: str) -> None:
    rows("jan")
    assert found(typed) == ["jan"]


@pytest.mark.parametrize("typed", ["@", "jan", "jan@", "@poczta.example", "jan@@poczta.example", "\ud800"])
def test_what_is_no_address_recovers_nothing(typed: str) -> None:
    rows("jan")
    assert found(typed) == []


def test_a_row_ends_on_time_though_the_table_deletes_late(frozen_clock: FrozenClock) -> None:
    rows("jan", days_left=30)
    frozen_clock.advance(days=30, seconds=-1)
    assert found() == ["jan"]
    frozen_clock.advance(seconds=1)
    assert found() == []
    assert len(cloud.items("ADDRESSES_TABLE")) == 1


def test_an_address_that_bounced_recovers_all_the_same() -> None:
    # Recovery mail asked for by hand is sent there: the mailbox may have been put in order since.
    storage.write(storage.put(AddressRow(JAN, "jan", unreachable="bounced")))
    assert found() == ["jan"]


def test_rows_that_have_ended_hide_no_living_one() -> None:
    # Strangers may register with somebody's address again and again, and the table deletes late.
    rows("0-owner")
    rows(*(f"1-stranger-{number:02}" for number in range(45)), days_left=-1)
    assert found() == ["0-owner"]
    rows(*(f"2-stranger-{number}" for number in range(9)), days_left=1)
    assert found()[0] == "0-owner"
    assert len(found()) == addresses.MOST_ACCOUNTS
