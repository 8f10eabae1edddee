"""What mails say: words, links, HTML, in both languages."""

import dataclasses
import re
import subprocess
import sys
from datetime import UTC, datetime
from html import unescape

import jinja2
import pytest

from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.mail import Letter, render
from tests.unit.notifications.letters import (
    CONFIRM_EMAIL,
    EXPECTED_LINK,
    JAN_LINK,
    OPERATOR,
    PANEL,
    PASSWORD_CHANGED,
    PASSWORD_RESET,
    ZOFIA_LINK,
    Page,
    every_letter,
    every_letter_to_a_customer,
    in_english,
    use_settings,
    with_values,
)


@pytest.fixture(autouse=True)
def operator(monkeypatch: pytest.MonkeyPatch) -> None:
    use_settings(monkeypatch, OPERATOR)


def links(text: str) -> list[str]:
    return re.findall(r"https?://\S+", text)


def test_every_kind_that_is_mailed_is_tried_here() -> None:
    assert set(EXPECTED_LINK) == set(Kind) - {Kind.RESET_REQUESTED}


@every_letter
def test_the_subject_is_one_short_line_with_the_operators_name(letter: Letter) -> None:
    subject = render(letter).subject
    if letter.kind is not Kind.NOTICE:  # whose subject is its sender's
        assert "Głos Polski" in subject
    assert len(subject) <= 78
    assert subject.splitlines() == [subject]


@every_letter
def test_every_link_of_the_text_stands_alone_on_its_line(letter: Letter) -> None:
    text = render(letter).text
    lines = text.splitlines()
    assert links(text)[0] == EXPECTED_LINK[letter.kind]
    assert all(link in lines for link in links(text))


@every_letter
def test_lines_of_the_text_are_short_except_links(letter: Letter) -> None:
    assert max(len(line) for line in render(letter).text.splitlines() if not links(line)) <= 85


@every_letter
def test_the_html_is_well_formed_plain_and_says_its_language(letter: Letter) -> None:
    html = render(letter).html
    page = Page(html)
    assert html.startswith("<!doctype html>")
    assert page.elements[0] == ("html", {"lang": letter.language})
    harmless = {"html", "head", "meta", "title", "style", "body", "div", "p", "br", "a", "strong"}
    assert {tag for tag, _ in page.elements} <= harmless
    assert "url(" not in html
    assert "@import" not in html
    assert "prefers-color-scheme: dark" in html


def test_links_are_in_the_operators_colour_as_far_as_it_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    use_settings(monkeypatch, dataclasses.replace(OPERATOR, brand_colour="#ffd700"))
    light, dark = render(CONFIRM_EMAIL).html.split("@media (prefers-color-scheme: dark)")
    assert "a { color: #846f00;" in light
    assert "background-color: #ffffff;" in light
    assert "a { color: #ffd700;" in dark
    assert "background-color: #16181c;" in dark


@every_letter_to_a_customer
def test_both_parts_lead_to_the_same_places_and_nowhere_else(letter: Letter) -> None:
    mail = render(letter)
    page = Page(mail.html)
    expected = {EXPECTED_LINK[letter.kind], PANEL, str(letter.values.get("data_url", PANEL))}
    assert set(links(mail.text)) == expected
    assert set(page.targets) == expected | {"mailto:pomoc@operator.example", "mailto:panel@operator.example"}
    # Links can be read, and copied, without clicking.
    assert set(links(page.text)) == expected
    assert set(re.findall(r"\w+://[^\s\"<]+", unescape(mail.html))) == expected


@every_letter_to_a_customer
def test_the_footer_says_who_writes_why_and_where_else_to_look(letter: Letter) -> None:
    mail = render(letter)
    folders = {
        "pl": ["ponieważ", "Spam", "Społeczności", "Powiadomienia", "Oferty", "Gmail"],
        "en": ["because", "Spam", "Social", "Updates", "Promotions", "Gmail"],
    }
    footer = mail.text.partition("\n-- \n")[2]
    page = Page(mail.html).text
    for part in (footer, page):
        assert "Głos Polski" in part
        assert "pomoc@operator.example" in part
        assert [word for word in folders[letter.language] if word not in part] == []


@every_letter
def test_a_value_that_the_templates_need_and_do_not_get_is_an_error(letter: Letter) -> None:
    for missing in letter.values:
        rest = {name: value for name, value in letter.values.items() if name != missing}
        with pytest.raises(jinja2.UndefinedError):
            render(dataclasses.replace(letter, values=rest))


@every_letter
def test_values_are_escaped_in_html_only(letter: Letter) -> None:
    sharp = "<b>&\"'"
    account = {"login": sharp, "link": JAN_LINK, "account_id": sharp, "status": sharp, "matched_by": "both"}
    sharpened = dict.fromkeys(("login", "network", "invoice", "ticket_id", "message"), sharp)
    mail = render(with_values(letter, accounts=[account], **sharpened))
    assert "<b>" not in mail.html
    if letter.kind not in (Kind.CONFIRM_EMAIL, Kind.CONFIRM_NEW_EMAIL):
        assert sharp in mail.text
        assert sharp in Page(mail.html).text


@every_letter
def test_without_a_network_nothing_is_said_about_it(letter: Letter) -> None:
    mail = render(with_values(letter, network=None))
    assert "None" not in mail.text + mail.html
    assert not re.search("sieci|network", mail.text + mail.html)


def test_the_reset_mail_has_login_link_lifetime_and_who_asked() -> None:
    mail = render(PASSWORD_RESET)
    assert f"Login: jan.kowalski\n{JAN_LINK}\n" in mail.text
    page = Page(mail.html)
    assert page.targets[0] == JAN_LINK
    assert f"Login:\njan.kowalski\n\nUstaw nowe hasło\n{JAN_LINK}\n" in page.text
    for part in (mail.text, page.text):
        words = " ".join(part.split())
        assert "skopiować cały link i wkleić go w pasek adresu przeglądarki" in words
        assert "Link działa jeden raz, przez 60 minut" in words
        assert "Prośbę wysłano: 22 listopada 2026 r. o godz. 10:05 (CET) Z sieci: 203.0.113.0/24" in words
        assert "nic nie trzeba robić" in words


def test_the_english_reset_mail_says_the_same() -> None:
    words = " ".join(render(in_english(PASSWORD_RESET)).text.split())
    assert f"Login: jan.kowalski {JAN_LINK}" in words
    assert "copy the whole link and paste it into your browser's address bar" in words
    assert "The link works once, for 60 minutes" in words
    assert "Requested: 22 November 2026 at 10:05 (CET) From the network: 203.0.113.0/24" in words
    assert "there is nothing you need to do" in words


@pytest.mark.parametrize(
    ("language", "only_one"), [("pl", "tylko na tym koncie"), ("en", "Only the account")]
)
def test_several_accounts_are_listed_each_with_its_own_link(language: str, only_one: str) -> None:
    accounts = [{"login": "jan", "link": JAN_LINK}, {"login": "zofia", "link": ZOFIA_LINK}]
    letter = with_values(dataclasses.replace(PASSWORD_RESET, language=language), accounts=accounts)
    mail = render(letter)
    assert f"Login: jan\n{JAN_LINK}\n" in mail.text
    assert f"Login: zofia\n{ZOFIA_LINK}\n" in mail.text
    assert only_one in mail.text
    assert only_one in mail.html
    assert Page(mail.html).targets[:2] == [JAN_LINK, ZOFIA_LINK]


@pytest.mark.parametrize(("language", "reason"), [("pl", "nie podajemy, bo"), ("en", "not shown, because")])
def test_an_unconfirmed_account_is_listed_without_its_login(language: str, reason: str) -> None:
    accounts = [{"login": "jan", "link": JAN_LINK}, {"login": None, "link": ZOFIA_LINK}]
    letter = with_values(dataclasses.replace(PASSWORD_RESET, language=language), accounts=accounts)
    mail = render(letter)
    assert re.search(f"Login: {reason}.*\n{re.escape(ZOFIA_LINK)}\n", mail.text)
    assert reason in Page(mail.html).text
    assert "None" not in mail.text + mail.html


def test_notice_of_a_new_password_leaves_out_a_login_that_may_not_be_shown() -> None:
    mail = render(with_values(PASSWORD_CHANGED, login=None))
    assert "Login:" not in mail.text + mail.html
    assert "None" not in mail.text + mail.html


@pytest.mark.parametrize(
    ("language", "hours", "words"),
    [
        ("pl", 1, "przez 1 godzinę od"),
        ("pl", 2, "przez 2 godziny od"),
        ("pl", 5, "przez 5 godzin od"),
        ("pl", 12, "przez 12 godzin od"),
        ("pl", 21, "przez 21 godzin od"),
        ("pl", 24, "przez 24 godziny od"),
        ("pl", 112, "przez 112 godzin od"),
        ("en", 1, "for 1 hour after"),
        ("en", 2, "for 2 hours after"),
    ],
)
def test_nouns_agree_with_their_numbers(language: str, hours: int, words: str) -> None:
    letter = with_values(dataclasses.replace(CONFIRM_EMAIL, language=language), valid_hours=hours)
    assert words in render(letter).text
    assert words in " ".join(Page(render(letter).html).text.split())


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(15, "15 minut"), (32, "32 minuty"), (60, "60 minut"), (90, "90 minut"), (1440, "24 godziny")],
)
def test_long_lifetimes_of_a_reset_link_are_given_in_hours(minutes: int, words: str) -> None:
    assert f"przez {words} od" in render(with_values(PASSWORD_RESET, valid_minutes=minutes)).text


@pytest.mark.parametrize(
    ("zone", "moment", "words"),
    [
        ("Europe/Warsaw", datetime(2026, 5, 1, 22, 30, tzinfo=UTC), "2 maja 2026 r. o godz. 00:30 (CEST)"),
        ("UTC", datetime(2026, 10, 1, 8, 0, tzinfo=UTC), "1 października 2026 r. o godz. 08:00 (UTC)"),
        (
            "Asia/Dubai",
            datetime(2026, 12, 31, 21, 0, tzinfo=UTC),
            "1 stycznia 2027 r. o godz. 01:00 (UTC+04)",
        ),
    ],
)
def test_times_are_shown_in_the_operators_zone(
    monkeypatch: pytest.MonkeyPatch, zone: str, moment: datetime, words: str
) -> None:
    use_settings(monkeypatch, dataclasses.replace(OPERATOR, time_zone=zone))
    assert f"Zmieniono: {words}\n" in render(with_values(PASSWORD_CHANGED, changed_at=moment)).text


def test_importing_the_module_does_not_load_the_template_engine() -> None:
    program = "import chalicelib.notifications.mail, sys; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
