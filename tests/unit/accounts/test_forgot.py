"""Asking for a reminder: who is told what, how often one may, and how much mail comes of it (R10, I8)."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from chalicelib import storage
from chalicelib.accounts import throttle
from chalicelib.settings import settings
from tests.unit import cloud
from tests.unit.accounts.people import JAN, ZOFIA, bounced, kinds_waiting, settled
from tests.unit.clients import Answer, Customer, PostOffice, tokens_in
from tests.unit.conftest import FrozenClock


@pytest.fixture(autouse=True)
def _aws(aws_in_memory: None) -> None:
    """Every test here has tables."""


def forgot(identifier: str, ip: str = "198.51.100.7", language: str = "pl") -> Answer:
    return Customer(ip=ip, language=language).post("/v1/password-resets", identifier=identifier)


def networks() -> Iterator[str]:
    """Addresses, each in a network of its own."""
    return (f"100.64.{number}.9" for number in range(256))


# What the one who asks is told.


@pytest.mark.parametrize("identifier", ["jan", "JAN", JAN, "Jan@Poczta.Example"])
def test_login_and_address_are_both_good_for_a_reminder(post_office: PostOffice, identifier: str) -> None:
    settled()
    answer = forgot(identifier)
    assert answer.status == 202
    assert "spam" in answer.json["message"]
    assert kinds_waiting() == ["reset_requested"]
    [mail] = post_office.mails_to(JAN)
    assert len(tokens_in(mail)) == 1


@pytest.mark.parametrize(
    ("language", "title", "advice"),
    [
        (
            "pl",
            "Użytkownik nie istnieje",
            "Sprawdź w swojej skrzynce pocztowej, na który adres przychodzą nasze powiadomienia, "
            "i wpisz adres używany ostatnio.",
        ),
        (
            "en",
            "User does not exist",
            "Look in your mailbox at which address our notifications arrive, and enter the one last used.",
        ),
    ],
)
@pytest.mark.parametrize("identifier", ["nobody@poczta.example", "nobody"])
def test_an_unknown_user_is_told_so_and_where_to_look(
    identifier: str, language: str, title: str, advice: str
) -> None:
    settled()
    answer = forgot(identifier, language=language)
    assert (answer.status, answer.code) == (404, "user_not_found")
    assert answer.json["title"] == title
    assert answer.json["detail"].startswith(advice)
    assert answer.headers["Content-Language"] == language
    assert kinds_waiting() == []


@pytest.mark.parametrize(("language", "advice"), [("pl", "Podaj login albo"), ("en", "Enter your login, or")])
def test_by_an_address_that_mail_comes_back_from_one_is_told_so_but_may_ask_by_login(
    post_office: PostOffice, language: str, advice: str
) -> None:
    bounced(settled())
    answer = forgot(JAN, language=language)
    assert (answer.status, answer.code) == (409, "address_unreachable")
    assert advice in answer.json["detail"]
    assert kinds_waiting() == []
    assert forgot("jan").status == 202
    assert len(post_office.mails_to(JAN)) == 1


def test_an_address_is_good_for_a_reminder_while_one_of_its_accounts_can_be_reached() -> None:
    bounced(settled())
    settled("zofia", JAN)
    assert forgot(JAN).status == 202


def test_asking_by_an_unreachable_address_is_counted_like_any_asking() -> None:
    bounced(settled())
    assert [forgot(JAN).status for _ in range(4)] == [409, 409, 409, 429]


def test_where_unknown_users_are_hidden_nobody_is_told_that_mail_to_an_address_comes_back(
    hide_unknown_users: None, post_office: PostOffice
) -> None:
    bounced(settled())
    answer = forgot(JAN)
    assert (answer.status, answer.text) == (202, forgot("nobody@poczta.example").text)
    assert len(post_office.mails_to(JAN)) == 1


@pytest.mark.parametrize("identifier", ["", "   ", "\u3000", "x" * 321])
def test_what_can_be_neither_login_nor_address_is_refused_and_not_counted(identifier: str) -> None:
    answer = forgot(identifier)
    assert (answer.status, answer.code) == (422, "invalid_identifier")
    assert cloud.items("THROTTLES_TABLE") == []


# How often one may ask.


def retry_after(answer: Answer) -> timedelta:
    assert (answer.status, answer.code) == (429, "too_many_attempts")
    return timedelta(seconds=int(answer.headers["Retry-After"]))


@pytest.mark.parametrize("identifier", ["jan", JAN, "nobody", "nobody@poczta.example"])
def test_three_times_an_hour_from_one_network_for_one_identifier(
    identifier: str, frozen_clock: FrozenClock
) -> None:
    settled()
    frozen_clock.advance(minutes=12, seconds=0.5)
    first = [forgot(identifier).status for _ in range(3)]
    assert set(first) <= {202, 404}
    before = cloud.items("OUTBOX_TABLE")
    rest = retry_after(forgot(identifier))
    assert rest == timedelta(minutes=48)
    assert retry_after(forgot(identifier.upper(), ip="198.51.100.250")) == rest
    assert cloud.items("OUTBOX_TABLE") == before
    frozen_clock.advance(seconds=rest.total_seconds())
    assert forgot(identifier).status == first[0]


def test_another_network_and_another_identifier_have_counts_of_their_own() -> None:
    settled()
    settled("zofia", ZOFIA)
    for _ in range(3):
        assert forgot("jan").status == 202
    assert retry_after(forgot("jan"))
    assert forgot("jan", ip="198.51.101.7").status == 202
    assert forgot("zofia").status == 202


def test_unknown_identifiers_are_counted_before_they_are_told_to_be_unknown() -> None:
    settled()
    for _ in range(3):
        assert forgot("nobody").status == 404
    assert retry_after(forgot("nobody"))


def test_twenty_times_an_hour_from_one_network_whatever_is_asked_for(frozen_clock: FrozenClock) -> None:
    settled()
    for number in range(19):
        assert forgot(f"guess{number}").status == 404
    assert forgot("jan").status == 202
    assert retry_after(forgot("jan")) == retry_after(forgot("guess19")) == timedelta(hours=1)
    assert forgot("jan", ip="198.51.101.7").status == 202
    frozen_clock.advance(hours=1)
    assert forgot("jan").status == 202


def test_a_refusal_is_not_counted_so_that_waiting_helps(frozen_clock: FrozenClock) -> None:
    settled()
    for _ in range(3):
        forgot("jan")
    before = cloud.items("THROTTLES_TABLE")
    for _ in range(5):
        assert retry_after(forgot("jan"))
    assert cloud.items("THROTTLES_TABLE") == before


# How much mail that can cause.


def test_the_sixth_mail_of_an_hour_is_dropped_by_name_and_the_answer_is_the_same(
    post_office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    settled()
    answers = []
    with caplog.at_level("INFO", "chalicelib"):
        for ip, number in zip(networks(), range(7), strict=False):
            answers.append(forgot("jan", ip=ip))
            post_office.deliver_all()
            assert ("recipient_mail_limit" in caplog.text) == (number > 4)
    assert len({(answer.status, answer.text) for answer in answers}) == 1
    assert answers[0].status == 202
    assert len(cloud.sent_mails()) == 5


def test_the_limit_counts_mail_to_the_address_whatever_caused_it(
    customer: Customer, post_office: PostOffice
) -> None:
    for number in range(3):
        assert customer.register(f"login{number}", JAN).status == 201
    for number, ip in zip(range(3), networks(), strict=False):
        assert forgot(f"login{number}", ip=ip).status == 202
    assert len(post_office.mails_to(JAN)) == 5


def test_no_other_mail_keeps_a_reminder_from_an_owner_for_longer_than_15_minutes(
    post_office: PostOffice, frozen_clock: FrozenClock
) -> None:
    settled("jan", JAN)
    arrived = 0
    for minute in range(60):
        with suppress(storage.ConditionFailed):
            storage.write(throttle.mail_to(JAN))  # whenever it can be had: tickets, confirmations
        if minute % 15 == 14:
            assert forgot("jan", ip=f"203.0.{minute}.7").status == 202
            arrived += 1
            assert len(post_office.mails_to(JAN)) == arrived
        frozen_clock.advance(minutes=1)


def test_of_two_recipients_the_one_who_has_had_enough_does_not_cost_the_other_the_mail(
    post_office: PostOffice,
) -> None:
    settled(JAN, ZOFIA)
    settled("jan", JAN)
    for _ in range(settings().mails_per_recipient_per_hour):
        storage.write(throttle.reset_mail_to(JAN))
    assert forgot(JAN).status == 202
    assert post_office.mails_to(JAN) == []
    assert len(post_office.mails_to(ZOFIA)) == 1


def test_whoever_asks_without_end_floods_no_mailbox_and_a_mail_is_always_to_be_had_within_15_minutes(
    quick_tables: None, frozen_clock: FrozenClock
) -> None:
    mailed_at: list[datetime] = [frozen_clock()]
    for _ in range(4 * 60):
        try:
            storage.write(throttle.mail_to(JAN))
        except storage.ConditionFailed:
            assert frozen_clock() - mailed_at[-1] < timedelta(minutes=15)
        else:
            mailed_at.append(frozen_clock())
        frozen_clock.advance(minutes=1)
    for hour in range(4):
        start = mailed_at[0] + timedelta(hours=hour)
        assert 5 <= sum(start <= each < start + timedelta(hours=1) for each in mailed_at[1:]) <= 8
