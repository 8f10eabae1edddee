"""What mails about an account's life say: its address changed, it was deleted; and tickets."""

import re

import pytest

from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.mail import Letter, render
from tests.unit.notifications.letters import (
    ACCOUNT_DELETED,
    CONFIRM_NEW_EMAIL,
    EMAIL_CHANGE_ASKED,
    EMAIL_CHANGED,
    EMAIL_REPLACED,
    OPERATOR,
    TICKET,
    TICKET_ID,
    TICKET_RECEIVED,
    UNDO_LINK,
    Page,
    in_both_languages,
    in_english,
    in_language,
    use_settings,
    with_values,
)

WHEN = {"pl": "22 listopada 2026 r. o godz. 10:05 (CET)", "en": "22 November 2026 at 10:05 (CET)"}


@pytest.fixture(autouse=True)
def operator(monkeypatch: pytest.MonkeyPatch) -> None:
    use_settings(monkeypatch, OPERATOR)


def both_parts(letter: Letter) -> list[str]:
    """The words of the text and of the HTML part, each in one line."""
    mail = render(letter)
    return [" ".join(mail.text.split()), Page(mail.html).words]


def lines_above_the_signature(letter: Letter) -> list[str]:
    return render(letter).text.partition("\n-- \n")[0].rstrip("\n").split("\n")


@pytest.mark.parametrize("letter", [EMAIL_CHANGE_ASKED, EMAIL_REPLACED, EMAIL_CHANGED, ACCOUNT_DELETED])
@in_both_languages
def test_a_login_that_may_not_be_shown_is_left_out(letter: Letter, language: str) -> None:
    shown, hidden = (
        both_parts(in_language(letter, language)),
        both_parts(in_language(with_values(letter, login=None), language)),
    )
    assert all("Login: jan.kowalski" in words for words in shown)
    assert not any(re.search("jan.kowalski|Login:|None", words) for words in hidden)


def test_a_new_address_is_told_that_the_old_one_stays_until_it_is_confirmed() -> None:
    for words in both_parts(CONFIRM_NEW_EMAIL):
        assert "podano jako nowy adres konta" in words
        assert "Link działa jeden raz, przez 24 godziny od" in words
        assert "Dopóki ten adres nie zostanie potwierdzony, obowiązuje dotychczasowy" in words
        assert "bez potwierdzenia nic się nie zmieni" in words
    for words in both_parts(in_english(CONFIRM_NEW_EMAIL)):
        assert "was given as the new address of an account" in words
        assert "The link works once, for 24 hours after" in words
        assert "Until this address is confirmed, the previous one stays in force" in words
        assert "unless it is confirmed, nothing changes" in words


def test_the_address_in_force_is_warned_before_anything_changes() -> None:
    for words in both_parts(EMAIL_CHANGE_ASKED):
        assert "Na razie nic się nie zmieniło" in words
        assert f"Nowy adres: n•••@example.com Prośbę złożono: {WHEN['pl']}" in words
        assert "Z sieci: 203.0.113.0/24" in words
        assert "Zatrzyma to zmianę adresu i wyloguje wszystkie urządzenia" in words
        assert "trzeba będzie ustawić nowe hasło" in words
        assert "przez 72 godziny od" in words


def test_the_english_warning_says_the_same() -> None:
    for words in both_parts(in_english(EMAIL_CHANGE_ASKED)):
        assert "Nothing has changed yet" in words
        assert f"New address: n•••@example.com Requested: {WHEN['en']}" in words
        assert "From the network: 203.0.113.0/24" in words
        assert "stops the change and logs out all devices" in words
        assert "you will be asked to set a new password" in words
        assert "for 72 hours after" in words


def test_the_replaced_address_is_told_how_to_take_the_change_back() -> None:
    for words in both_parts(EMAIL_REPLACED):
        assert "został zmieniony na inny" in words
        assert f"Nowy adres: n•••@example.com Zmieniono: {WHEN['pl']}" in words
        assert "Przywróci to ten adres i wyloguje wszystkie urządzenia" in words
        assert "przez 72 godziny od" in words
    for words in both_parts(in_english(EMAIL_REPLACED)):
        assert "was changed to another one" in words
        assert f"New address: n•••@example.com Changed: {WHEN['en']}" in words
        assert "brings this address back and logs out all devices" in words
        assert "for 72 hours after" in words


@pytest.mark.parametrize("letter", [EMAIL_CHANGE_ASKED, EMAIL_REPLACED], ids=lambda letter: letter.kind)
@in_both_languages
def test_a_warning_has_its_link_as_a_button_and_to_copy(letter: Letter, language: str) -> None:
    letter = in_language(letter, language)
    assert UNDO_LINK in lines_above_the_signature(letter)
    page = Page(render(letter).html)
    assert page.targets[0] == UNDO_LINK
    assert UNDO_LINK in page.text
    how_to_copy = {
        "pl": "wkleić go w pasek adresu przeglądarki",
        "en": "paste it into your browser's address bar",
    }
    assert all(how_to_copy[language] in words for words in both_parts(letter))


def test_the_new_address_is_told_that_it_counts_now() -> None:
    for words in both_parts(EMAIL_CHANGED):
        assert "jest teraz adresem konta w panelu klienta Głos Polski" in words
        assert f"Login: jan.kowalski Zmieniono: {WHEN['pl']}" in words
    for words in both_parts(in_english(EMAIL_CHANGED)):
        assert "is now the address of an account in the customer panel of Głos Polski" in words
        assert f"Login: jan.kowalski Changed: {WHEN['en']}" in words


@in_both_languages
def test_who_logs_in_with_the_old_address_is_told_that_it_stays_the_login(language: str) -> None:
    told = {"pl": "Loginem pozostaje poprzedni adres", "en": "The previous e-mail address stays your login"}
    where = {"pl": "w zakładce „Dane”", "en": "in the Data tab"}
    letter = in_language(EMAIL_CHANGED, language)
    for words in both_parts(letter):
        assert told[language] in words
        assert where[language] in words
    for words in both_parts(with_values(letter, login_is_old_address=False)):
        assert told[language] not in words


@in_both_languages
def test_a_deletion_is_told_with_what_is_gone_and_what_is_kept_how_long(language: str) -> None:
    said = {
        "pl": [
            f"Usunięto: {WHEN['pl']}",
            "nie można się na nie zalogować ani przypomnieć",
            "usuniemy po upływie 30 dni",
            "zajęty przez 90 dni",
        ],
        "en": [
            f"Deleted: {WHEN['en']}",
            "neither logging in nor a reminder",
            "erase the personal data of this account after 30 days",
            "taken for 90 days",
        ],
    }
    for words in both_parts(in_language(ACCOUNT_DELETED, language)):
        assert [each for each in said[language] if each not in words] == []


def test_a_single_day_is_one() -> None:
    one_day = with_values(ACCOUNT_DELETED, erased_after_days=1, login_reserved_days=1)
    words, _ = both_parts(one_day)
    assert "po upływie 1 dnia" in words
    assert "zajęty przez 1 dzień" in words
    words, _ = both_parts(in_english(one_day))
    assert "after 1 day." in words
    assert "taken for 1 day:" in words


# Tickets.


def test_staff_read_a_ticket_as_it_was_written_after_what_is_known_of_its_writer() -> None:
    assert render(TICKET).subject == f"Zgłoszenie {TICKET_ID} do Głos Polski"
    assert lines_above_the_signature(TICKET) == [
        f"Zgłoszenie: {TICKET_ID}",
        "Adres podany do kontaktu: zofia@example.pl",
        "Podany login: zofia.nowak",
        "",
        "Adresu ani loginu nikt nie sprawdził: każdy mógł je wpisać.",
        "",
        "Konto: 01JD9Z3V5T8Q4W7X2Y6K0M1N3R",
        "Login: zofia",
        "Stan: active",
        "Zgadza się: adres",
        "",
        "Dalej następuje treść zgłoszenia.",
        "",
        "Dzień dobry,",
        "",
        "nie pamiętam loginu.",
        "Mój numer to 600 000 001.",
        "",
        "Zofia",
    ]


def test_paragraphs_and_lines_of_a_ticket_are_kept_in_html() -> None:
    html = render(TICKET).html
    assert "<p>\nDzień dobry,\n</p>\n" in html
    assert "<p>\nnie pamiętam loginu.\n<br>\nMój numer to 600 000 001.\n</p>\n<p>\nZofia\n</p>" in html


@in_both_languages
def test_a_ticket_says_to_whom_a_reply_goes(language: str) -> None:
    text = render(in_language(TICKET, language)).text
    assert text.partition("\n-- \n")[2].rstrip().endswith("\nzofia@example.pl")


@in_both_languages
def test_nothing_that_a_stranger_wrote_is_a_link_for_staff_to_click(language: str) -> None:
    letter = with_values(
        TICKET,
        message="https://ewa.example/panel",
        login="https://ewa.example",
        contact_email="ewa@b.example",
    )
    page = Page(render(in_language(letter, language)).html)
    assert page.targets == [OPERATOR.panel_url]
    assert "https://ewa.example/panel" in page.text


@in_both_languages
def test_a_ticket_that_fits_no_account_says_so(language: str) -> None:
    said = {"pl": "Żadne konto nie ma tego loginu ani tego adresu.", "en": "No account has this login"}
    nobody = in_language(with_values(TICKET, accounts=[], login=None), language)
    assert all(said[language] in words for words in both_parts(nobody))
    assert not any("None" in words for words in both_parts(nobody))
    assert not any(said[language] in words for words in both_parts(in_language(TICKET, language)))


@pytest.mark.parametrize(
    ("matched_by", "pl", "en"),
    [
        ("login", "login", "login"),
        ("address", "adres", "address"),
        ("both", "login i adres", "login and address"),
    ],
)
def test_a_ticket_says_what_an_account_was_found_by(matched_by: str, pl: str, en: str) -> None:
    account = {"account_id": "A", "login": "zofia", "status": "locked", "matched_by": matched_by}
    letter = with_values(TICKET, accounts=[account])
    assert all(f"Zgadza się: {pl} " in words for words in both_parts(letter))
    assert all(f"Matches: {en} " in words for words in both_parts(in_english(letter)))


@in_both_languages
def test_an_acknowledgement_has_the_tickets_number_and_none_of_its_words(language: str) -> None:
    letter = in_language(TICKET_RECEIVED, language)
    assert set(letter.values) == {"ticket_id"}
    assert letter.kind is Kind.TICKET_RECEIVED
    assert all(TICKET_ID in words for words in both_parts(letter))
