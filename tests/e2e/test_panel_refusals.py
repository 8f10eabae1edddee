"""What the browser is shown when something is not to be had."""

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from tests.e2e.browser import Tab, Visitors
from tests.e2e.stack import Customer, Deployed
from tools.tour.cast import Cast, Role


@pytest.fixture(scope="module")
def jan(deployed: Deployed) -> Customer:
    return deployed.customer("jan-odmowy")


def elsewhere(page: Page, form: str) -> None:
    """Go to a page of somebody else's, and press the button of its form."""
    address = "http://evil.example/"
    page.route(address, lambda route: route.fulfill(body=form, content_type="text/html"))
    page.goto(address)
    with page.expect_navigation():
        page.get_by_role("button").click()


def title(tab: Tab) -> str:
    return tab.page.locator("h1").inner_text()


def test_an_address_that_leads_nowhere_is_a_page_with_a_way_on(visitors: Visitors) -> None:
    tab = visitors().tab()
    for path, status, said in (
        ("/nie-ma", 404, "Page not found"),
        ("/data/nie-ma/", 404, "Page not found"),
        ("/language", 405, "This does not work here"),
        ("/reset?token=dawny", 410, "This link does not work any more"),
    ):
        answer = tab.page.goto(f"{tab.panel_url}{path}")
        assert answer is not None
        assert (answer.status, title(tab)) == (status, tab.said(said))
        tab.page.locator("header a").click()
        tab.page.wait_for_url("**/login")


def test_a_form_from_another_site_logs_nobody_in(jan: Customer, visitors: Visitors) -> None:
    person = visitors()
    tab = person.open("/login")
    fields = {"login": jan.login, "password": jan.password}
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    elsewhere(
        tab.page, f'<form method="post" action="{tab.panel_url}/login">{inputs}<button>Win</button></form>'
    )
    assert title(tab) == tab.said("The form was not accepted")
    tab.open("/data")
    assert tab.path == "/login"


def test_a_form_from_another_site_does_nothing_in_an_open_session(jan: Customer, visitors: Visitors) -> None:
    tab = visitors().logged_in(jan)
    elsewhere(tab.page, f'<form method="post" action="{tab.panel_url}/logout"><button>Win</button></form>')
    assert title(tab) == tab.said("The form was not accepted")
    tab.open("/data")
    assert tab.path == "/data"


def test_more_than_a_form_may_hold_is_told_as_that(visitors: Visitors) -> None:
    person = visitors()
    tab = person.open("/ticket")
    answer = person.context.request.post(
        f"{tab.panel_url}/ticket",
        data=urlencode({"contact_email": "jan@example.com", "message": "ż" * 20_000}),
        headers={"Content-Type": "application/x-www-form-urlencoded", "Origin": tab.panel_url},
    )
    assert answer.status == 413
    assert tab.said("This was too much") in answer.text()


def test_too_many_attempts_are_told_with_the_time_to_wait(visitors: Visitors) -> None:
    tab = visitors().open("/login")
    for _ in range(5):
        tab.send("Log in", login="nikt-taki", password="Nie-to-haslo-9")
    with tab.page.expect_response("**/login") as answer:
        tab.send("Log in", login="nikt-taki", password="Nie-to-haslo-9")
    assert answer.value.status == 429
    assert 1 <= int(answer.value.headers["retry-after"]) <= 60
    assert re.fullmatch(r"Zbyt wiele prób\. Spróbuj ponownie za \d+ sekund[ęy]?\.", tab.errors[0])
    assert tab.value("login") == "nikt-taki"


def test_a_failure_of_ours_has_a_reference_that_is_in_the_log(
    cast: Cast, deployed: Deployed, visitors: Visitors
) -> None:
    tab = visitors().open("/login")
    tab.send("Log in", login=Role.UNREACHABLE, password=cast.password)
    tab.follow("Messages")
    assert title(tab) == tab.said("Something went wrong on our side")
    reference = tab.page.locator("main code").inner_text()
    assert re.fullmatch(r"[0-9a-f-]{36}", reference)
    deployed.wait_until(lambda: any(reference in line for line in deployed.log_lines()))
