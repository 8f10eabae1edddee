"""A customer pages through the log of messages: newest first, each once, whatever is added meanwhile."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock, storage
from chalicelib.accounts.models import Account
from chalicelib.notifications.models import Notification
from tests.unit.accounts.people import logged_in, settled
from tests.unit.clients import Answer, Customer
from tests.unit.conftest import FrozenClock

PATH = "/v1/account/notifications"


@pytest.fixture
def account(aws_in_memory: None) -> Account:
    return settled("jan")


@pytest.fixture
def jan(account: Account) -> Customer:
    return logged_in("jan")


def sent(account: Account, frozen_clock: FrozenClock, entries: int) -> list[str]:
    """Log as many messages, a minute apart; returns their ids, newest first."""
    made = [_entry(account, frozen_clock) for _ in range(entries)]
    storage.write(*map(storage.put, made))
    return [each.notification_id for each in reversed(made)]


def _entry(account: Account, frozen_clock: FrozenClock) -> Notification:
    frozen_clock.advance(minutes=1)
    return Notification(
        account_id=account.account_id,
        notification_id=clock.new_id(),
        kind="password_changed",
        recipient=account.email,
        language="pl",
        status="sent",
        sent_at=clock.now(),
        ses_message_id="0",
        account_ids=[account.account_id],
        expires_at=clock.now() + timedelta(days=1),
    )


def pages(customer: Customer, **query: str) -> Iterator[Any]:
    """The pages from the first to the last, each asked for with the cursor of the one before."""
    while True:
        page = customer.get(PATH, **query).json
        yield page
        if page["cursor"] is None:
            return
        query["cursor"] = page["cursor"]


def ids(page: Any) -> list[str]:
    return [each["id"] for each in page["notifications"]]


def test_a_log_with_nothing_in_it_is_one_empty_page(jan: Customer) -> None:
    assert jan.get(PATH).json == {"notifications": [], "cursor": None}


@pytest.mark.parametrize(("entries", "sizes"), [(1, [1]), (4, [4]), (5, [4, 1]), (8, [4, 4]), (9, [4, 4, 1])])
def test_every_entry_is_on_one_page_newest_first(
    entries: int, sizes: list[int], account: Account, jan: Customer, frozen_clock: FrozenClock
) -> None:
    expected = sent(account, frozen_clock, entries)
    found = list(pages(jan, limit="4"))
    assert [len(page["notifications"]) for page in found] == sizes
    assert [each for page in found for each in ids(page)] == expected


def test_a_page_has_25_entries_unless_another_number_is_asked_for(
    account: Account, jan: Customer, frozen_clock: FrozenClock
) -> None:
    expected = sent(account, frozen_clock, 100)
    assert ids(jan.get(PATH).json) == expected[:25]
    assert ids(jan.get(PATH, limit="1").json) == expected[:1]
    assert ids(jan.get(PATH, limit="100").json) == expected


def test_entries_added_while_paging_move_nothing(
    account: Account, jan: Customer, frozen_clock: FrozenClock
) -> None:
    expected = sent(account, frozen_clock, 5)
    first = jan.get(PATH, limit="2").json
    sent(account, frozen_clock, 3)
    second = jan.get(PATH, limit="2", cursor=first["cursor"]).json
    third = jan.get(PATH, limit="2", cursor=second["cursor"]).json
    assert ids(first) + ids(second) + ids(third) == expected
    assert third["cursor"] is None


def test_an_entry_tells_what_was_sent_where_and_when(
    account: Account, jan: Customer, frozen_clock: FrozenClock
) -> None:
    [newest] = sent(account, frozen_clock, 1)
    [entry] = jan.get(PATH).json["notifications"]
    assert entry == {
        "id": newest,
        "kind": "password_changed",
        "recipient": "jan@poczta.example",
        "sent_at": "2026-11-22T10:01:00Z",
        "status": "sent",
    }


def test_nobody_sees_the_log_of_another(account: Account, jan: Customer, frozen_clock: FrozenClock) -> None:
    zofia = settled("zofia", "zofia@poczta.example")
    of_zofia = sent(zofia, frozen_clock, 2)
    assert ids(jan.get(PATH).json) == []
    assert ids(jan.get(PATH, cursor=of_zofia[0]).json) == []
    assert ids(logged_in("zofia").get(PATH, cursor=of_zofia[0]).json) == of_zofia[1:]


def assert_refused_by_name(answer: Answer, field: str) -> None:
    assert (answer.status, answer.code) == (400, "malformed_query")
    assert answer.json["errors"] == [{"field": field, "code": "invalid"}]


def test_a_limit_that_is_none_is_refused_by_name(jan: Customer) -> None:
    for limit in ("0", "101", "-1", "", " 5", "5 ", "1.0", "1e1", "x", "٣", "²", "+5", "9" * 5000):
        assert_refused_by_name(jan.get(PATH, limit=limit), "limit")


def test_a_cursor_that_we_did_not_give_is_refused_by_name(jan: Customer) -> None:
    of_right_length = ("0" * 25 + last for last in ("ż", "٣", "'", "\0", "\n", "-"))
    for cursor in ("", "x", "0" * 25, "0" * 27, "x" * 9000, *of_right_length):
        assert_refused_by_name(jan.get(PATH, cursor=cursor), "cursor")


def test_an_invented_cursor_of_the_right_shape_is_a_place_in_time(
    account: Account, jan: Customer, frozen_clock: FrozenClock
) -> None:
    expected = sent(account, frozen_clock, 2)
    assert ids(jan.get(PATH, cursor="7" + "Z" * 25).json) == expected
    assert ids(jan.get(PATH, cursor="0" * 26).json) == []
