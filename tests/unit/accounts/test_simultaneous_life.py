"""Two things that happen to an account, or two who want one login, at one moment (I3, I6): one wins."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from chalicelib.accounts import deletion, verification
from chalicelib.accounts.models import Account, Status
from chalicelib.accounts.tokens import Purpose
from chalicelib.errors import AccountNotFound
from tests.unit import cloud
from tests.unit.accounts.people import (
    ZOFIA,
    as_stored,
    change,
    confirm_link,
    delete,
    is_in,
    kinds_waiting,
    link_of_change,
    logged_in,
    pending,
    reset,
    reset_link,
    settled,
)
from tests.unit.accounts.rivals import at_once
from tests.unit.clients import PASSWORD, Answer, Customer

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("aws_in_memory", "quick_tables")]

# Threads come in any order: often enough for both.
ROUNDS = 10


def rounds() -> Iterator[tuple[Account, str]]:
    """A new customer in every round, and the login."""
    for number in range(ROUNDS):
        login = f"jan-{number}"
        yield settled(login, f"{login}@poczta.example"), login


def use(purpose: str, token: str) -> Answer:
    """Follow a link about a change of address."""
    return Customer().post(f"/v1/account/email/{purpose}", token=token)


def moving(account: Account) -> tuple[str, str]:
    """The links that confirm and undo a change of address for which the account waits."""
    change = pending(account, f"nowy.{account.email}")
    confirm = link_of_change(account, change, Purpose.CONFIRM_NEW_EMAIL, f"nowy.{account.email}")
    return confirm, link_of_change(account, change, Purpose.UNDO_EMAIL, account.email)


def recovering(account: Account) -> set[str]:
    """The addresses that recover an account."""
    rows = cloud.items("ADDRESSES_TABLE")
    return {row["address"]["S"] for row in rows if row["account_id"]["S"] == account.account_id}


# One login.


def register(number: int) -> Callable[[], Answer]:
    newcomer = Customer(ip=f"100.64.{number}.1")
    return partial(newcomer.register, f"Wolny-{number % 100}", f"{number}@poczta.example")


def change_login(number: int) -> Callable[[], Answer]:
    settled(f"kto-{number}", f"{number}@poczta.example")
    return partial(change, logged_in(f"kto-{number}"), login=f"wolny-{number % 100}")


@pytest.mark.parametrize("first", [register, change_login])
@pytest.mark.parametrize("second", [register, change_login])
def test_of_two_who_want_one_login_at_once_exactly_one_gets_it(
    first: Callable[[int], Callable[[], Answer]], second: Callable[[int], Callable[[], Answer]]
) -> None:
    for number in range(ROUNDS):
        answers = at_once(first(number), second(100 + number))
        [taken] = [answer for answer in answers if answer.status == 409]
        assert taken.code == "login_taken"
        [got] = [answer for answer in answers if answer is not taken]
        assert got.json["login"].lower() == f"wolny-{number}"
        holder = cloud.items("CREDENTIALS_TABLE")
        assert [row["account_id"]["S"] for row in holder if row["login_key"]["S"] == f"wolny-{number}"] == [
            got.json["account_id"]
        ]


def test_nobody_gets_a_login_in_the_moment_in_which_its_account_is_deleted() -> None:
    for _, login in rounds():
        jan, newcomer = logged_in(login), Customer()
        deleted, registered = at_once(partial(delete, jan), partial(newcomer.register, login.upper(), ZOFIA))
        assert (deleted.status, registered.code) == (204, "login_taken")


# One account.


def test_a_change_of_address_that_is_confirmed_and_undone_at_once_is_undone() -> None:
    for account, login in rounds():
        jan = logged_in(login)
        confirm, undo = moving(account)
        confirmed, undone = at_once(partial(use, "confirm", confirm), partial(use, "undo", undo))
        # Who was first is all the same: what was confirmed a moment before is taken back, too.
        assert confirmed.status in {204, 410}
        assert undone.status == 204
        assert recovering(account) == {account.email}
        stored = as_stored(account)
        assert stored.email == account.email
        assert stored.pending_email is None
        assert stored.confirmed_change is None
        assert not is_in(jan)
        assert Customer().log_in(login).status == 401


@pytest.mark.parametrize("purpose", ["confirm", "undo"])
def test_of_two_uses_of_a_link_about_an_address_at_once_exactly_one_wins(purpose: str) -> None:
    for account, _ in rounds():
        links = dict(zip(("confirm", "undo"), moving(account), strict=True))
        answers = at_once(*[partial(use, purpose, links[purpose])] * 2)
        assert sorted(answer.status for answer in answers) == [204, 410]


def test_of_a_reset_and_an_undo_at_once_exactly_one_wins() -> None:
    for account, login in rounds():
        link = reset_link(account)
        _, undo = moving(account)
        was_reset, undone = at_once(partial(reset, Customer(), link), partial(use, "undo", undo))
        assert sorted([was_reset.status, undone.status]) == [204, 410]
        assert as_stored(account).pending_email is None
        assert Customer().log_in(login).status == 401


def test_of_a_correction_and_a_confirmation_of_the_mistyped_address_at_once_exactly_one_wins() -> None:
    for number in range(ROUNDS):
        account = settled(f"jan-{number}", f"jna-{number}@poczta.example", confirmed=False)
        form = {"login": account.login, "password": PASSWORD, "email": f"jan-{number}@poczta.example"}
        corrected, confirmed = at_once(
            partial(Customer().post, "/v1/accounts/confirmation", **form),
            partial(Customer().post, "/v1/accounts/confirm", token=confirm_link(account)),
        )
        assert (corrected.status, confirmed.status) in {(202, 410), (409, 204)}
        assert recovering(account) == {as_stored(account).email}


# One account that is deleted.


def test_of_two_deletions_at_once_exactly_one_wins_and_one_mail_tells_of_it() -> None:
    for _, login in rounds():
        answers = at_once(*(partial(delete, logged_in(login)) for _ in range(2)))
        assert sorted(answer.status for answer in answers) == [204, 401]
    assert kinds_waiting() == ["account_deleted"] * ROUNDS


def test_of_the_owners_and_the_operators_deletion_at_once_exactly_one_wins() -> None:
    def operator_deletes(account: Account) -> bool:
        try:
            deletion.delete_account(account.account_id)
        except AccountNotFound:
            return False
        return True

    for account, login in rounds():
        answer, by_operator = at_once(partial(delete, logged_in(login)), partial(operator_deletes, account))
        assert isinstance(answer, Answer)
        assert (answer.status, by_operator) in {(204, False), (401, True)}
    assert kinds_waiting() == ["account_deleted"] * ROUNDS


def test_who_logs_in_while_the_account_is_deleted_is_out_at_the_latest_then() -> None:
    for _, login in rounds():
        jan, elsewhere = logged_in(login), Customer()
        deleted, logged = at_once(partial(delete, jan), partial(elsewhere.log_in, login))
        assert deleted.status == 204
        assert logged.status in {201, 401}
        assert elsewhere.token is None or not is_in(elsewhere)


def test_of_a_reset_and_a_deletion_with_the_old_password_at_once_exactly_one_wins() -> None:
    for account, login in rounds():
        thief, link = logged_in(login), reset_link(account)
        deleted, was_reset = at_once(partial(delete, thief), partial(reset, Customer(), link))
        assert (deleted.status, was_reset.status) in {(204, 410), (401, 204)}
        assert (as_stored(account).status == Status.DELETED) == (deleted.status == 204)


def test_an_address_that_is_confirmed_while_the_account_is_deleted_recovers_nothing() -> None:
    for account, login in rounds():
        confirm, _ = moving(account)
        deleted, confirmed = at_once(partial(delete, logged_in(login)), partial(use, "confirm", confirm))
        assert deleted.status == 204
        assert confirmed.status in {204, 410}
        assert recovering(account) == set()


def test_an_account_that_is_verified_while_it_is_deleted_has_no_telephone() -> None:
    def verify(account: Account) -> bool:
        try:
            verification.verify_account(account.account_id)
        except AccountNotFound:
            return False
        return True

    for number in range(ROUNDS):
        account = settled(f"jan-{number}", f"jan-{number}@poczta.example", status=Status.REGISTERED)
        at_once(partial(verify, account), partial(delete, logged_in(account.login)))
        assert as_stored(account).status == Status.DELETED
    held = [row for row in cloud.items("SIP_ACCOUNTS_TABLE") if "expires_at" not in row]
    assert held == []
