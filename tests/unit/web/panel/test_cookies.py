"""The panel's cookies: from this host alone, out of scripts' reach, and for pages alone."""

from collections.abc import Callable

import pytest

from tests.unit.accounts.people import settled
from tests.unit.browser import Browser, Page
from tests.unit.clients import PASSWORD, Customer
from tests.unit.web.panel.visitors import (
    FORM,
    LANGUAGE,
    NOTICE,
    SESSION,
    entered,
    everything,
    is_in,
    log_in,
    notice_on,
    visitor,
)

pytestmark = pytest.mark.usefixtures("aws_in_memory")

THIRTY_DAYS, A_YEAR, FIVE_MINUTES = "Max-Age=2592000", "Max-Age=31536000", "Max-Age=300"


def set_by(page: Page) -> dict[str, list[str]]:
    """The attributes of each cookie that an answer sets, by its name."""
    lines = [line.split("; ") for line in page.headers.get("Set-Cookie", [])]
    return {pair.partition("=")[0]: attributes for pair, *attributes in lines}


def logging_in(browser: Browser) -> Page:
    """The answer to the log-in form, before it is followed."""
    browser.open("/login")
    return browser.post("/login", login="jan", password=PASSWORD)


def test_on_https_every_cookie_is_bound_to_the_host_and_hidden_from_scripts() -> None:
    settled()
    browser = Browser(language="en")
    first = browser.open("/login")
    answers = [first, logging_in(browser), browser.post("/data/language", language="en")]
    found = {name: attributes for each in answers for name, attributes in set_by(each).items()}
    assert found.keys() == {SESSION, FORM, LANGUAGE, NOTICE}
    for attributes in found.values():
        assert attributes[1:] == ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"]
    assert {name: attributes[0] for name, attributes in found.items()} == {
        SESSION: THIRTY_DAYS,
        FORM: THIRTY_DAYS,
        LANGUAGE: A_YEAR,
        NOTICE: FIVE_MINUTES,
    }


@pytest.fixture
def on_plain_http(with_settings: Callable[..., None]) -> None:
    """The panel as on a developer's machine."""
    with_settings(PANEL_URL="http://localhost:8080")


def test_on_plain_http_the_cookies_have_plain_names_and_work(on_plain_http: None) -> None:
    settled()
    browser = visitor()
    answer = logging_in(browser)
    assert set_by(answer)["session"] == [THIRTY_DAYS, "Path=/", "HttpOnly", "SameSite=Lax"]
    assert browser.open("/data").path == "/data"


def test_on_https_a_plain_name_is_no_cookie_of_ours() -> None:
    settled()
    browser = entered()
    browser.cookies = {"session": browser.cookies[SESSION], "language": "en"}
    assert browser.open("/data").path == "/login"
    browser.language = "pl"
    assert '<html lang="pl">' in browser.open("/login").text


def test_a_session_that_lasts_shorter_by_the_settings_has_a_cookie_that_does_too(
    with_settings: Callable[..., None],
) -> None:
    with_settings(SESSION_MAX_DAYS="7")
    settled()
    assert set_by(logging_in(Browser()))[SESSION][0] == "Max-Age=604800"


def test_logging_in_keeps_the_language_of_the_account_unless_one_was_chosen() -> None:
    settled()
    assert LANGUAGE in set_by(logging_in(Browser(language="en")))
    assert LANGUAGE not in set_by(logging_in(visitor()))


def test_a_failed_log_in_sets_no_session() -> None:
    settled()
    answer = visitor().post("/login", login="jan", password="Zly-Rower-7")
    assert answer.status == 422
    assert "Set-Cookie" not in answer.headers


def test_the_cookie_opens_no_door_of_the_api() -> None:
    settled()
    token = entered().cookies[SESSION]
    for name in (SESSION, "session"):
        caller = Customer(headers={"cookie": f"{name}={token}"})
        assert caller.get("/v1/account").status == 401
        assert caller.patch("/v1/account", language="en").status == 401
        assert caller.request("DELETE", "/v1/sessions").status == 401


def test_a_bearer_token_opens_no_page() -> None:
    settled()
    token = entered().cookies[SESSION]
    answer = Browser().request("GET", "/data", headers={"authorization": f"Bearer {token}"})
    assert (answer.status, answer.header("Location")) == (303, "login?next=data")


@pytest.mark.parametrize("session", ["", "x", "a.b.c", '"', "%00", "żółw", "eyJhbGciOiJub25lIn0.e30."])
def test_a_session_that_is_none_leads_to_the_log_in_page(session: str) -> None:
    browser = visitor()
    browser.cookies[SESSION] = session
    page = browser.open("/data")
    assert (page.status, page.path) == (200, "/login")
    assert notice_on(page) == "Your session has ended. Please log in again."
    assert SESSION not in browser.cookies


def test_nobody_who_was_never_logged_in_is_told_that_a_session_has_ended() -> None:
    assert notice_on(visitor().open("/data")) is None


ODD = ['"><script>alert(1)</script>', "pl DROP TABLE", "../../etc", "%0d%0aSet-Cookie:a=b", "żółw", "", "'"]


@pytest.mark.parametrize("odd", ODD)
def test_planted_cookies_with_odd_values_do_no_harm(odd: str) -> None:
    before = everything()
    browser = visitor()
    browser.cookies |= {LANGUAGE: odd, NOTICE: odd, FORM: odd, "other": odd}
    page = browser.open("/login")
    assert page.status == 200
    assert '<html lang="en">' in page.text
    assert notice_on(page) is None
    assert "<script>alert" not in page.text
    assert everything() == before


def test_a_notice_that_is_none_is_taken_away() -> None:
    browser = visitor()
    browser.cookies[NOTICE] = "no_such_notice"
    browser.open("/login")
    assert NOTICE not in browser.cookies


def test_a_notice_is_told_once() -> None:
    settled()
    browser = entered()
    page = browser.send(browser.open("/logout"), "Log out")
    assert notice_on(page) == "You are logged out."
    assert notice_on(browser.open("/login")) is None


def test_a_cookie_header_that_is_no_list_of_cookies_is_no_obstacle() -> None:
    settled()
    for header in (";;;", "=", "a", "=b; c", f"{SESSION}", "a=b=c; ; =", f"{LANGUAGE}=en=pl"):
        answer = Browser().request("GET", "/data", headers={"cookie": header})
        assert answer.status == 303, header


def test_of_two_cookies_of_one_name_the_first_counts() -> None:
    settled()
    token = entered().cookies[SESSION]
    header = f"{SESSION}={token}; {SESSION}=planted"
    assert Browser().request("GET", "/data", headers={"cookie": header}).status == 200


def test_two_people_at_two_browsers_have_each_their_own_session() -> None:
    settled()
    settled("zofia", "zofia@poczta.example")
    jan, zofia = entered("jan"), entered("zofia")
    assert "jan@poczta.example" in jan.open("/data").words
    assert "zofia@poczta.example" in zofia.open("/data").words
    jan.send(jan.open("/logout"), "Log out")
    assert not is_in(jan)
    assert is_in(zofia)
    assert log_in(jan).path == "/data"
