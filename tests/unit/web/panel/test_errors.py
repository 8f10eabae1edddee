"""Whatever goes wrong is told on a page, in plain words, with a way on; nothing on it is personal."""

import json

import pytest

from tests.unit import cloud
from tests.unit.accounts.people import JAN, settled
from tests.unit.browser import Browser, Page
from tests.unit.clients import PASSWORD, Customer
from tests.unit.conftest import FrozenClock
from tests.unit.web.panel.visitors import SESSION, entered, mistakes, visitor

pytestmark = pytest.mark.usefixtures("aws_in_memory")

REQUEST = "00000000-0000-4000-8000-000000000000"
FORM = "application/x-www-form-urlencoded"

DENIED = {"__type": "AccessDeniedException", "message": "not allowed"}
BUSY = {"__type": "TransactionConflictException", "message": "busy"}


def assert_error(page: Page, status: int, title: str) -> None:
    """An error's page: what happened, and the way to the start page and back in."""
    assert page.status == status
    assert page.title == f"{title} – Telefonia Przykład"
    assert f"<h1>{title}</h1>" in page.text
    assert "To the start page" in page.words
    assert "Forgot your password?" in page.words


def test_a_form_from_another_site_is_told_to_be_opened_here() -> None:
    page = visitor(sec_fetch_site="cross-site").post("/login", login="jan", password=PASSWORD)
    assert_error(page, 403, "The form was not accepted")
    assert "Please open the page here and try again; your browser must accept our cookies." in page.words


@pytest.mark.parametrize(
    "path", ["/nowhere", "/data/nowhere", "/v2/account", "/V1/account", "/login.php", "/%2e"]
)
def test_a_wrong_address_gets_a_page(path: str) -> None:
    assert_error(visitor().open(path), 404, "Page not found")


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/nowhere", "/v1/a/b/c", "/operator/nowhere", "/.well-known/nowhere"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_below_the_addresses_for_machines_a_wrong_one_gets_a_problem_document(path: str, method: str) -> None:
    answer = visitor().request(method, path, headers={"content-type": "application/json"})
    assert answer.status == 404
    assert answer.header("Content-Type") == "application/problem+json"
    assert json.loads(answer.text)["code"] == "not_found"


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "PATCH"])
def test_a_wrong_address_gets_a_page_by_every_method(method: str) -> None:
    answer = visitor().request(method, "/nowhere", headers={"content-type": "application/json"})
    assert_error(answer, 404, "Page not found")


def test_a_form_sent_to_a_wrong_address_gets_the_page_too() -> None:
    assert_error(visitor().post("/nowhere", a="b"), 404, "Page not found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/data", {"GET", "HEAD", "POST"}),
        ("DELETE", "/data/delete", {"GET", "HEAD", "POST"}),
        ("POST", "/balance", {"GET", "HEAD"}),
        ("POST", "/notifications", {"GET", "HEAD"}),
        ("POST", "/", {"GET", "HEAD"}),
        ("POST", "/data/export", {"GET", "HEAD"}),
        ("GET", "/language", {"POST"}),
        ("HEAD", "/language", {"POST"}),
        ("PUT", "/style.css", {"GET", "HEAD"}),
    ],
)
def test_a_method_that_a_page_does_not_know_gets_a_page_and_the_known_ones(
    method: str, path: str, allowed: set[str]
) -> None:
    page = visitor().post(path) if method == "POST" else visitor().request(method, path)
    assert_error(page, 405, "This does not work here")
    assert set(page.header("Allow").split(", ")) == allowed


def test_a_form_larger_than_any_of_ours_is_too_much() -> None:
    page = visitor().post("/ticket", contact_email=JAN, message="x" * 65 * 1024)
    assert_error(page, 413, "This was too much")


def test_the_longest_ticket_in_the_longest_writing_is_not_too_much() -> None:
    # Four bytes of UTF-8 a character, each percent-encoded.
    page = visitor().post("/ticket", contact_email=JAN, login="\U0001f40c" * 64, message="\U0001f40c" * 5000)
    assert page.status == 303


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""]
)
def test_a_form_in_another_format_is_not_understood(content_type: str) -> None:
    page = visitor().request("POST", "/login", body="login=jan", headers={"content-type": content_type})
    assert_error(page, 415, "The form was not understood")


@pytest.mark.parametrize("content_type", [f"{FORM}; charset=UTF-8", FORM.upper()])
def test_a_form_is_known_by_any_spelling_of_its_format(content_type: str) -> None:
    headers = {"content-type": content_type, "sec-fetch-site": "same-origin"}
    assert visitor().request("POST", "/login", body="login=jan", headers=headers).status == 422


def test_a_form_with_more_fields_than_any_of_ours_is_incomplete() -> None:
    page = visitor().post("/login", **{f"field-{number}": "x" for number in range(13)})
    assert_error(page, 400, "The form is incomplete")


def test_an_address_with_an_invented_place_in_the_list_is_incomplete() -> None:
    settled()
    assert_error(entered().open("/notifications", cursor="invented"), 400, "The address is incomplete")


def test_a_language_that_is_none_of_ours_makes_an_incomplete_form() -> None:
    assert_error(visitor().post("/language", language="de"), 400, "The form is incomplete")


def test_a_failure_of_ours_shows_the_reference_under_which_the_log_has_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    settled()
    browser = entered()
    for path, fields in (("/data", {}), ("/login", {"login": "jan", "password": PASSWORD})):
        caplog.clear()
        with cloud.faults(lambda _: DENIED):
            page = browser.post(path, **fields) if fields else browser.open(path)
        assert_error(page, 500, "Something went wrong on our side")
        assert f"<code>{REQUEST}</code>" in page.text
        assert REQUEST in caplog.text
        assert "AccessDeniedException" in caplog.text
        assert "AccessDenied" not in page.text
        for secret in (PASSWORD, browser.cookies[SESSION]):
            assert secret not in page.text
            assert secret not in caplog.text


def test_no_other_error_has_a_reference() -> None:
    assert REQUEST not in visitor().open("/nowhere").text


def test_an_overloaded_database_says_when_to_try_again_and_keeps_what_was_typed() -> None:
    browser = visitor()
    page = browser.open("/ticket")
    with cloud.faults(lambda _: BUSY):
        answer = browser.send(page, "Send the ticket", contact_email=JAN, message="Pomocy!")
    assert answer.status == 503
    assert int(answer.header("Retry-After")) >= 1
    assert mistakes(answer) == ["The service is overloaded for the moment. Nothing was changed."]
    assert "Pomocy!" in answer.text
    assert browser.send(answer, "Send the ticket").status == 200


def test_an_overloaded_database_says_so_on_a_page_that_is_only_opened(frozen_clock: FrozenClock) -> None:
    settled()
    browser = entered()
    frozen_clock.advance(hours=2)  # so that the session has to be renewed
    with cloud.faults(lambda operation: BUSY if operation == "UpdateItem" else None):
        page = browser.open("/data")
    assert_error(page, 503, "Not available for the moment")
    assert f"Try again in {page.header('Retry-After')} seconds." in page.words


def test_too_many_attempts_say_how_long_to_wait_and_never_too_short(frozen_clock: FrozenClock) -> None:
    settled()
    browser = visitor()
    page = browser.open("/login")
    for _ in range(5):
        assert browser.send(page, "Log in", login="jan", password="Zly-Rower-7").status == 422
    waits = []
    for seconds in (0, 0.5, 28.9):
        frozen_clock.advance(seconds=seconds)
        refused = browser.send(page, "Log in", login="jan", password=PASSWORD)
        assert refused.status == 429
        waits.append((refused.header("Retry-After"), mistakes(refused)))
    assert waits == [
        ("30", ["Too many attempts. Try again in 30 seconds."]),
        ("30", ["Too many attempts. Try again in 30 seconds."]),
        ("1", ["Too many attempts. Try again in 1 second."]),
    ]
    frozen_clock.advance(seconds=0.6)
    assert browser.send(page, "Log in", login="jan", password=PASSWORD).path == "/data"


def test_too_many_reminders_say_how_many_minutes_to_wait(frozen_clock: FrozenClock) -> None:
    settled()
    browser = visitor()
    for _ in range(3):
        browser.send(browser.open("/forgot"), "Send me the message", identifier="jan")
    frozen_clock.advance(minutes=37, seconds=30)
    refused = browser.send(browser.open("/forgot"), "Send me the message", identifier="jan")
    assert refused.status == 429
    assert refused.header("Retry-After") == "1350"
    assert mistakes(refused) == ["Too many attempts. Try again in 23 minutes."]


def test_nothing_on_an_errors_page_is_personal() -> None:
    settled()
    browser = entered()
    pages = [
        browser.open("/nowhere"),
        browser.request("PUT", "/data"),
        browser.open("/notifications", cursor="x"),
        browser.post("/language", language="de"),
        browser.post("/ticket", message="jan" * 50_000),
        browser.request("POST", "/data/login", body="login=jan", headers={"content-type": "text/plain"}),
    ]
    browser.sends = {"origin": "null"}
    pages.append(browser.post("/data/login", login="jan", current_password=PASSWORD))
    with cloud.faults(lambda _: DENIED):
        pages.append(browser.open("/data"))
    assert [page.status for page in pages] == [404, 405, 400, 400, 413, 415, 403, 500]
    for page in pages:
        assert "jan" not in page.text
        assert "poczta" not in page.text
        assert browser.cookies[SESSION] not in page.text
        assert "Log out" in page.words  # the navigation is there, as on every page


@pytest.mark.parametrize("path", ["/<script>alert(1)</script>", "/x%22%3E%3Cscript%3E", "/x\r\nLocation: y"])
def test_a_wrong_address_is_not_repeated_on_the_page(path: str) -> None:
    page = visitor().open(path)
    assert page.status == 404
    assert "alert" not in page.text
    assert "script%3E" not in page.text
    assert "Location" not in page.headers


def test_the_api_goes_on_answering_in_problem_documents() -> None:
    assert Customer().get("/v1/account").code == "not_logged_in"
    assert Customer().request("PUT", "/v1/account").code == "method_not_allowed"


def test_an_error_is_told_in_the_language_that_was_chosen() -> None:
    assert "Nie ma takiej strony" in Browser(language="pl").open("/nowhere").title
    assert "Nie ma takiej strony" in Browser(language="de").open("/nowhere").title
    browser = Browser(language="en")
    browser.post("/language", language="pl")
    assert "Nie ma takiej strony" in browser.open("/nowhere").title
