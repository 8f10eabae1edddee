"""Having the SIP password replaced (R14): by who knows the panel's, at the price of a mail."""

import pytest

from chalicelib.accounts.models import Status
from tests.unit.accounts.asking import change
from tests.unit.accounts.devices import ask_for_password, registers, telephones, with_telephone
from tests.unit.accounts.people import (
    JAN,
    NEW_PASSWORD,
    everything_but_counters,
    kinds_waiting,
    logged_in,
    settled,
)
from tests.unit.clients import PASSWORD, PostOffice, text_of
from tests.unit.conftest import Asked, FrozenClock


@pytest.fixture(autouse=True)
def _aws(aws_in_memory: None, quick_tables: None) -> None:
    """Every test here has tables."""


def test_a_new_password_takes_the_place_of_the_old_one(post_office: PostOffice) -> None:
    _, old = with_telephone(post_office)
    answer = ask_for_password(logged_in())
    assert answer.status == 202
    assert registers(old)
    old_again, new = telephones(post_office)
    assert old_again == old
    assert new.number == old.number
    assert registers(new, "MD5")
    assert registers(new, "SHA-256")
    assert not registers(old, "MD5")
    assert not registers(old, "SHA-256")


def test_the_mail_of_a_replaced_password_says_so_and_from_where_it_was_asked_for(
    post_office: PostOffice,
) -> None:
    with_telephone(post_office)
    ask_for_password(logged_in(ip="203.0.113.9"))
    first, second = map(text_of, post_office.mails_to(JAN))
    assert "Poprzednie hasło już nie działa" in second
    assert "z sieci: 203.0.113.0/24" in second
    assert "Poprzednie hasło" not in first
    assert "z sieci" not in first


def test_asking_costs_at_most_4_calls(asked: Asked, post_office: PostOffice) -> None:
    with_telephone(post_office)
    jan = logged_in()
    assert asked(lambda: ask_for_password(jan)) == [
        "GetItem accounts_table",
        "UpdateItem throttles_table",
        "GetItem credentials_table",
        "TransactWriteItems accounts_table throttles_table sip_accounts_table outbox_table",
    ]


def test_a_blocked_customer_may_have_a_new_password_for_later(post_office: PostOffice) -> None:
    jan, _ = with_telephone(post_office)
    change(jan, status=Status.BLOCKED)
    assert ask_for_password(logged_in()).status == 202
    new = telephones(post_office)[-1]
    assert not registers(new)
    change(jan, status=Status.ACTIVE)
    assert registers(new)


def test_asked_for_twice_only_the_newer_mail_is_sent(post_office: PostOffice) -> None:
    with_telephone(post_office)
    jan = logged_in()
    assert [ask_for_password(jan).status, ask_for_password(jan).status] == [202, 202]
    assert kinds_waiting() == ["sip_credentials"] * 2
    _, new = telephones(post_office)
    assert registers(new)


@pytest.mark.parametrize("password", ["", NEW_PASSWORD, PASSWORD.swapcase()])
def test_a_stolen_session_is_not_enough(post_office: PostOffice, password: str) -> None:
    with_telephone(post_office)
    thief = logged_in()
    before = everything_but_counters()
    answer = ask_for_password(thief, password)
    assert (answer.status, answer.code) == (403, "wrong_password")
    assert answer.json["errors"] == [{"field": "current_password", "code": "wrong"}]
    assert everything_but_counters() == before


def test_the_current_password_may_be_guessed_at_as_often_as_in_the_data_tab(post_office: PostOffice) -> None:
    with_telephone(post_office)
    thief = logged_in()
    for number in range(10):
        assert thief.patch("/v1/account", login="janek", current_password=f"Guess-{number}").status == 403
        assert ask_for_password(thief, f"Guess-{number}").status == 403
    assert ask_for_password(thief).code == "too_many_attempts"
    assert ask_for_password(logged_in()).status == 202


@pytest.mark.parametrize("status", [Status.REGISTERED, Status.ACTIVE])
def test_without_a_sip_account_there_is_nothing_to_replace(status: Status) -> None:
    settled(status=status)
    answer = ask_for_password(logged_in())
    assert (answer.status, answer.code) == (403, "not_verified")
    assert kinds_waiting() == []


def test_an_imported_number_is_of_no_use_before_verification() -> None:
    change(settled(status=Status.REGISTERED), sip_number="222000111")
    assert ask_for_password(logged_in()).code == "not_verified"


def test_not_more_mails_to_one_address_than_strangers_may_cause(
    post_office: PostOffice, frozen_clock: FrozenClock
) -> None:
    with_telephone(post_office)
    jan = logged_in()
    assert [ask_for_password(jan).status for _ in range(5)] == [202] * 5
    before = everything_but_counters()
    answer = ask_for_password(jan)
    assert (answer.code, answer.headers["Retry-After"]) == ("too_many_attempts", "900")
    assert everything_but_counters() == before
    frozen_clock.advance(minutes=15)
    assert ask_for_password(jan).status == 202
