"""Registering (R1), and confirming the address."""

from collections.abc import Callable

import pytest

from chalicelib import storage
from chalicelib.accounts.models import Account, Credential
from tests.unit import cloud
from tests.unit.accounts.people import JAN, ZOFIA, as_stored, confirm_link, everything_but_counters, settled
from tests.unit.clients import PASSWORD, Answer, Customer, PostOffice, tokens_in
from tests.unit.conftest import FrozenClock

pytestmark = pytest.mark.usefixtures("aws_in_memory", "quick_tables")


def confirm(customer: Customer, token: str) -> Answer:
    return customer.post("/v1/accounts/confirm", token=token)


def owner_of(login_key: str) -> str:
    credential = storage.get(Credential, login_key)
    assert credential is not None
    return credential.account_id


def account_of(login_key: str) -> Account:
    account = storage.get(Account, owner_of(login_key))
    assert account is not None
    return account


def test_a_customer_registers_and_gets_a_link_to_confirm_the_address(
    customer: Customer, post_office: PostOffice
) -> None:
    answer = customer.register(" Jan ", "Jan@Poczta.example")
    assert answer.status == 201
    assert (answer.json["login"], answer.json["email"], answer.json["status"]) == (
        "Jan",
        "Jan@Poczta.example",
        "registered",
    )
    [mail] = post_office.mails_to("Jan@Poczta.example")
    assert "Jan" not in mail.as_string().replace("Jan@Poczta.example", "")
    [token] = tokens_in(mail)
    customer.log_in("jan")
    assert customer.get("/v1/account").json["email_confirmed"] is False
    assert confirm(customer, token).status == 204
    assert customer.get("/v1/account").json["email_confirmed"] is True
    assert confirm(customer, token).code == "link_expired"


@pytest.mark.parametrize(
    ("language", "accept", "kept"), [(None, "en", "en"), ("pl", "en", "pl"), (None, "de", "pl")]
)
def test_the_language_is_the_one_asked_for_or_the_browsers(
    language: str | None, accept: str, kept: str
) -> None:
    customer = Customer(language=accept)
    form = {"login": "jan", "email": JAN, "password": PASSWORD} | ({"language": language} if language else {})
    assert customer.post("/v1/accounts", **form).status == 201
    assert account_of("jan").language == kept


@pytest.mark.parametrize("login", ["jan", "JAN", "Jan ", "\uff4aan", "\U0001d423an"])
def test_a_login_that_somebody_has_is_taken_in_every_spelling(customer: Customer, login: str) -> None:
    jan = settled()
    before = everything_but_counters()
    answer = customer.register(login, ZOFIA)
    assert (answer.status, answer.code) == (409, "login_taken")
    assert everything_but_counters() == before
    assert owner_of("jan") == jan.account_id


def test_of_two_who_register_one_login_at_once_exactly_one_gets_it(customer: Customer) -> None:
    rival = Customer(ip="203.0.113.7")
    answers: list[Answer] = []

    def register_meanwhile(call: cloud.Call) -> None:
        if call.operation == "TransactWriteItems":
            answers.append(rival.register("JAN", ZOFIA))

    with cloud.before_calls(register_meanwhile):
        answers.append(customer.register("jan", JAN))
    assert [answer.status for answer in answers] == [201, 409]
    assert len(cloud.items("ACCOUNTS_TABLE")) == 1
    assert len(cloud.items("CREDENTIALS_TABLE")) == 1
    assert len(cloud.items("ADDRESSES_TABLE")) == 1
    assert [item["recipient"]["S"] for item in cloud.items("OUTBOX_TABLE")] == [ZOFIA]


@pytest.mark.parametrize("login", [JAN, "zofia@poczta.example", "Jan@Poczta.Example"])
def test_an_address_is_no_login_before_it_is_confirmed(customer: Customer, login: str) -> None:
    answer = customer.register(login, JAN)
    assert (answer.status, answer.code) == (422, "invalid_login")
    assert answer.json["errors"] == [{"field": "login", "code": "address_not_confirmed"}]


@pytest.mark.parametrize(
    ("login", "email", "password", "code"),
    [
        ("ja", JAN, PASSWORD, "invalid_login"),
        ("jan kowalski", JAN, PASSWORD, "invalid_login"),
        ("jan", "jan", PASSWORD, "invalid_email"),
        ("jan", "żółw@poczta.example", PASSWORD, "invalid_email"),
        ("jan", JAN, "zielony", "weak_password"),
        ("jan", JAN, "Zielony-Jan-7", "weak_password"),
        ("zielony", JAN, PASSWORD, "weak_password"),
        ("jan", "zielony@poczta.example", PASSWORD, "weak_password"),
    ],
)
def test_what_breaks_a_rule_is_refused_and_leaves_nothing(
    customer: Customer, login: str, email: str, password: str, code: str
) -> None:
    answer = customer.register(login, email, password)
    assert (answer.status, answer.code) == (422, code)
    assert answer.json["errors"]
    assert not any(everything_but_counters().values())


def test_an_unconfirmed_registration_ends_by_time_alone_and_its_login_is_free_again(
    customer: Customer, frozen_clock: FrozenClock, post_office: PostOffice
) -> None:
    customer.register("jan", JAN)
    former = owner_of("jan")
    frozen_clock.advance(days=30, seconds=-1)
    assert customer.register("jan", ZOFIA).status == 409
    frozen_clock.advance(seconds=1)
    assert customer.register("Jan", ZOFIA, "Czerwony-Tramwaj-8").status == 201
    assert owner_of("jan") != former
    assert customer.log_in("jan").status == 401
    assert customer.log_in("jan", "Czerwony-Tramwaj-8").status == 201
    [token] = tokens_in(post_office.mails_to(ZOFIA)[-1])
    assert confirm(customer, token).status == 204
    assert customer.post("/v1/password-resets", identifier=JAN).code == "user_not_found"


def test_a_confirmed_login_never_becomes_free(customer: Customer, frozen_clock: FrozenClock) -> None:
    jan = settled(confirmed=False)
    assert confirm(customer, confirm_link(jan)).status == 204
    frozen_clock.advance(days=400)
    assert customer.register("jan", ZOFIA).status == 409


def test_a_confirmation_link_works_for_a_day(customer: Customer, frozen_clock: FrozenClock) -> None:
    jan = settled(confirmed=False)
    link, late = confirm_link(jan), confirm_link(jan)
    frozen_clock.advance(hours=24, seconds=-1)
    assert confirm(customer, link).status == 204
    frozen_clock.advance(seconds=1)
    assert confirm(customer, late).code == "link_expired"


def test_a_confirmation_link_does_not_outlive_the_registration(
    customer: Customer, frozen_clock: FrozenClock, with_settings: Callable[..., None]
) -> None:
    with_settings(CONFIRM_LINK_HOURS="48", UNCONFIRMED_DAYS="1")
    jan = settled(confirmed=False)
    link = confirm_link(jan)
    frozen_clock.advance(days=1)
    assert confirm(customer, link).code == "link_expired"
    assert as_stored(jan).email_confirmed_at is None
    assert customer.register("jan", ZOFIA).status == 201


def test_a_second_confirmation_link_is_void_once_the_first_was_used(customer: Customer) -> None:
    jan = settled(confirmed=False)
    first, second = confirm_link(jan), confirm_link(jan)
    assert confirm(customer, second).status == 204
    confirmed_at = as_stored(jan).email_confirmed_at
    assert confirm(customer, first).code == "link_expired"
    assert as_stored(jan).email_confirmed_at == confirmed_at


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "ż" * 43, "\x00", "a" * 1024])
def test_an_unknown_confirmation_link_is_refused(customer: Customer, token: str) -> None:
    answer = confirm(customer, token)
    assert (answer.status, answer.code) == (410, "link_expired")


def test_of_two_confirmations_at_once_one_wins(customer: Customer) -> None:
    link = confirm_link(settled(confirmed=False))
    answers: list[int] = []

    def confirm_meanwhile(call: cloud.Call) -> None:
        if call.writes:
            answers.append(confirm(customer, link).status)

    with cloud.before_calls(confirm_meanwhile):
        answers.append(confirm(customer, link).status)
    assert answers == [204, 410]


def test_ten_registrations_an_hour_from_one_network(customer: Customer, frozen_clock: FrozenClock) -> None:
    frozen_clock.advance(minutes=40)
    for number in range(10):
        assert customer.register(f"login-{number}", f"jan{number}@poczta.example").status == 201
    answer = Customer(ip="198.51.100.99").register("login-10", "jan10@poczta.example")
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (429, "too_many_attempts", "1200")
    assert Customer(ip="203.0.113.7").register("login-11", "jan11@poczta.example").status == 201
    frozen_clock.advance(minutes=20)
    assert customer.register("login-12", "jan12@poczta.example").status == 201


def test_ten_accounts_on_one_address(customer: Customer) -> None:
    for number in range(10):
        settled(f"login-{number}", JAN, confirmed=number % 2 == 0)
    answer = customer.register("login-10", "Jan@Poczta.example")
    assert (answer.status, answer.code) == (429, "too_many_attempts")
    assert int(answer.headers["Retry-After"]) > 0
    assert customer.register("login-10", ZOFIA).status == 201


def test_expired_registrations_make_room_on_an_address(customer: Customer, frozen_clock: FrozenClock) -> None:
    for number in range(10):
        settled(f"login-{number}", JAN, confirmed=False)
    frozen_clock.advance(days=30)
    assert customer.register("login-10", JAN).status == 201


def test_when_the_address_has_had_its_mails_the_account_is_made_without_one(
    customer: Customer, post_office: PostOffice, frozen_clock: FrozenClock
) -> None:
    statuses = []
    for number in range(8):
        statuses.append(customer.register(f"login-{number}", JAN).status)
        frozen_clock.advance(seconds=1)
    assert statuses == [201] * 8
    assert len(post_office.mails_to(JAN)) == 5
    assert customer.log_in("login-7").status == 201


def test_the_mail_limit_of_an_address_does_not_tell_whether_a_login_is_taken(customer: Customer) -> None:
    for number in range(6):
        settled(f"login-{number}", f"a{number}@poczta.example")
    for number in range(6):
        assert customer.register(f"new-{number}", JAN).status == 201
    assert customer.register("login-1", JAN).code == "login_taken"
    assert customer.register("login-9", JAN).status == 201
