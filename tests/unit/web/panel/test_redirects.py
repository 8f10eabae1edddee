"""Nobody is led out of the panel, whatever an address or a form says; and relative ways work everywhere."""

import pytest

from chalicelib.web.panel.routes import PAGES
from tests.unit.accounts.people import settled
from tests.unit.clients import PASSWORD
from tests.unit.web.panel.visitors import SESSION, entered, is_in, visitor

pytestmark = pytest.mark.usefixtures("aws_in_memory")

# Each would lead somewhere else if it were believed, or nowhere.
STRANGE = [
    "//evil.example",
    "///evil.example",
    "https://evil.example",
    "https:evil.example",
    "https:/data",
    "/\\evil.example",
    "\\\\evil.example",
    "evil.example",
    "@evil.example",
    "data/../..",
    "data/../../v1/openapi.json",
    "./data",
    "data?next=//evil.example",
    "data#//evil.example",
    "data\r\nLocation: https://evil.example",
    "data%0d%0aLocation:%20https://evil.example",
    "data\0",
    " data",
    "\t//evil.example",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "DATA",
    "dat\u0430",
    "unknown",
    "style.css",
    "v1/openapi.json",
    "",
    "x" * 5000,
]
CUSTOMERS_PAGES = sorted(
    path
    for path in PAGES
    if path.startswith(("/data", "/balance", "/notifications")) and path != "/data/export"
)
NOT_AFTER_LOG_IN = sorted(PAGES.keys() - CUSTOMERS_PAGES)


@pytest.mark.parametrize("wanted", STRANGE)
def test_after_logging_in_a_strange_address_leads_to_the_data_tab(wanted: str) -> None:
    settled()
    browser = visitor()
    page = browser.open("/login", next=wanted)
    assert page.form("Log in").fields["next"] == "/data"
    answer = browser.post("/login", login="jan", password=PASSWORD, next=wanted)
    assert (answer.status, answer.header("Location")) == (303, "data")
    assert browser.request("GET", "/login", query={"next": wanted}).header("Location") == "data"


@pytest.mark.parametrize("wanted", STRANGE)
def test_the_switch_of_language_leads_to_a_page_or_to_the_start(wanted: str) -> None:
    answer = visitor().post("/language", language="pl", page=wanted)
    assert (answer.status, answer.header("Location")) == (303, "./")


@pytest.mark.parametrize("path", CUSTOMERS_PAGES)
def test_a_page_that_needs_a_session_comes_after_logging_in(path: str) -> None:
    settled()
    browser = visitor()
    page = browser.open(path)
    assert (page.status, page.path) == (200, "/login")
    answer = browser.send(page, "Log in", login="jan", password=PASSWORD)
    assert (answer.status, answer.path) == (200, path)


@pytest.mark.parametrize("path", CUSTOMERS_PAGES)
def test_a_wrong_password_does_not_forget_which_page_was_wanted(path: str) -> None:
    settled()
    browser = visitor()
    again = browser.send(browser.open(path), "Log in", login="jan", password="Zly-Rower-7")
    assert again.status == 422
    assert browser.send(again, "Log in", login="jan", password=PASSWORD).path == path


@pytest.mark.parametrize("path", NOT_AFTER_LOG_IN)
def test_logging_in_leads_to_no_page_that_is_for_everybody_and_to_no_download(path: str) -> None:
    settled()
    browser = visitor()
    page = browser.open("/login", next=path.removeprefix("/"))
    assert browser.send(page, "Log in", login="jan", password=PASSWORD).path == "/data"
    assert is_in(browser)


def test_who_is_logged_in_already_goes_on_at_once() -> None:
    settled()
    browser = entered()
    assert browser.open("/login").path == "/data"
    assert browser.open("/login", next="data/email").path == "/data/email"


def test_the_panels_address_leads_to_the_log_in_page_and_customers_to_their_data() -> None:
    settled()
    assert visitor().open("/").path == "/login"
    browser = entered()
    assert browser.request("GET", "/").header("Location") == "data"
    assert browser.open("/").path == "/data"
    browser.cookies[SESSION] = "ended"
    assert browser.open("/").path == "/login"
