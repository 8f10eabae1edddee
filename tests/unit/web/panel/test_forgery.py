"""Cross-site request forgery: no other site can send a form of ours, not even the one to log in."""

from dataclasses import dataclass

import pytest

from tests.unit.accounts.people import settled
from tests.unit.browser import Browser
from tests.unit.clients import PASSWORD
from tests.unit.web.panel.doings import FORMS, pages_that
from tests.unit.web.panel.visitors import FORM, SESSION, entered, everything, visitor

pytestmark = pytest.mark.usefixtures("aws_in_memory")

OURS = "https://panel.example"
GATEWAY = "abc123.execute-api.eu-central-1.amazonaws.com"

FROM_ELSEWHERE = {
    "another site": {"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
    "another site, by one header": {"sec-fetch-site": "cross-site"},
    "another site, in a browser of old": {"origin": "https://evil.example"},
    "a neighbouring site": {"sec-fetch-site": "same-site", "origin": "https://www.panel.example"},
    "a neighbouring site, by one header": {"sec-fetch-site": "same-site"},
    "a site whose name looks alike": {"origin": "https://panel.example.evil.example"},
    "a site below ours": {"origin": "https://evil.panel.example"},
    "another port": {"origin": "https://panel.example:8443"},
    "plain http": {"origin": "http://panel.example"},
    "nowhere": {"origin": "null"},
    "nowhere, though it says same-origin": {"sec-fetch-site": "same-origin", "origin": "null"},
    "two that differ": {"sec-fetch-site": "same-origin", "origin": "https://evil.example"},
    "two that differ the other way": {"sec-fetch-site": "cross-site", "origin": OURS},
    "a neighbour, though the origin is ours": {"sec-fetch-site": "same-site", "origin": OURS},
    "an unknown word": {"sec-fetch-site": "elsewhere"},
    "no header, no token": {},
    "the person themselves, without a token": {"sec-fetch-site": "none"},
}

FROM_US = {
    "both headers": {"sec-fetch-site": "same-origin", "origin": OURS},
    "the site alone": {"sec-fetch-site": "same-origin"},
    "the origin alone": {"origin": OURS},
    "the origin in capitals": {"origin": "HTTPS://PANEL.EXAMPLE"},
}


@dataclass(frozen=True)
class Prepared:
    """Jan at a browser that may be logged in, and a form that is ready to be sent."""

    browser: Browser
    path: str
    fields: dict[str, str]


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> Prepared:
    path = request.param
    account = settled()
    is_for_customers = path.startswith(("/data", "/logout", "/language"))
    browser = entered() if is_for_customers else visitor()
    return Prepared(browser, path, FORMS[path](account))


def test_every_form_is_looked_at() -> None:
    assert FORMS.keys() == pages_that("send")


def test_a_form_from_elsewhere_is_refused_and_does_nothing(form: Prepared) -> None:
    before, cookies = everything(), dict(form.browser.cookies)
    for name, headers in FROM_ELSEWHERE.items():
        form.browser.sends = headers
        answer = form.browser.post(form.path, **form.fields)
        assert answer.status == 403, name
        assert "The form was not accepted" in answer.title
        assert "Set-Cookie" not in answer.headers
        assert everything() == before, name
    assert form.browser.cookies == cookies
    form.browser.sends = FROM_US["both headers"]
    assert form.browser.post(form.path, **form.fields).status in (200, 201, 303)
    assert everything() != before


@pytest.mark.parametrize("headers", FROM_US.values(), ids=FROM_US)
def test_a_form_of_ours_is_taken_by_either_header(headers: dict[str, str]) -> None:
    settled()
    browser = visitor()
    browser.sends = headers
    browser.post("/login", login="jan", password=PASSWORD)
    assert SESSION in browser.cookies


def test_the_host_that_was_asked_is_ours_also_behind_another_name() -> None:
    settled()
    browser = visitor(stage="/api", origin=f"https://{GATEWAY}")
    browser.post("/login", login="jan", password=PASSWORD)
    assert SESSION in browser.cookies
    of_another = visitor(stage="/api", origin="https://xyz789.execute-api.eu-central-1.amazonaws.com")
    assert of_another.post("/login", login="jan", password=PASSWORD).status == 403


def test_the_panels_address_is_ours_also_where_the_gateway_is_asked_by_another_host() -> None:
    settled()
    browser = visitor(stage="/api", origin=OURS)
    assert browser.post("/login", login="jan", password=PASSWORD).status == 303


@pytest.fixture
def of_old() -> Browser:
    """A browser that tells nothing of where a form comes from."""
    settled()
    browser = visitor()
    browser.sends = {}
    return browser


def test_a_browser_of_old_shows_the_token_that_stands_in_the_form(of_old: Browser) -> None:
    page = of_old.open("/login")
    assert page.form("Log in").fields["form_token"] == of_old.cookies[FORM]
    assert of_old.send(page, "Log in", login="jan", password=PASSWORD).path == "/data"


@pytest.mark.parametrize("token", [None, "", "wrong", "żółw"])
def test_without_the_right_token_a_browser_of_old_is_refused(of_old: Browser, token: str | None) -> None:
    page = of_old.open("/login")
    answer = of_old.send(page, "Log in", login="jan", password=PASSWORD, form_token=token)
    assert answer.status == 403
    assert SESSION not in of_old.cookies


def test_the_token_of_another_browser_is_refused(of_old: Browser) -> None:
    of_old.open("/login")
    token = Browser(language="en").open("/login").form("Log in").fields["form_token"]
    answer = of_old.post("/login", login="jan", password=PASSWORD, form_token=token)
    assert answer.status == 403


def test_a_token_without_its_cookie_is_refused_also_an_empty_one(of_old: Browser) -> None:
    page = of_old.open("/login")
    of_old.cookies.pop(FORM)
    assert of_old.send(page, "Log in", login="jan", password=PASSWORD).status == 403
    of_old.cookies[FORM] = ""
    assert of_old.send(page, "Log in", login="jan", password=PASSWORD, form_token="").status == 403


def test_the_token_is_asked_for_too_where_the_browser_knows_of_no_site(of_old: Browser) -> None:
    of_old.sends = {"sec-fetch-site": "none"}
    page = of_old.open("/login")
    assert of_old.send(page, "Log in", login="jan", password=PASSWORD).path == "/data"


@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "null"}],
    ids=str,
)
def test_the_token_helps_no_form_that_a_header_shows_to_be_from_elsewhere(
    of_old: Browser, headers: dict[str, str]
) -> None:
    page = of_old.open("/login")
    of_old.sends = headers
    assert of_old.send(page, "Log in", login="jan", password=PASSWORD).status == 403


def test_the_token_stays_for_every_page_that_is_opened_meanwhile(of_old: Browser) -> None:
    page = of_old.open("/login")
    of_old.open("/forgot")
    assert of_old.send(page, "Log in", login="jan", password=PASSWORD).path == "/data"


def test_a_browser_of_old_gets_through_a_whole_visit(of_old: Browser) -> None:
    data = of_old.send(of_old.open("/login"), "Log in", login="jan", password=PASSWORD)
    weak = of_old.send(of_old.open("/data/password"), "Change the password", current_password="x")
    assert weak.status == 422
    done = of_old.send(
        weak,
        "Change the password",
        current_password=PASSWORD,
        password="Czerwony-Kot-8",
        password_again="Czerwony-Kot-8",
    )
    assert (data.path, done.path) == ("/data", "/data")
    assert of_old.send(done, "Log out").path == "/login"


def test_each_browser_gets_a_token_of_its_own() -> None:
    tokens = set()
    for _ in range(5):
        browser = Browser()
        browser.open("/login")
        tokens.add(browser.cookies[FORM])
    assert len(tokens) == 5
    assert all(len(token) >= 32 for token in tokens)
