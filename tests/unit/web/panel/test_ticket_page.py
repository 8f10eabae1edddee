"""The page for who can establish neither login nor address (R11), and for everybody with a question."""

import pytest

from tests.unit import cloud
from tests.unit.accounts.people import JAN, settled
from tests.unit.browser import Browser, Page
from tests.unit.clients import PostOffice
from tests.unit.web.panel.visitors import SESSION, element, entered, mistakes, notice_on, visitor

pytestmark = pytest.mark.usefixtures("aws_in_memory")

THANKS = "Thank you. We have your ticket and will answer by e-mail."
TEXT = "Nie pamiętam loginu ani adresu."


def send(browser: Browser, **typed: str) -> Page:
    form = {"contact_email": JAN, "message": TEXT} | typed
    return browser.send(browser.open("/ticket"), "Send the ticket", **form)


def tickets() -> list[dict[str, str]]:
    return [
        {name: value["S"] for name, value in item.items() if "S" in value}
        for item in cloud.items("TICKETS_TABLE")
    ]


def test_anybody_can_write_without_an_account(post_office: PostOffice) -> None:
    page = send(visitor())
    assert (page.status, page.path, notice_on(page)) == (200, "/ticket", THANKS)
    [ticket] = tickets()
    assert (ticket["contact_email"], ticket["message"]) == (JAN, TEXT)
    assert len(post_office.mails_to("pomoc@poczta.example")) == 1


def test_the_form_is_empty_for_a_stranger_and_filled_in_for_a_customer() -> None:
    settled()
    stranger, customer = visitor().open("/ticket"), entered().open("/ticket")
    for name, known in (("contact_email", JAN), ("login", "jan")):
        assert element(stranger, name)["value"] == ""
        assert element(customer, name)["value"] == known
    assert "Never write a password here." in stranger.words


def test_a_customer_may_give_another_address() -> None:
    settled()
    send(entered(), contact_email="inny@poczta.example")
    [ticket] = tickets()
    assert (ticket["contact_email"], ticket["login"]) == ("inny@poczta.example", "jan")


def test_a_session_that_has_ended_is_no_obstacle() -> None:
    browser = visitor()
    browser.cookies[SESSION] = "ended"
    assert element(browser.open("/ticket"), "login")["value"] == ""
    assert notice_on(send(browser)) == THANKS


@pytest.mark.parametrize(
    ("typed", "mistake"),
    [
        ({"contact_email": ""}, "Enter the e-mail address that we may answer to."),
        ({"contact_email": "jan@"}, "This is not an e-mail address that we can write to."),
        ({"contact_email": f"{'x' * 250}@y.example"}, "The e-mail address is too long."),
        ({"message": "  "}, "Write what you need help with."),
        ({"message": "x" * 5001}, "The text is too long: at most 5,000 characters are allowed."),
        ({"login": "x" * 400}, "The login is too long: at most 64 characters are allowed."),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_the_rest_stays(
    typed: dict[str, str], mistake: str
) -> None:
    page = send(visitor(), **typed)
    assert (page.status, mistakes(page)) == (422, [mistake])
    [field] = typed
    assert element(page, field)["aria-invalid"] == "true"
    fields = page.form("Send the ticket").fields
    for name, value in ({"contact_email": JAN, "message": TEXT} | typed).items():
        assert fields[name] == value
    assert tickets() == []


def test_the_end_of_a_line_counts_as_one_character_as_browsers_count_it() -> None:
    assert send(visitor(), message="x\r\n" * 2499 + "xx").status == 200
    assert send(visitor(), message="x\r\n" * 2500 + "x").status == 422


def test_several_mistakes_are_told_at_once() -> None:
    assert len(mistakes(send(visitor(), contact_email="", message=""))) == 2


def test_a_text_made_to_break_the_page_is_only_shown() -> None:
    page = send(visitor(), contact_email="", message="</textarea><script>alert(1)</script>")
    assert "<script>alert" not in page.text
    assert page.form("Send the ticket").fields["message"] == "</textarea><script>alert(1)</script>"


def test_who_writes_without_end_has_to_wait() -> None:
    browser = visitor()
    for _ in range(5):
        assert send(browser).status == 200
    page = send(browser)
    assert page.status == 429
    assert mistakes(page) == ["Too many attempts. Try again in 60 minutes."]
    assert page.form("Send the ticket").fields["message"] == TEXT
