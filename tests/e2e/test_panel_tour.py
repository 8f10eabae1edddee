"""Every page of the panel in all its states and both languages: can everybody use it, is it sound, small?"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from chalicelib.web.panel.routes import PAGES
from tests.html_checker import complaints
from tools.gateway_responses import gateway_responses
from tools.tour.cast import Cast
from tools.tour.chromium import launched
from tools.tour.walk import STATES, WITHOUT_PAGE, Sight, walk

LANGUAGES = ("pl", "en")

# Everything of WCAG 2.2 up to AA that a program can see, and what axe calls best practice.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# All that may be different in the dark.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
RUN_AXE = """async only => {
    const found = await axe.run(document, { runOnly: only, resultTypes: ["violations"] });
    return found.violations.flatMap(
        rule => rule.nodes.map(node => `${rule.id}: ${node.html}: ${node.failureSummary}`)
    );
}"""

# A small telephone, a usual one, a desktop at twice the size (WCAG 1.4.4), a desktop; in CSS's pixels. The
# smallest is also a desktop at four times the size (1.4.10).
WIDTHS = (320, 360, 640, 1280)
IS_TOO_WIDE = "document.scrollingElement.scrollWidth > document.scrollingElement.clientWidth"

# What the checker says of attributes that help, and harm nobody: Apple's, by which password managers make
# passwords that we take, and the one that brings up a telephone's keyboard of digits.
KNOWN = {
    "Attribute “passwordrules” not allowed on element “input” at this point.",
    "The “inputmode” attribute is not supported in all browsers. "
    "Please be sure to test, and consider using a polyfill.",
}

MOST_REQUESTS = 2
MOST_BYTES = 30_000


@dataclass(frozen=True)
class Look:
    """What was found about a page in a state and a language."""

    name: str
    sight: Sight
    obstacles: list[str]
    too_wide_at: list[int]


def obstacles(page: Page) -> list[str]:
    """What axe finds in the way of anybody, in light and dark."""
    page.evaluate(AXE)
    found = page.evaluate(RUN_AXE, {"type": "tag", "values": TAGS})
    page.emulate_media(color_scheme="dark")
    found += page.evaluate(RUN_AXE, {"type": "rule", "values": OF_COLOURS})
    page.emulate_media(color_scheme="light")
    return [str(each) for each in found]


def too_wide_at(page: Page) -> list[int]:
    """The widths at which one would have to scroll sideways."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        if page.evaluate(IS_TOO_WIDE):
            found.append(width)
    return found


def look_at_everything(cast: Cast, language: str) -> list[Look]:
    with launched() as browser:
        return [
            Look(f"{language} {sight.state.name}", sight, obstacles(sight.page), too_wide_at(sight.page))
            for sight in walk(browser, cast, language)
        ]


@pytest.fixture(scope="module")
def looks(cast: Cast) -> Iterator[list[Look]]:
    """Both tours at once, each in a browser of its own."""
    with ThreadPoolExecutor() as pool:
        tours = pool.map(lambda language: look_at_everything(cast, language), LANGUAGES)
        yield [look for tour in tours for look in tour]


def test_the_tour_leads_to_every_page_there_is() -> None:
    assert {state.path for state in STATES} >= set(PAGES) - set(WITHOUT_PAGE)
    assert set(WITHOUT_PAGE) <= set(PAGES)
    assert len({state.name for state in STATES}) == len(STATES)


def test_nothing_is_in_anybodys_way(looks: list[Look]) -> None:
    assert {look.name: look.obstacles for look in looks if look.obstacles} == {}


def test_what_the_gateway_says_by_itself_is_in_nobodys_way_either(chromium: Browser) -> None:
    page = chromium.new_page()
    templates = [each["ResponseTemplates"] for each in gateway_responses().values()]
    said = [each["text/html"] for each in templates if "text/html" in each]
    for html in said:
        page.set_content(html)
        assert obstacles(page) == []
        assert too_wide_at(page) == []
    page.set_content(said.pop().replace("<h1>", '<h1 style="color: #999; width: 330px; white-space: pre">'))
    assert any(each.startswith("color-contrast: ") for each in obstacles(page))
    assert too_wide_at(page) == [320]
    page.close()


def test_nobody_has_to_scroll_sideways(looks: list[Look]) -> None:
    assert {look.name: look.too_wide_at for look in looks if look.too_wide_at} == {}


def test_the_browser_has_nothing_to_complain_of(looks: list[Look]) -> None:
    assert {look.name: look.sight.complaints for look in looks if look.sight.complaints} == {}


def test_a_page_is_there_after_two_requests_and_thirty_kilobytes(looks: list[Look]) -> None:
    costs = {look.name: (look.sight.requests, look.sight.wire_bytes) for look in looks}
    assert all(bytes_ > 5_000 for _, bytes_ in costs.values()), "nothing may come from the browser's cache"
    heavy = {name: cost for name, cost in costs.items() if cost[0] > MOST_REQUESTS or cost[1] > MOST_BYTES}
    assert heavy == {}


def test_the_checker_of_html_finds_nothing(looks: list[Look], tmp_path: Path) -> None:
    pages = [look.sight.html for look in looks]
    found = complaints(tmp_path, [*pages, pages[0].replace("</h1>", "</h2>")])
    about = [
        (int(Path(str(each["url"])).stem), each["message"]) for each in found if each["message"] not in KNOWN
    ]
    assert [(looks[page].name, what) for page, what in about if page < len(looks)] == []
    assert about, "what is broken is found"
