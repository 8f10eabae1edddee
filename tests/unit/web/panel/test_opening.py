"""Opening a page changes nothing (I4): by GET or HEAD, with a session or without, by people and scanners."""

import pytest

from tests.unit.accounts.people import (
    ZOFIA,
    confirm_link,
    new_address_link,
    reset_link,
    settled,
    undo_link,
)
from tests.unit.balances.billing import tell
from tests.unit.browser import Browser
from tests.unit.clients import PASSWORD
from tests.unit.web.panel.doings import pages_that
from tests.unit.web.panel.visitors import entered, everything, visitor

pytestmark = pytest.mark.usefixtures("aws_in_memory")

QUERIES = [
    {},
    {"next": "data/delete", "confirmed": "yes", "everywhere": "yes", "action": "cancel", "language": "en"},
    {"login": "jan", "password": PASSWORD, "current_password": PASSWORD},
]


@pytest.mark.parametrize("path", sorted(pages_that("show")))
def test_opening_a_page_changes_nothing(path: str) -> None:
    account = settled()
    tell(account, "4.99")
    browsers = [Browser(language="*"), visitor(ip="203.0.113.7"), entered()]
    before = everything()
    for browser in browsers:
        for query in QUERIES:
            for method in ("GET", "HEAD", "GET"):
                answer = browser.request(method, path, query=query, headers={"sec-fetch-site": "cross-site"})
                assert answer.status in (200, 303, 410)
    assert everything() == before


@pytest.mark.parametrize("path", ["/reset", "/confirm", "/email/confirm", "/email/undo"])
def test_opening_a_mailed_link_uses_nothing_up(path: str) -> None:
    account = settled()
    make = {
        "/reset": lambda: reset_link(account),
        "/confirm": lambda: confirm_link(settled("zofia", ZOFIA, confirmed=False)),
        "/email/confirm": lambda: new_address_link(account),
        "/email/undo": lambda: undo_link(account),
    }
    token = make[path]()
    browsers = [Browser(language="*"), visitor(ip="203.0.113.7"), entered()]
    before = everything()
    for browser in browsers:
        for method in ("GET", "HEAD", "GET"):
            assert browser.request(method, path, query={"token": token}).status == 200
    assert everything() == before


def test_a_head_request_has_the_headers_of_the_page() -> None:
    settled()
    browser = entered()
    for path in ("/login", "/data", "/nowhere"):
        shown, head = (browser.request(method, path) for method in ("GET", "HEAD"))
        assert (head.status, head.headers) == (shown.status, shown.headers)
