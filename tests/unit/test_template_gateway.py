"""What API Gateway answers by itself: problem documents for clients of the API, pages for browsers."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import botocore.session
import pytest

from chalicelib.web.problems import REFUSALS
from tests.html_checker import complaints
from tests.unit import packaged
from tests.unit.packaged import Json, properties

# One worker packages, not each.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("package")]

BROWSERS_GET = {
    "RESOURCE_NOT_FOUND", "WAF_FILTERED", "REQUEST_TOO_LARGE", "THROTTLED", "QUOTA_EXCEEDED",
    "INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT", "API_CONFIGURATION_ERROR",
    "AUTHORIZER_CONFIGURATION_ERROR", "AUTHORIZER_FAILURE", "DEFAULT_5XX",
}  # fmt: skip


@pytest.fixture(scope="module")
def responses() -> Json:
    answers: Json = properties(packaged.template(), "RestAPI")["GatewayResponses"]
    return answers


@pytest.fixture(scope="module")
def pages(responses: Json) -> dict[str, str]:
    templates = {name: response["ResponseTemplates"] for name, response in responses.items()}
    return {name: template["text/html"] for name, template in templates.items() if "text/html" in template}


def headers(response: Json) -> dict[str, str]:
    """The headers as a caller gets them: each is a constant in single quotes."""
    quoted = response["ResponseParameters"]["Headers"]
    assert all(value[0] == value[-1] == "'" for value in quoted.values())
    return {name: value[1:-1] for name, value in quoted.items()}


class _Reader(HTMLParser):
    """What a page says, by the language that its elements are marked with."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: dict[str, str] = {}
        self._languages = [""]
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self._languages.append(dict(attrs).get("lang") or self._languages[-1])

    def handle_endtag(self, tag: str) -> None:
        if tag != "meta":
            self._languages.pop()

    def handle_data(self, data: str) -> None:
        self.said[self._languages[-1]] = self.said.get(self._languages[-1], "") + data


def test_every_refusal_of_the_gateway_is_a_problem_document(responses: Json) -> None:
    model = botocore.session.get_session().get_service_model("apigateway")
    assert responses.keys() == set(model.shape_for("GatewayResponseType").enum)
    for response in responses.values():
        problem = json.loads(response["ResponseTemplates"]["application/json"])
        assert problem.keys() == {"type", "title", "status", "code", "detail"}
        assert problem["code"] in REFUSALS
        assert response["StatusCode"] == str(problem["status"])
        assert (problem["status"] == 429) <= ("Retry-After" in headers(response))


def test_an_unknown_path_is_not_found_rather_than_forbidden(responses: Json) -> None:
    assert responses["MISSING_AUTHENTICATION_TOKEN"]["StatusCode"] == "404"


def test_what_a_browser_may_get_is_a_page_as_well(responses: Json, pages: dict[str, str]) -> None:
    assert pages.keys() == BROWSERS_GET
    for name, response in responses.items():
        # The template's key is the type where there are two.
        expected = None if name in BROWSERS_GET else "application/problem+json"
        assert headers(response).get("Content-Type") == expected, name


def test_a_page_says_the_same_in_polish_and_in_english(pages: dict[str, str]) -> None:
    polish, english = (_Reader(pages["REQUEST_TOO_LARGE"]).said[language] for language in ("pl", "en"))
    assert "Wróć i skróć to, co wysyłasz." in polish
    assert "Go back and shorten it." in english
    for page in pages.values():
        assert _Reader(page).said.keys() <= {"", "pl", "en"}


def test_a_page_tells_the_time_to_wait_that_its_header_tells(responses: Json, pages: dict[str, str]) -> None:
    words = {
        "5": {"pl": "Spróbuj ponownie za 5 sekund.", "en": "Try again in 5 seconds."},
        "3600": {"pl": "Spróbuj ponownie za godzinę.", "en": "Try again in an hour."},
    }
    told = set()
    for name, page in pages.items():
        seconds = headers(responses[name]).get("Retry-After")
        for language, said in _Reader(page).said.items():
            assert [wait for wait in words if words[wait].get(language, "-") in said] == (
                [seconds] if seconds and language else []
            ), name
        told.add(seconds)
    assert told == {None, *words}


def test_the_page_of_a_failure_alone_gives_the_requests_id(responses: Json, pages: dict[str, str]) -> None:
    for name, page in pages.items():
        is_failure = responses[name]["StatusCode"].startswith("5")
        # Once in each language; the gateway fills in nothing else.
        assert re.findall(r"\$[\w.{}]*", page) == ["$context.requestId"] * 2 * is_failure, name


def test_a_page_is_in_ascii_and_needs_nothing_else(responses: Json, pages: dict[str, str]) -> None:
    for name, page in pages.items():
        assert page.isascii()
        assert not re.search(r"<script|<link|<img|\bsrc=|\bstyle=|url\(", page)
        (style,) = re.findall("<style>(.*?)</style>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        policy = headers(responses[name])["Content-Security-Policy"]
        assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'; ")
        assert "frame-ancestors 'none'" in policy


def test_the_checker_finds_nothing_in_any_page_and_would(pages: dict[str, str], tmp_path: Path) -> None:
    broken = pages["THROTTLED"].replace('lang="en"', 'align="left"')
    found = complaints(tmp_path, [*pages.values(), broken])
    assert {str(each["url"]).rpartition("/")[2] for each in found} == {f"{len(pages)}.html"}
