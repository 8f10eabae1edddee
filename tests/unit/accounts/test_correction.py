"""A mistyped address before its confirmation: a new link, or another address, with login and password."""

import pytest

from tests.unit import cloud
from tests.unit.accounts.people import JAN, as_stored, confirm_link, kinds_waiting, reset, reset_link, settled
from tests.unit.clients import PASSWORD, Answer, Customer, PostOffice, confirmed, tokens_in
from tests.unit.conftest import FrozenClock

TYPO = "jan@pczta.example"


def again(customer: Customer, login: str = "jan", password: str = PASSWORD, **more: str) -> Answer:
    return customer.post("/v1/accounts/confirmation", login=login, password=password, **more)


def test_a_new_link_is_mailed_on_request(customer: Customer, post_office: PostOffice) -> None:
    customer.register("jan", JAN)
    post_office.deliver_all()
    assert again(customer).status == 202
    _, second = post_office.mails_to(JAN)
    [token] = tokens_in(second)
    assert customer.post("/v1/accounts/confirm", token=token).status == 204


def test_a_mistyped_address_is_corrected_and_recovers_nothing_from_then_on(
    customer: Customer, post_office: PostOffice
) -> None:
    customer.register("jan", TYPO)
    [mistyped] = tokens_in(post_office.mails_to(TYPO)[-1])
    assert again(customer, email=JAN).status == 202
    assert customer.post("/v1/accounts/confirm", token=mistyped).code == "link_expired"
    assert customer.post("/v1/password-resets", identifier=TYPO).code == "user_not_found"
    [token] = tokens_in(post_office.mails_to(JAN)[-1])
    assert customer.post("/v1/accounts/confirm", token=token).status == 204
    assert customer.post("/v1/password-resets", identifier=JAN).status == 202


def test_a_reset_link_mailed_to_the_mistyped_address_is_dead_after_the_correction(customer: Customer) -> None:
    link = reset_link(settled(email=TYPO, confirmed=False))
    again(customer, email=JAN)
    answer = customer.post("/v1/password-resets/complete", token=link, password="Czerwony-Tramwaj-8")
    assert answer.code == "link_expired"


def test_a_mail_to_the_mistyped_address_that_still_waits_is_dropped(
    customer: Customer, post_office: PostOffice
) -> None:
    customer.register("jan", TYPO)
    again(customer, email=JAN)
    post_office.deliver_all()
    assert [str(mail["To"]) for mail in cloud.sent_mails()] == [JAN]


def test_a_confirmed_address_is_not_corrected(customer: Customer, post_office: PostOffice) -> None:
    confirmed(post_office, customer, "jan", JAN)
    for answer in (again(customer), again(customer, email=TYPO)):
        assert answer.code == "already_confirmed"
    assert kinds_waiting() == []


@pytest.mark.parametrize(("login", "password"), [("jan", "Wrong-Password-1"), ("nobody", PASSWORD)])
def test_only_login_and_password_correct(customer: Customer, login: str, password: str) -> None:
    account = settled(email=TYPO, confirmed=False)
    assert again(customer, login, password, email=JAN).code == "invalid_credentials"
    assert as_stored(account).email == TYPO


def test_correcting_is_under_the_throttle_of_logging_in(customer: Customer) -> None:
    settled(confirmed=False)
    for _ in range(5):
        again(customer, password="Wrong-Password-1")
    assert again(customer).code == "too_many_attempts"
    assert customer.log_in("jan").code == "too_many_attempts"


def test_a_recipients_mail_limit_holds(customer: Customer, frozen_clock: FrozenClock) -> None:
    settled(confirmed=False)
    statuses = []
    for _ in range(6):
        statuses.append(again(customer).status)
        frozen_clock.advance(seconds=70)
    assert statuses == [202] * 5 + [429]


def test_a_malformed_address_is_refused(customer: Customer) -> None:
    settled(confirmed=False)
    assert again(customer, email="jan").code == "invalid_email"


def test_an_unconfirmed_registration_ends_after_30_days_however_often_it_asks(
    customer: Customer, frozen_clock: FrozenClock
) -> None:
    link_of = settled(confirmed=False)
    frozen_clock.advance(days=29)
    assert again(customer, email="nowy@poczta.example").status == 202
    link = confirm_link(link_of)
    frozen_clock.advance(days=1, hours=-1)
    assert customer.log_in("jan").status == 201
    frozen_clock.advance(hours=1)
    assert again(customer).code == "invalid_credentials"
    assert customer.post("/v1/accounts/confirm", token=link).code == "link_expired"
    assert customer.register("jan", JAN).status == 201


def test_a_password_changed_meanwhile_corrects_nothing(customer: Customer) -> None:
    account = settled(email=TYPO, confirmed=False)
    link = reset_link(account)
    reset_meanwhile: list[int] = []

    def reset_first(call: cloud.Call) -> None:
        if "addresses_table" in call.tables and call.writes and not reset_meanwhile:
            reset_meanwhile.append(0)
            reset_meanwhile[0] = reset(Customer(), link).status

    with cloud.before_calls(reset_first):
        answer = again(customer, email=JAN)
    assert reset_meanwhile == [204]
    assert answer.code == "already_confirmed"  # a reset by mail confirms the address, too
    assert as_stored(account).email == TYPO
