"""What mails about money, contracts and the operator's own notices say."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.notifications.mail import Letter, render
from chalicelib.notifications.wording import joined, money, paragraphs, pieces
from tests.unit.notifications.letters import (
    CONTRACT_ENDED,
    NOTICE,
    NOTICE_LINK,
    OPERATOR,
    PANEL,
    SERVICES_BLOCKED,
    TOPPED_UP,
    Page,
    in_both_languages,
    in_english,
    in_language,
    use_settings,
    with_values,
)

thorough = settings(deadline=None)


@pytest.fixture(autouse=True)
def operator(monkeypatch: pytest.MonkeyPatch) -> None:
    use_settings(monkeypatch, OPERATOR)


def both_parts(letter: Letter) -> list[str]:
    """The words of the text and of the HTML part, each in one line."""
    mail = render(letter)
    return [" ".join(mail.text.split()), Page(mail.html).words]


def lines_above_the_signature(letter: Letter) -> list[str]:
    return render(letter).text.partition("\n-- \n")[0].rstrip("\n").split("\n")


def test_a_top_up_is_told_with_amount_balance_and_invoice() -> None:
    assert render(TOPPED_UP).subject == "Doładowanie konta Głos Polski: 12,50 zł"
    for words in both_parts(TOPPED_UP):
        assert "Login: jan.kowalski Kwota: 12,50 zł Stan konta: -3,00 zł" in words
        assert "Numer faktury: FV/2026/11/0042" in words


def test_the_english_top_up_says_the_same() -> None:
    letter = in_english(TOPPED_UP)
    assert render(letter).subject == "Your Głos Polski account was topped up: PLN 12.50"
    for words in both_parts(letter):
        assert "Login: jan.kowalski Amount: PLN 12.50 Balance: PLN -3.00" in words
        assert "Invoice number: FV/2026/11/0042" in words


@in_both_languages
def test_a_top_up_says_nothing_of_a_balance_or_invoice_it_was_not_given(language: str) -> None:
    for words in both_parts(in_language(with_values(TOPPED_UP, balance=None, invoice=None), language)):
        assert not re.search("Stan konta|Balance|faktury|Invoice|None", words)
        assert "12,50 zł" in words or "PLN 12.50" in words


@pytest.mark.parametrize("letter", [TOPPED_UP, SERVICES_BLOCKED, CONTRACT_ENDED, NOTICE])
@in_both_languages
def test_a_login_that_may_not_be_shown_is_left_out(letter: Letter, language: str) -> None:
    shown, hidden = (
        both_parts(in_language(letter, language)),
        both_parts(in_language(with_values(letter, login=None), language)),
    )
    assert all("jan.kowalski" in words for words in shown)
    assert not any(re.search("jan.kowalski|Login:|login:|loginie:|None", words) for words in hidden)


@pytest.mark.parametrize(
    ("amount", "pl", "en"),
    [
        ("12.50", "12,50 zł", "PLN 12.50"),
        ("0.00", "0,00 zł", "PLN 0.00"),
        ("-3.00", "-3,00 zł", "PLN -3.00"),
        ("999999999.99", "999999999,99 zł", "PLN 999999999.99"),
    ],
)
def test_amounts_are_written_as_the_language_writes_them(amount: str, pl: str, en: str) -> None:
    assert (money(amount, "pl"), money(amount, "en")) == (pl, en)


@thorough
@given(zloty=st.integers(-999_999_999, 999_999_999), grosze=st.integers(0, 99))
def test_no_digit_of_an_amount_is_lost(zloty: int, grosze: int) -> None:
    amount = f"{zloty}.{grosze:02}"
    assert money(amount, "en") == f"PLN {amount}"
    assert money(amount, "pl").replace(",", ".") == f"{amount} zł"


def test_who_is_blocked_is_told_why_what_still_works_and_what_comes_next() -> None:
    for words in both_parts(SERVICES_BLOCKED):
        assert "na koncie brakuje środków, dlatego zablokowaliśmy usługi Głos Polski" in words
        assert "Nie działają: połączenia przez konto SIP" in words
        assert "Działają nadal: logowanie do panelu klienta i doładowanie konta" in words
        assert "przez miesiąc pozostanie bez środków, umowa się zakończy, a konto zostanie usunięte" in words


def test_the_english_mail_about_a_block_says_the_same() -> None:
    for words in both_parts(in_english(SERVICES_BLOCKED)):
        assert "no funds left on your account, so your Głos Polski services are blocked" in words
        assert "What does not work: calls through your SIP account" in words
        assert "What still works: logging in to the customer panel and topping up" in words
        assert "for a month, the contract will end and the account will be deleted" in words


@in_both_languages
def test_who_is_blocked_finds_the_panel_right_in_the_mail(language: str) -> None:
    letter = in_language(SERVICES_BLOCKED, language)
    assert PANEL in lines_above_the_signature(letter)
    assert Page(render(letter).html).targets[0] == PANEL


def test_after_the_contract_neither_login_nor_reminder_is_promised() -> None:
    for words in both_parts(CONTRACT_ENDED):
        assert "umowa o usługi Głos Polski zakończyła się" in words
        assert "zostało usunięte i nie jest już dostępne" in words
        assert "nie można się zalogować ani przypomnieć do niego loginu lub hasła" in words
        assert "usuniemy po upływie 30 dni" in words
    for words in both_parts(in_english(CONTRACT_ENDED)):
        assert "your contract with Głos Polski has ended" in words
        assert "it was deleted and is not available any more" in words
        assert "Neither logging in nor a reminder of the login or password works" in words
        assert "erase the personal data of this account after 30 days" in words


def test_a_notice_is_told_in_its_senders_words_alone() -> None:
    assert render(NOTICE).subject == "Prace serwisowe w nocy z 24 na 25 listopada"
    assert lines_above_the_signature(NOTICE) == [
        "Szanowni Państwo,",
        "",
        "prace potrwają od 1:00 do 4:00.",
        "Szczegóły są na stronie",
        NOTICE_LINK,
        "",
        "Przepraszamy.",
        "",
        "Dotyczy konta o loginie: jan.kowalski",
    ]


def test_paragraphs_and_lines_of_a_notice_are_kept_in_html() -> None:
    html = render(NOTICE).html
    link = NOTICE_LINK.replace("&", "&amp;")
    assert "<p>\nSzanowni Państwo,\n</p>\n<p>\nprace potrwają od 1:00 do 4:00.<br>\n" in html
    assert f'Szczegóły są na stronie<br>\n<a href="{link}">{link}</a>\n</p>\n<p>\nPrzepraszamy.\n</p>' in html


@in_both_languages
def test_a_notice_is_one_line_in_its_subject(language: str) -> None:
    letter = in_language(
        with_values(NOTICE, subject=" Prace\r\n serwisowe\0\u2028dziś\tw\x85nocy "), language
    )
    assert render(letter).subject == "Prace serwisowe dziś w nocy"
    assert "<title>Prace serwisowe dziś w nocy</title>" in render(letter).html


@pytest.mark.parametrize(("language", "subject"), [("pl", "Wiadomość od"), ("en", "A message from")])
def test_a_notice_without_a_word_in_its_subject_gets_one(language: str, subject: str) -> None:
    letter = in_language(with_values(NOTICE, subject="\r\n\u200b "), language)
    assert render(letter).subject == f"{subject} Głos Polski"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x85", "\u2028", "\u2029"])
def test_every_way_to_end_a_line_is_one(end: str) -> None:
    text = f"pierwsza{end}druga{end}{end} {end}trzecia\t1{end}"
    assert paragraphs(text) == [["pierwsza", "druga"], ["trzecia 1"]]


def test_a_notice_can_not_begin_the_signature() -> None:
    lines = lines_above_the_signature(with_values(NOTICE, text="Do widzenia.\n-- \nObsługa"))
    assert lines[:3] == ["Do widzenia.", "--", "Obsługa"]


@thorough
@given(st.text())
def test_no_letter_of_a_notice_is_lost(text: str) -> None:
    lines = [line for paragraph in paragraphs(text) for line in paragraph]
    assert "".join("".join(lines).split()) == "".join(joined(text).split())
    assert all("".join(piece.text for piece in pieces(line)) == line for line in lines)


@pytest.mark.parametrize(
    ("line", "links"),
    [
        ("Zobacz https://operator.example.", ["https://operator.example"]),
        ("(http://operator.example/a_(b)?c=d&e=%20#f), dalej", ["http://operator.example/a_(b)?c=d&e=%20#f"]),
        ("„https://operator.example/a”", ["https://operator.example/a"]),
        ("<https://operator.example:8443/>", ["https://operator.example:8443/"]),
        ("https://a.example https://b.example", ["https://a.example", "https://b.example"]),
        # Left as they are: what one reader takes for another address than the next.
        ("https://operator.example@ewa.example/", []),
        ("https://operator.example/żółw", []),
        ("https://żółw.example/", []),
        ("https://operator.example\\@ewa.example", []),
        ("javascript:alert(1) data:text/html,x ftp://operator.example www.operator.example", []),
        ("https://", []),
    ],
)
def test_only_plain_addresses_become_links(line: str, links: list[str]) -> None:
    assert [piece.text for piece in pieces(line) if piece.is_link] == links
    page = Page(render(with_values(NOTICE, text=line, login=None)).html)
    assert page.targets[: len(links)] == links
    assert page.targets[len(links)] == PANEL
    assert line in page.text
