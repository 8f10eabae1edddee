"""What a reset link does not survive: use, time, and every change that overtakes it (I3, I5)."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import storage
from chalicelib.accounts.models import Account, Credential, Status
from chalicelib.notifications.models import AddressRow
from chalicelib.settings import settings
from tests.unit import cloud
from tests.unit.accounts.asking import change, look, move, remind
from tests.unit.accounts.people import (
    JAN,
    NEW_PASSWORD,
    ZOFIA,
    confirm_link,
    logged_in,
    reset,
    reset_link,
    settled,
)
from tests.unit.clients import PASSWORD, Customer, PostOffice
from tests.unit.conftest import FrozenClock


def test_two_links_work_both_until_one_is_used_then_neither(
    customer: Customer, post_office: PostOffice, frozen_clock: FrozenClock
) -> None:
    settled()
    first = remind(customer, post_office)
    frozen_clock.advance(minutes=20)
    second = remind(customer, post_office)
    assert first != second
    assert [look(customer, token).status for token in (first, second)] == [200, 200]
    assert reset(customer, first).status == 204
    for token in (first, second):
        assert look(customer, token).code == "link_expired"
        assert reset(customer, token).code == "link_expired"


def test_a_link_ends_by_time_alone(customer: Customer, frozen_clock: FrozenClock) -> None:
    token = reset_link(settled())
    frozen_clock.advance(seconds=settings().reset_link_lifetime.total_seconds() - 1)
    assert look(customer, token).status == 200
    frozen_clock.advance(seconds=1)
    assert look(customer, token).code == "link_expired"
    assert reset(customer, token).code == "link_expired"
    assert len(cloud.items("TOKENS_TABLE")) == 1  # the table deletes it later


NEW_ADDRESS = "nowy@poczta.example"
Overtaking = Callable[[Account], Any]
OVERTAKEN: dict[str, Overtaking] = {
    "password changed by another link": lambda account: reset(Customer(), reset_link(account)),
    "password changed in the Data tab": lambda _: logged_in().patch(
        "/v1/account", password=NEW_PASSWORD, current_password=PASSWORD
    ),
    "login changed": lambda _: logged_in().patch("/v1/account", login="jan2", current_password=PASSWORD),
    "login left to somebody else": lambda _: (
        logged_in().patch("/v1/account", login="jan2", current_password=PASSWORD),
        settled("jan", ZOFIA),
    ),
    "address replaced": lambda account: move(account, NEW_ADDRESS),
    # What goes together; either one must do.
    "only the account's address replaced": lambda account: change(account, email=NEW_ADDRESS),
    "only the credential's version moved on": lambda _: storage.write(
        storage.update(Credential("jan"), Credential.password_version.set(2))
    ),
    "account locked": lambda account: change(account, status=Status.LOCKED),
    "account deleted": lambda account: change(account, status=Status.DELETED),
}


@pytest.mark.parametrize("overtaken", OVERTAKEN.values(), ids=OVERTAKEN)
@pytest.mark.parametrize("during", [False, True], ids=["before", "while it is used"])
def test_a_link_is_dead_when_something_overtook_it(
    customer: Customer, overtaken: Overtaking, *, during: bool
) -> None:
    account = settled()
    token = reset_link(account)
    turns = iter(range(1))

    def overtake(call: cloud.Call) -> None:
        if call.operation == "TransactWriteItems" and next(turns, None) is not None:
            overtaken(account)

    if during:
        with cloud.before_calls(overtake):
            answer = reset(customer, token, "Another-Passw0rd")
    else:
        overtaken(account)
        answer = reset(customer, token, "Another-Passw0rd")
    assert answer.code == "link_expired"
    assert look(customer, token).code == "link_expired"
    assert customer.log_in("jan", "Another-Passw0rd").status == 401


def test_a_link_mailed_to_an_address_that_recovers_the_account_no_more_sets_no_password(
    customer: Customer,
) -> None:
    account = settled()
    token = reset_link(account)
    storage.write(storage.delete(AddressRow(JAN, account.account_id)))
    assert reset(customer, token).code == "link_expired"
    assert cloud.items("ADDRESSES_TABLE") == []


def test_a_link_for_another_purpose_is_refused_and_stays(customer: Customer) -> None:
    account = settled(confirmed=False)
    to_confirm, to_reset = confirm_link(account), reset_link(account)
    assert look(customer, to_confirm).code == reset(customer, to_confirm).code == "link_expired"
    assert customer.post("/v1/accounts/confirm", token=to_reset).code == "link_expired"
    assert customer.post("/v1/accounts/confirm", token=to_confirm).status == 204
    assert look(customer, to_reset).status == 200


@pytest.mark.parametrize(
    "token", ["", "x", "A" * 43, "A" * 64, "A" * 1000, "żółw", "\0", "../..", "' OR 1=1"]
)
def test_an_invented_link_is_refused(customer: Customer, token: str) -> None:
    settled()
    for answer in (look(customer, token), reset(customer, token)):
        assert (answer.status, answer.code) == (410, "link_expired")


def test_the_hash_in_the_table_is_no_link(customer: Customer) -> None:
    reset_link(settled())
    [stored] = cloud.items("TOKENS_TABLE")
    assert look(customer, stored["token_hash"]["S"]).code == "link_expired"


def test_a_link_of_an_unconfirmed_account_ends_with_it(customer: Customer, frozen_clock: FrozenClock) -> None:
    account = settled(confirmed=False)
    frozen_clock.advance(days=settings().unconfirmed_days, minutes=-1)
    token = reset_link(account)
    assert look(customer, token).status == 200
    frozen_clock.advance(minutes=1)
    assert look(customer, token).code == reset(customer, token).code == "link_expired"
