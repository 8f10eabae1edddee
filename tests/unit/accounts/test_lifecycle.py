"""What the operator does to an account: blocked, locked, helped."""

from collections.abc import Callable

import pytest

from chalicelib.accounts import lifecycle
from chalicelib.accounts.models import Account, Status
from chalicelib.errors import AccountNotFound, WrongStatus
from tests.unit.accounts.people import JAN, as_stored, is_in, kinds_waiting, logged_in, reset_link, settled
from tests.unit.clients import Customer, PostOffice, links_in

pytestmark = pytest.mark.usefixtures("aws_in_memory")

Act = Callable[[str], Account]


@pytest.mark.parametrize(
    ("act", "before", "after"),
    [
        (lifecycle.block_account, Status.ACTIVE, Status.BLOCKED),
        (lifecycle.unblock_account, Status.BLOCKED, Status.ACTIVE),
        (lifecycle.lock_account, Status.REGISTERED, Status.LOCKED),
        (lifecycle.lock_account, Status.ACTIVE, Status.LOCKED),
        (lifecycle.lock_account, Status.BLOCKED, Status.LOCKED),
    ],
)
def test_an_act_moves_the_status_and_may_be_repeated(act: Act, before: Status, after: Status) -> None:
    account = settled(status=before)
    assert act(account.account_id).status == after
    waiting = kinds_waiting()
    assert act(account.account_id).status == after
    assert as_stored(account).status == after
    assert kinds_waiting() == waiting


@pytest.mark.parametrize(
    ("act", "status"),
    [
        (lifecycle.block_account, Status.REGISTERED),
        (lifecycle.block_account, Status.LOCKED),
        (lifecycle.unblock_account, Status.REGISTERED),
        (lifecycle.unblock_account, Status.LOCKED),
        (lifecycle.send_reset, Status.LOCKED),
    ],
)
def test_an_act_that_the_status_does_not_allow_is_refused(act: Act, status: Status) -> None:
    account = settled(status=status)
    with pytest.raises(WrongStatus):
        act(account.account_id)
    assert as_stored(account).status == status
    assert kinds_waiting() == []


@pytest.mark.parametrize(
    "act",
    [
        lifecycle.block_account,
        lifecycle.unblock_account,
        lifecycle.lock_account,
        lifecycle.unlock_account,
        lifecycle.end_sessions,
        lifecycle.send_reset,
    ],
)
@pytest.mark.parametrize("deleted", [True, False])
def test_an_account_that_is_not_there_is_not_found(act: Act, deleted: bool) -> None:
    account_id = settled(status=Status.DELETED).account_id if deleted else "0" * 26
    with pytest.raises(AccountNotFound):
        act(account_id)


def test_a_blocked_customer_is_told_and_can_log_in(post_office: PostOffice) -> None:
    lifecycle.block_account(settled().account_id)
    assert len(post_office.mails_to(JAN)) == 1
    assert Customer().log_in("jan").status == 201


def test_a_locked_customer_cannot_get_in_by_any_way() -> None:
    account = settled()
    jan, link = logged_in(), reset_link(account)
    lifecycle.lock_account(account.account_id)
    assert not is_in(jan)
    assert Customer().log_in("jan").code == "invalid_credentials"
    assert Customer().post("/v1/password-resets/check", token=link).code == "link_expired"


@pytest.mark.parametrize("before", [Status.REGISTERED, Status.ACTIVE, Status.BLOCKED])
def test_unlocking_gives_back_what_was_before_and_no_old_session(before: Status) -> None:
    account = settled(status=before)
    jan = logged_in()
    lifecycle.lock_account(account.account_id)
    lifecycle.unlock_account(account.account_id)
    assert lifecycle.unlock_account(account.account_id).status == before
    assert not is_in(jan)
    assert Customer().log_in("jan").status == 201


def test_ending_sessions_leaves_the_password() -> None:
    account = settled()
    jan, elsewhere = logged_in(), logged_in()
    lifecycle.end_sessions(account.account_id)
    assert not is_in(jan)
    assert not is_in(elsewhere)
    assert Customer().log_in("jan").status == 201


def test_a_reset_sent_by_staff_goes_to_the_current_address(post_office: PostOffice) -> None:
    lifecycle.send_reset(settled().account_id)
    [mail] = post_office.mails_to(JAN)
    assert any("/reset?token=" in link for link in links_in(mail))
