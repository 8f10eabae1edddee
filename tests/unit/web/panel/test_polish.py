"""The panel in Polish (R21): the words of the operator's help; plurals, dates and amounts."""

import pytest

from chalicelib.web.panel import words
from chalicelib.web.panel.language import texts
from tests.unit.accounts.people import JAN, NEW_PASSWORD, reset_link, settled
from tests.unit.balances.billing import tell
from tests.unit.browser import Browser
from tests.unit.clients import PASSWORD
from tests.unit.conftest import FrozenClock
from tests.unit.web.panel.visitors import mistakes, notice_on

pytestmark = pytest.mark.usefixtures("aws_in_memory")

POLISH = texts("pl")
LOG_IN, SEND = POLISH.gettext("Log in"), POLISH.gettext("Send me the message")


def inside() -> Browser:
    """Jan, logged in, whose account and browser are Polish."""
    browser = Browser()
    browser.send(browser.open("/login"), LOG_IN, login="jan", password=PASSWORD)
    return browser


def test_polish_is_what_a_browser_gets_that_asks_for_nothing_else() -> None:
    for language in ("pl", "pl-PL,pl;q=0.9,en;q=0.8", "de", ""):
        page = Browser(language=language).open("/login")
        assert '<html lang="pl">' in page.text
        assert page.header("Content-Language") == "pl"


def test_the_log_in_page_has_the_words_of_the_operators_help() -> None:
    page = Browser().open("/login")
    assert "Zapomniałeś hasła?" in page.words
    assert page.form(LOG_IN).fields.keys() >= {"login", "password"}


def test_an_unknown_user_is_told_so_with_the_advice_to_look_where_our_mail_arrives() -> None:
    browser = Browser()
    page = browser.send(browser.open("/forgot"), SEND, identifier="nobody@poczta.example")
    assert page.status == 404
    assert mistakes(page) == ["Użytkownik nie istnieje."]
    assert "na który adres przychodzą nasze powiadomienia" in page.words
    assert "Wyślij zgłoszenie" in page.words


def test_after_the_message_was_sent_one_is_told_to_look_in_every_folder() -> None:
    settled()
    browser = Browser()
    page = browser.send(browser.open("/forgot"), SEND, identifier="jan")
    assert "Link działa przez 60 minut" in page.words
    for folder in ("spam", "Społeczności", "Powiadomienia", "Oferty"):
        assert folder in page.words
    assert "wklej do paska adresu przeglądarki" in page.words


def test_the_reset_page_has_its_button_dalej() -> None:
    browser = Browser()
    page = browser.open("/reset", token=reset_link(settled()))
    assert "dla loginu jan" in page.words
    done = browser.send(page, "Dalej", password=NEW_PASSWORD, password_again=NEW_PASSWORD)
    assert (done.path, notice_on(done)) == ("/login", "Hasło zostało zmienione. Zaloguj się nowym hasłem.")


def test_the_data_tab_is_called_dane_and_writes_dates_and_amounts_the_polish_way() -> None:
    account = settled()
    tell(account, "1234.50")
    browser = inside()
    page = browser.open("/data")
    assert page.title == "Dane – Telefonia Przykład"
    assert JAN in page.words
    assert "22 listopada 2026 r. o godz. 11:00 (CET)" in page.words
    assert "5,00 zł" in page.words
    assert "1234,50 zł" in browser.open("/balance").words


@pytest.mark.parametrize(
    ("seconds", "polish", "english"),
    [
        (1, "1 sekundę", "1 second"),
        (2, "2 sekundy", "2 seconds"),
        (5, "5 sekund", "5 seconds"),
        (12, "12 sekund", "12 seconds"),
        (22, "22 sekundy", "22 seconds"),
        (60, "60 sekund", "60 seconds"),
        (61, "2 minuty", "2 minutes"),
        (120, "2 minuty", "2 minutes"),
        (121, "3 minuty", "3 minutes"),
        (5 * 60, "5 minut", "5 minutes"),
        (13 * 60, "13 minut", "13 minutes"),
        (22 * 60, "22 minuty", "22 minutes"),
        (59 * 60 + 1, "60 minut", "60 minutes"),
        (3600, "60 minut", "60 minutes"),
        (3601, "2 godziny", "2 hours"),
        (5 * 3600, "5 godzin", "5 hours"),
        (24 * 3600, "24 godziny", "24 hours"),
    ],
)
def test_how_long_to_wait_is_never_too_short_and_has_the_right_plural(
    seconds: int, polish: str, english: str
) -> None:
    assert words.wait(seconds, "pl") == f"Spróbuj ponownie za {polish}."
    assert words.wait(seconds, "en") == f"Try again in {english}."


def test_where_there_is_nothing_to_wait_for_nothing_is_said() -> None:
    assert words.wait(0, "pl") is None


@pytest.mark.parametrize(("minutes", "shown"), [(38, "22 minuty"), (55, "5 minut"), (59, "60 sekund")])
def test_a_page_says_how_long_to_wait(minutes: int, shown: str, frozen_clock: FrozenClock) -> None:
    settled()
    browser = Browser()
    for _ in range(4):
        page = browser.send(browser.open("/forgot"), SEND, identifier="jan")
    frozen_clock.advance(minutes=minutes)
    page = browser.send(browser.open("/forgot"), SEND, identifier="jan")
    assert page.status == 429
    [told] = mistakes(page)
    assert told.endswith(f"Spróbuj ponownie za {shown}.")


@pytest.mark.parametrize(("devices", "shown"), [(1, "1 urządzenie"), (2, "2 urządzenia"), (5, "5 urządzeń")])
def test_the_number_of_devices_has_the_right_plural(
    devices: int, shown: str, frozen_clock: FrozenClock
) -> None:
    settled()
    for _ in range(devices):
        browser = inside()
    assert f" {shown} " in browser.open("/data").words


@pytest.mark.parametrize("said", [words.KINDS, words.STATUSES, words.ACCOUNT_STATES, words._NOTICES])
def test_no_text_is_left_in_english(said: dict[str, str]) -> None:
    for text in said.values():
        assert POLISH.gettext(text) != text
        assert texts("en").gettext(text) == text
