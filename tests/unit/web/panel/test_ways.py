"""Every link, form and redirect leads where it should: at a domain's root, and behind a stage's name."""

from collections.abc import Iterator

import pytest

from app import app
from chalicelib.web.panel.routes import PAGES, STYLE
from tests.unit.accounts.people import reset_link, settled
from tests.unit.browser import Browser, Page
from tests.unit.clients import PASSWORD
from tests.unit.web.panel.doings import pages_that
from tests.unit.web.panel.visitors import entered, log_in, visitor

pytestmark = pytest.mark.usefixtures("aws_in_memory")

STAGES = ["", "/api"]
SHOWN = sorted(pages_that("show"))


def ways_from(page: Page) -> Iterator[tuple[str, str]]:
    """The method and the reference of each link and form; a link within the page is none."""
    for tag, attributes in page.parsed.elements:
        if tag in ("a", "link") and not attributes["href"].startswith(("#", "data:")):
            yield "GET", attributes["href"]
        if tag == "form":
            yield attributes["method"].upper(), attributes["action"]
            assert not attributes.keys() & {"target", "formaction", "enctype"}


def assert_ways_lead_to_the_panel(browser: Browser, page: Page) -> None:
    ways = list(ways_from(page))
    assert len(ways) >= 4  # the style sheet, the start page, the switch of language, the ticket
    for method, reference in ways:
        path = browser.resolved(page, reference)
        assert path in PAGES or path == STYLE, f"{page.path} leads to {reference}"
        assert method in app.routes[path]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("path", SHOWN)
def test_every_way_from_every_page_leads_to_a_page(path: str, slash: str, stage: str) -> None:
    account = settled()
    for browser in (visitor(stage=stage), entered(stage=stage)):
        asked = path if path == "/" else f"{path}{slash}"
        page = browser.open(asked, token=reset_link(account))
        if page.header("Content-Type").startswith("text/html"):
            assert page.status == 200
            assert_ways_lead_to_the_panel(browser, page)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("path", ["/x", "/x/", "/x/y", "/x/y/", "/data/x", "/data/email/x/y.html"])
def test_every_way_from_a_page_that_is_not_there_leads_to_a_page(path: str, stage: str) -> None:
    browser = visitor(stage=stage)
    page = browser.open(path)
    assert page.status == 404
    assert_ways_lead_to_the_panel(browser, page)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("path", ["/data/email", "/register", "/reset", "/email/confirm"])
def test_every_way_from_a_form_that_was_refused_leads_to_a_page(path: str, stage: str) -> None:
    settled()
    browser = entered(stage=stage)
    page = browser.post(path)
    assert page.status >= 400
    assert_ways_lead_to_the_panel(browser, page)


@pytest.mark.parametrize("start", ["", "/"])
def test_behind_a_stage_the_panel_is_found_with_and_without_a_slash(start: str) -> None:
    settled()
    browser = visitor(stage="/api")
    assert browser.open(start).path == "/login"
    log_in(browser)
    assert browser.open(start).path == "/data"


@pytest.mark.parametrize("stage", STAGES)
def test_a_whole_visit_works_at_the_root_and_behind_a_stage(stage: str) -> None:
    settled()
    browser = visitor(stage=stage)
    page = browser.open("/data/email")
    page = browser.send(page, "Log in", login="jan", password=PASSWORD)
    page = browser.send(page, "Change the address", email="nowy@poczta.example", current_password=PASSWORD)
    assert (page.status, page.path) == (200, "/data")
    page = browser.send(page, "Polski")
    assert (page.status, page.path) == (200, "/data")
    assert "nowy@poczta.example" in page.words
    assert browser.send(browser.open("/logout"), "Wyloguj się").path == "/login"


@pytest.mark.parametrize("stage", STAGES)
def test_a_form_below_a_page_leads_back_when_there_is_no_session(stage: str) -> None:
    browser = visitor(stage=stage)
    answer = browser.post("/data/email", email="nowy@poczta.example")
    assert (answer.status, answer.header("Location")) == (303, "../login?next=data/email")
    assert browser.resolved(answer, answer.header("Location")) == "/login"
