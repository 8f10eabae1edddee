"""What every answer of the panel tells the browser: run nothing foreign, keep nothing, betray nothing."""

import base64
import hashlib
import re
from collections.abc import Callable

import pytest

from tests.unit import cloud
from tests.unit.accounts.people import reset_link, settled
from tests.unit.browser import Browser, Page
from tests.unit.clients import PASSWORD
from tests.unit.web.panel.doings import pages_that
from tests.unit.web.panel.visitors import entered, visitor

pytestmark = pytest.mark.usefixtures("aws_in_memory")

DENIED = {"__type": "AccessDeniedException", "message": "not allowed"}


def _failed() -> Page:
    with cloud.faults(lambda _: DENIED):
        return visitor().post("/login", login="jan", password=PASSWORD)


ANSWERS: dict[str, Callable[[], Page]] = {
    "a page": lambda: visitor().open("/login"),
    "a customer's page": lambda: entered().open("/data"),
    "a download": lambda: entered().open("/data/export"),
    "a redirect": lambda: visitor().request("GET", "/"),
    "a form that was taken": lambda: visitor().post("/login", login="jan", password=PASSWORD),
    "a form that was refused": lambda: visitor().post("/login", login="jan", password="x"),
    "a form from elsewhere": lambda: visitor(sec_fetch_site="cross-site").post("/login"),
    "a link that has expired": lambda: visitor().open("/reset", token="x"),
    "a page that is not there": lambda: visitor().open("/nowhere"),
    "a method that is none": lambda: visitor().request("PUT", "/data"),
    "a method that the page does not know": lambda: visitor().post("/balance"),
    "too much": lambda: visitor().post("/ticket", message="x" * 100_000),
    "a form in another format": lambda: visitor().request(
        "POST", "/login", body="{}", headers={"content-type": "application/json"}
    ),
    "a failure": _failed,
    "the style sheet": lambda: visitor().open("/style.css"),
}


@pytest.fixture(params=ANSWERS)
def answer(request: pytest.FixtureRequest) -> Page:
    settled()
    return ANSWERS[request.param]()


def test_no_answer_can_be_framed_or_guessed_at_and_none_tells_other_sites_the_whole_address(
    answer: Page,
) -> None:
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("X-Frame-Options") == "DENY"
    assert answer.header("Referrer-Policy") == "strict-origin"
    assert answer.header("Strict-Transport-Security") == "max-age=31536000"


def test_what_is_for_one_person_is_not_kept(answer: Page) -> None:
    is_style = answer.path == "/style.css"
    assert answer.header("Cache-Control") == ("no-cache" if is_style else "no-store")


def test_nothing_says_that_another_site_may_read_it(answer: Page) -> None:
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_every_page_says_its_type_its_language_and_what_it_may_load(answer: Page) -> None:
    if not answer.text.startswith("<!doctype html>"):
        assert answer.status in (200, 303)
        return
    assert answer.header("Content-Type") == "text/html; charset=utf-8"
    assert answer.header("Content-Language") == "en"
    assert '<html lang="en">' in answer.text
    assert policy_of(answer)["default-src"] == "'none'"


def policy_of(page: Page) -> dict[str, str]:
    """The page's content security policy: what each kind of thing may come from."""
    directives = page.header("Content-Security-Policy").split("; ")
    return {name: sources for name, _, sources in (each.partition(" ") for each in directives)}


def test_the_policy_lets_in_our_style_sheet_our_icon_and_our_one_script() -> None:
    page = visitor().open("/login")
    policy = policy_of(page)
    [script] = re.findall(r"<script[^>]*>(.*?)</script>", page.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy == {
        "default-src": "'none'",
        "style-src": "'self'",
        "img-src": "data:",
        "script-src": f"'sha256-{digest}'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }


@pytest.mark.parametrize("path", sorted(pages_that("show")))
def test_no_page_has_what_the_policy_forbids(path: str) -> None:
    account = settled()
    for browser in (visitor(), entered()):
        page = browser.open(path, token=reset_link(account))
        if page.header("Content-Type") == "application/json":
            continue
        tags = [tag for tag, _ in page.parsed.elements]
        assert tags.count("script") == 1
        assert not {"style", "iframe", "object", "embed", "base", "img"} & set(tags)
        for tag, attributes in page.parsed.elements:
            assert "style" not in attributes, tag
            assert not [name for name in attributes if name.startswith("on")], tag
            assert not any("javascript:" in value for value in attributes.values())
            assert not any(re.match(r"(https?:)?//", value) for value in attributes.values()), attributes


def test_on_plain_http_browsers_are_not_told_to_come_by_https_only(
    with_settings: Callable[..., None],
) -> None:
    with_settings(PANEL_URL="http://localhost:8080")
    assert "Strict-Transport-Security" not in visitor().open("/login").headers


def test_the_style_sheet_may_be_kept_for_good_under_the_version_that_pages_name() -> None:
    browser = Browser()
    [reference] = [
        attributes["href"]
        for tag, attributes in browser.open("/login").parsed.elements
        if tag == "link" and attributes["rel"] == "stylesheet"
    ]
    path, _, version = reference.partition("?v=")
    assert path == "style.css"
    style = browser.open("/style.css", v=version)
    assert style.status == 200
    assert style.header("Content-Type") == "text/css; charset=utf-8"
    assert style.header("Cache-Control") == "public, max-age=31536000, immutable"
    assert ":focus-visible" in style.text
    assert version == hashlib.sha256(style.text.encode()).hexdigest()[:12]


@pytest.mark.parametrize("query", [{}, {"v": ""}, {"v": "0123456789ab"}, {"version": "x"}])
def test_under_another_version_the_style_sheet_is_the_present_one_and_is_not_kept(
    query: dict[str, str],
) -> None:
    style = Browser().open("/style.css", **query)
    assert style.status == 200
    assert style.header("Cache-Control") == "no-cache"


def test_the_style_sheet_loads_nothing_from_elsewhere() -> None:
    style = Browser().open("/style.css").text
    assert "@import" not in style
    assert "url(" not in style
    assert "http" not in style


def test_a_download_is_a_file_and_never_a_page() -> None:
    settled()
    file = entered().open("/data/export")
    assert file.header("Content-Type") == "application/json"
    assert file.header("Content-Disposition") == 'attachment; filename="my-data.json"'
