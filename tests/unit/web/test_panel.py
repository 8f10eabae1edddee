"""The pages behind mailed links work with plain forms, and opening them changes nothing."""

from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest

from tests.unit.clients import PASSWORD, Answer, Customer, PostOffice, confirmed, tokens_in

NEW_PASSWORD = "Czerwony-Tramwaj-8"
EMAIL = "jan@poczta.example"


class Form(HTMLParser):
    """The first form of a page as a browser sees it: its action, its fields, its button."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = attributes["action"]
        if tag == "input":
            self.fields[attributes["name"]] = attributes.get("value", "")


def send(browser: Customer, page: Answer, **typed: str) -> Answer:
    form = Form(page.text)
    sender = replace(browser, headers={"content-type": "application/x-www-form-urlencoded"})
    return sender.request("POST", f"/{form.action}", urlencode(form.fields | typed))


@pytest.fixture
def reset_token(customer: Customer, post_office: PostOffice) -> str:
    confirmed(post_office, customer, "jan", EMAIL)
    customer.post("/v1/password-resets", identifier="jan")
    [token] = tokens_in(post_office.mails_to(EMAIL)[-1])
    return token


def test_the_confirmation_link_confirms_by_its_button_only(
    customer: Customer, post_office: PostOffice
) -> None:
    customer.register("jan", EMAIL)
    [token] = tokens_in(post_office.mails_to(EMAIL)[-1])
    browser = Customer()
    page = browser.get("/confirm", token=token)
    browser.get("/confirm", token=token)
    customer.log_in("jan")
    assert customer.get("/v1/account").json["email_confirmed"] is False
    assert send(browser, page).status == 200
    assert customer.get("/v1/account").json["email_confirmed"] is True
    assert send(browser, page).status == 410


def test_the_reset_page_shows_the_login_and_sets_the_password(customer: Customer, reset_token: str) -> None:
    browser = Customer()
    page = browser.get("/reset", token=reset_token)
    assert page.status == 200
    assert "<strong>jan</strong>" in page.text
    assert ">Dalej</button>" in page.text
    assert send(browser, page, password=NEW_PASSWORD).status == 200
    assert customer.log_in("jan", NEW_PASSWORD).status == 201


def test_a_weak_password_brings_the_form_again_and_leaves_the_link_usable(
    customer: Customer, reset_token: str
) -> None:
    browser = Customer()
    again = send(browser, browser.get("/reset", token=reset_token), password="krotkie")
    assert again.status == 422
    assert "jest krótsze niż 8 znaków" in again.text
    assert "nie ma wielkiej litery" in again.text
    assert "krotkie" not in again.text
    assert send(browser, again, password=NEW_PASSWORD).status == 200
    assert customer.log_in("jan", PASSWORD).status == 401


def test_a_used_or_invented_link_says_so(customer: Customer, reset_token: str) -> None:
    browser = Customer(language="en")
    page = browser.get("/reset", token=reset_token)
    send(browser, page, password=NEW_PASSWORD)
    for answer in (
        browser.get("/reset", token=reset_token),
        send(browser, page, password=PASSWORD),
        browser.get("/reset", token="invented"),
        browser.get("/reset"),
    ):
        assert answer.status == 410
        assert "Link expired" in answer.text


def test_a_page_lets_nothing_in_from_elsewhere_and_is_not_kept(customer: Customer) -> None:
    page = customer.get("/confirm", token='"><script>alert(1)</script>')
    assert "<script>" not in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "strict-origin"


def test_pages_are_written_in_the_language_that_the_browser_asks_for() -> None:
    assert '<html lang="en">' in Customer(language="en-GB,en;q=0.9").get("/confirm").text
    assert '<html lang="pl">' in Customer(language="de").get("/confirm").text


def test_the_style_sheet_of_the_pages_is_served() -> None:
    style = Customer().get("/style.css")
    assert style.status == 200
    assert style.headers["Content-Type"].startswith("text/css")


def test_the_panels_address_answers_with_a_page() -> None:
    assert "v1/openapi.json" in Customer().get("/").text
