"""Changes in the "Dane" tab while something else happens to the account: all of a change, or nothing."""

import pytest

from chalicelib import storage
from chalicelib.accounts.models import Account, Credential, Status
from tests.unit import cloud
from tests.unit.accounts.people import (
    JAN,
    NEW_PASSWORD,
    ZOFIA,
    as_stored,
    change,
    confirm_link,
    kinds_waiting,
    logged_in,
    reset,
    reset_link,
    settled,
)
from tests.unit.clients import Answer, Customer

pytestmark = pytest.mark.usefixtures("aws_in_memory", "quick_tables")


def test_of_two_changes_at_once_one_wins_whole(customer: Customer) -> None:
    account = settled()
    here, elsewhere = logged_in(), logged_in()
    answers: list[Answer] = []

    def change_meanwhile(call: cloud.Call) -> None:
        if call.operation == "TransactWriteItems":
            answers.append(change(elsewhere, login="janusz", password=NEW_PASSWORD))

    with cloud.before_calls(change_meanwhile):
        answers.append(change(here, login="janek", language="en"))
    assert [answer.status for answer in answers] == [200, 403]
    assert customer.log_in("janusz", NEW_PASSWORD).status == 201
    assert storage.get(Credential, "janek") is None
    assert storage.get(Credential, "jan") is None
    stored = as_stored(account)
    assert (stored.login, stored.language, stored.password_version) == ("janusz", "pl", 2)
    assert kinds_waiting() == ["login_changed", "password_changed"]


def test_a_reset_by_mail_overtakes_a_change_under_way(customer: Customer) -> None:
    account = settled()
    thief, link = logged_in(), reset_link(account)

    def reset_meanwhile(call: cloud.Call) -> None:
        if call.operation == "TransactWriteItems":
            assert reset(customer, link).status == 204

    with cloud.before_calls(reset_meanwhile):
        answer = change(thief, password="Niebieski-Balon-9")
    assert answer.status in (401, 403)
    assert thief.get("/v1/account").code == "not_logged_in"
    assert customer.log_in("jan", NEW_PASSWORD).status == 201
    assert kinds_waiting() == ["password_changed"]


def test_a_session_ended_meanwhile_changes_nothing() -> None:
    settled()
    thief, owner = logged_in(), logged_in()

    def end_meanwhile(call: cloud.Call) -> None:
        if call.operation == "TransactWriteItems":
            assert owner.request("DELETE", "/v1/sessions").status == 204

    with cloud.before_calls(end_meanwhile):
        answer = change(thief, password=NEW_PASSWORD)
    assert (answer.status, answer.code) == (401, "not_logged_in")
    assert Customer().log_in("jan").status == 201
    assert kinds_waiting() == []


@pytest.mark.parametrize("changes", [{"login": JAN}, {"language": "en"}])
def test_an_account_locked_meanwhile_changes_nothing(changes: dict[str, str]) -> None:
    account = settled()
    jan = logged_in()

    def lock_meanwhile(call: cloud.Call) -> None:
        if call.writes and "throttles_table" not in call.tables:
            storage.write(storage.update(Account(account.account_id), Account.status.set(Status.LOCKED)))

    with cloud.before_calls(lock_meanwhile):
        answer = change(jan, **changes)
    assert (answer.status, answer.code) == (401, "not_logged_in")
    assert (as_stored(account).login, as_stored(account).language) == ("jan", "pl")


def test_an_address_replaced_meanwhile_does_not_become_the_login() -> None:
    account = settled()
    jan = logged_in()

    def replace_address_meanwhile(call: cloud.Call) -> None:
        if call.operation == "TransactWriteItems":
            storage.write(storage.update(Account(account.account_id), Account.email.set(ZOFIA)))

    with cloud.before_calls(replace_address_meanwhile):
        answer = change(jan, login=JAN)
    assert answer.status == 401
    assert storage.get(Credential, JAN) is None


def test_an_address_confirmed_meanwhile_keeps_the_login_for_good(customer: Customer) -> None:
    account = settled(confirmed=False)
    jan, link = logged_in(), confirm_link(account)
    confirmed = False

    def confirm_meanwhile(call: cloud.Call) -> None:
        nonlocal confirmed
        if call.operation == "TransactWriteItems" and not confirmed:
            confirmed = True
            assert customer.post("/v1/accounts/confirm", token=link).status == 204

    with cloud.before_calls(confirm_meanwhile):
        change(jan, login="janek")
    assert as_stored(account).expires_at is None
    credential = storage.get(Credential, as_stored(account).login)
    assert credential is not None
    assert credential.expires_at is None
