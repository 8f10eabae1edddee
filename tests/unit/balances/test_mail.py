"""What the mails about low balances say, and when they are not sent after all."""

import pytest

from chalicelib import storage
from chalicelib.accounts.models import Account, Status
from chalicelib.notifications.mail import Letter, render
from tests.unit import cloud
from tests.unit.accounts.people import JAN, bounced, logged_in, settled
from tests.unit.balances.billing import run, tell, told
from tests.unit.clients import PostOffice, links_in, text_of
from tests.unit.conftest import FrozenClock
from tests.unit.notifications.letters import (
    BALANCE_EXHAUSTED,
    LOW_BALANCE,
    OPERATOR,
    PANEL,
    Page,
    in_both_languages,
    in_english,
    in_language,
    use_settings,
    with_values,
)


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch) -> None:
    use_settings(monkeypatch, OPERATOR)


def both_parts(letter: Letter) -> list[str]:
    """The words of the text and of the HTML part, each in one line."""
    mail = render(letter)
    return [" ".join(mail.text.split()), Page(mail.html).words]


def test_a_low_balance_is_told_with_all_that_helps_to_decide(operator: None) -> None:
    assert render(LOW_BALANCE).subject == "Niski stan konta Głos Polski: 3,20 zł"
    for words in both_parts(LOW_BALANCE):
        assert "Stan konta: 3,20 zł Próg powiadomienia: 5,00 zł" in words
        assert "Stan z dnia: 22 listopada 2026 r. o godz. 10:05 (CET)" in words
        assert "środków wystarczy jeszcze na około 4 dni." in words
        assert "Aby doładować konto, prosimy zalogować się do panelu klienta" in words
        assert f"w zakładce „Dane”: {PANEL}/data" in words


def test_the_english_low_balance_says_the_same(operator: None) -> None:
    letter = in_english(LOW_BALANCE)
    assert render(letter).subject == "Your Głos Polski balance is low: PLN 3.20"
    for words in both_parts(letter):
        assert "Balance: PLN 3.20 Threshold: PLN 5.00" in words
        assert "As of: 22 November 2026 at 10:05 (CET)" in words
        assert "At the recent pace it lasts for about 4 more days." in words
        assert "To top up, please log in to the customer panel" in words
        assert f"in the Data tab: {PANEL}/data" in words


@pytest.mark.parametrize(
    ("days_left", "polish", "english"),
    [
        (0, "nie wystarczy nawet na jeden dzień.", "it does not last for another day."),
        (1, "na około 1 dzień.", "for about 1 more day."),
        (2, "na około 2 dni.", "for about 2 more days."),
        (12, "na około 12 dni.", "for about 12 more days."),
    ],
)
def test_how_long_it_lasts_is_told_in_days(operator: None, days_left: int, polish: str, english: str) -> None:
    letter = with_values(LOW_BALANCE, days_left=days_left)
    assert all(polish in words for words in both_parts(letter))
    assert all(english in words for words in both_parts(in_english(letter)))


@in_both_languages
def test_how_long_it_lasts_is_not_told_where_nobody_knows(operator: None, language: str) -> None:
    letter = with_values(in_language(LOW_BALANCE, language), days_left=None)
    assert not any("tempie" in words or "pace" in words for words in both_parts(letter))


def test_an_exhausted_balance_is_told_with_what_comes_next(operator: None) -> None:
    assert render(BALANCE_EXHAUSTED).subject == "Brak środków na koncie Głos Polski: -0,15 zł"
    for words in both_parts(BALANCE_EXHAUSTED):
        assert "Stan konta: -0,15 zł" in words
        assert "Jeżeli konto przez miesiąc pozostanie bez środków, zablokujemy usługi" in words
        assert "(5,00 zł)" in words
    for words in both_parts(in_english(BALANCE_EXHAUSTED)):
        assert "Balance: PLN -0.15" in words
        assert "stays without funds for a month, we will block its services" in words


@in_both_languages
def test_the_login_is_left_out_where_it_must_not_be_shown(operator: None, language: str) -> None:
    for letter in (LOW_BALANCE, BALANCE_EXHAUSTED):
        without = with_values(in_language(letter, language), login=None)
        assert not any("Login" in words for words in both_parts(without))


def test_the_mail_tells_the_balance_as_it_was_measured(
    post_office: PostOffice, frozen_clock: FrozenClock
) -> None:
    jan = settled()
    for balance in ("30.00", "20.00", "10.00"):
        tell(jan, balance)
        frozen_clock.advance(days=1)
    tell(jan, "4.99")
    frozen_clock.advance(minutes=9)
    run()
    [mail] = post_office.mails_to(JAN)
    text = text_of(mail)
    assert "Login: jan" in text
    assert "Stan konta: 4,99 zł" in text
    assert "Próg powiadomienia: 5,00 zł" in text
    assert "25 listopada 2026 r. o godz. 11:00" in text
    assert "nie wystarczy nawet na jeden dzień" in text
    assert links_in(mail)[:2] == ["https://panel.example", "https://panel.example/data"]


def test_the_mail_is_in_the_customers_language(post_office: PostOffice) -> None:
    jan = settled()
    storage.write(storage.update(jan, Account.language.set("en")))
    tell(jan, "0.00")
    run()
    [mail] = post_office.mails_to(JAN)
    assert "Balance: PLN 0.00" in text_of(mail)


def test_who_has_topped_up_before_the_mails_turn_came_gets_none(post_office: PostOffice) -> None:
    jan = settled()
    tell(jan, "4.99")
    run()
    tell(jan, "20.00")
    assert post_office.mails_to(JAN) == []
    assert cloud.items("OUTBOX_TABLE") == []
    assert told(jan) == []


def test_who_has_topped_up_a_little_gets_the_mail(post_office: PostOffice) -> None:
    jan = settled()
    tell(jan, "4.99")
    run()
    tell(jan, "5.50")
    assert len(post_office.mails_to(JAN)) == 1


@pytest.mark.parametrize("status", [Status.LOCKED, Status.DELETED])
def test_who_is_gone_before_the_mails_turn_came_gets_none(status: Status, post_office: PostOffice) -> None:
    jan = settled()
    tell(jan, "4.99")
    run()
    storage.write(storage.update(jan, Account.status.set(status)))
    assert post_office.mails_to(JAN) == []


def test_an_address_that_bounced_before_the_mails_turn_came_gets_none(post_office: PostOffice) -> None:
    jan = settled()
    tell(jan, "4.99")
    run()
    bounced(jan)
    assert post_office.mails_to(JAN) == []


def test_a_crossing_whose_mail_was_dropped_delays_none_that_follows(
    post_office: PostOffice, frozen_clock: FrozenClock
) -> None:
    jan = settled()
    tell(jan, "4.99")
    run()
    tell(jan, "20.00")
    assert post_office.mails_to(JAN) == []
    frozen_clock.advance(minutes=1)
    tell(jan, "4.00")
    run()
    [mail] = post_office.mails_to(JAN)
    assert "Stan konta: 4,00 zł" in text_of(mail)


def test_who_is_low_again_when_the_mails_turn_comes_gets_it(
    post_office: PostOffice, frozen_clock: FrozenClock
) -> None:
    jan = settled()
    tell(jan, "-1.00")
    run()
    for balance in ("20.00", "-2.00"):
        frozen_clock.advance(minutes=1)
        tell(jan, balance)
    assert len(post_office.mails_to(JAN)) == 1


def test_who_is_told_of_worse_or_has_switched_off_does_not_get_what_still_waits(
    post_office: PostOffice, frozen_clock: FrozenClock
) -> None:
    jan, zofia = settled(), settled("zofia", "zofia@poczta.example")
    tell(jan, "4.99")
    tell(zofia, "4.99")
    run()
    frozen_clock.advance(minutes=1)
    tell(jan, "-1.00")
    run()
    logged_in("zofia").patch("/v1/account", low_balance_notices=False)
    [mail] = post_office.mails_to(JAN)
    assert "Brak środków" in mail["Subject"]
    assert post_office.mails_to("zofia@poczta.example") == []
