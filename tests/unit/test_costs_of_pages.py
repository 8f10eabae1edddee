"""What the panel's pages may cost: AWS calls on the warm path (design, section 3)."""

from collections.abc import Callable
from functools import partial

import pytest

from chalicelib.web.panel.routes import PAGES
from tests.unit.accounts.people import (
    JAN,
    NEW_ADDRESS,
    NEW_PASSWORD,
    confirm_link,
    new_address_link,
    reset_link,
    settled,
    undo_link,
)
from tests.unit.clients import PASSWORD
from tests.unit.conftest import Asked
from tests.unit.web.panel.visitors import SESSION, entered, visitor

READ = "GetItem accounts_table"
LOOK_UP = "GetItem tokens_table"
READ_WITH_BALANCE = "BatchGetItem accounts_table balances_table"
LOG_IN = [
    "BatchGetItem credentials_table throttles_table",
    "UpdateItem throttles_table",
    "UpdateItem accounts_table",
]
FAILED_LOG_IN = [*LOG_IN[:2], "TransactWriteItems throttles_table throttles_table"]
CHECK_PASSWORD = ["UpdateItem throttles_table", "GetItem credentials_table"]


def transaction(*tables: str) -> str:
    return " ".join(["TransactWriteItems", *(f"{table}_table" for table in tables)])


@pytest.mark.parametrize(
    ("path", "calls"),
    [
        ("/", []),
        ("/login", [READ]),
        ("/logout", []),
        ("/forgot", []),
        ("/forgot/sent", []),
        ("/register", []),
        ("/confirmation", []),
        ("/confirm", []),
        ("/email/confirm", []),
        ("/email/undo", []),
        ("/reset", [LOOK_UP]),
        ("/ticket", [READ]),
        ("/data", [READ_WITH_BALANCE]),
        ("/data/login", [READ]),
        ("/data/email", [READ]),
        ("/data/password", [READ]),
        ("/data/language", [READ]),
        ("/data/low-balance", [READ_WITH_BALANCE]),
        ("/data/sip-password", [READ]),
        ("/data/sessions", [READ]),
        ("/data/delete", [READ_WITH_BALANCE]),
        ("/balance", [READ_WITH_BALANCE]),
        ("/notifications", [READ, "Query notifications_table"]),
        ("/nowhere", []),
        ("/style.css", []),
    ],
)
def test_a_page_costs_its_customer_one_call_and_a_log_one_more(
    asked: Asked, path: str, calls: list[str]
) -> None:
    settled()
    browser = entered()
    assert asked(lambda: browser.request("GET", path)) == calls


@pytest.mark.parametrize("path", [*sorted(set(PAGES) - {"/language"}), "/nowhere", "/style.css"])
def test_a_page_costs_nothing_without_a_session(asked: Asked, path: str) -> None:
    looks_up = [LOOK_UP] if path == "/reset" else []
    assert asked(lambda: visitor().request("GET", path)) == looks_up
    assert asked(lambda: visitor().request("HEAD", path)) == looks_up


def test_a_cookie_that_is_none_of_ours_costs_nothing(asked: Asked) -> None:
    settled()
    browser = entered()
    browser.cookies[SESSION] = browser.cookies[SESSION][:-5] + "AAAAA"
    for path in ("/data", "/login", "/ticket", "/balance"):
        assert asked(partial(browser.request, "GET", path)) == []


def test_a_form_from_another_site_costs_nothing(asked: Asked) -> None:
    settled()
    browser = entered()
    browser.sends = {"sec-fetch-site": "cross-site"}
    for path in PAGES:
        assert asked(partial(browser.post, path, login="jan", password=PASSWORD)) == []


def test_looking_at_a_reset_link_costs_2_calls(asked: Asked) -> None:
    link = reset_link(settled())
    asks = asked(lambda: visitor().request("GET", "/reset", query={"token": link}))
    assert asks == [LOOK_UP, "BatchGetItem accounts_table credentials_table"]


@pytest.mark.parametrize("path", ["/confirm", "/email/confirm", "/email/undo"])
def test_looking_at_another_link_costs_nothing(asked: Asked, path: str) -> None:
    assert asked(lambda: visitor().request("GET", path, query={"token": "x" * 43})) == []


def test_logging_in_by_the_form_costs_3_calls_as_by_the_api(asked: Asked) -> None:
    settled()
    browser = visitor()
    assert asked(lambda: browser.post("/login", login="jan", password=PASSWORD)) == LOG_IN
    assert asked(lambda: browser.post("/login", login="jan", password=NEW_PASSWORD)) == FAILED_LOG_IN
    assert asked(lambda: browser.post("/login", login="nobody", password=PASSWORD)) == FAILED_LOG_IN


def test_logging_out_costs_2_calls(asked: Asked) -> None:
    settled()
    browser = entered()
    assert asked(lambda: browser.post("/logout")) == [READ, "UpdateItem accounts_table"]
    assert asked(lambda: browser.post("/logout")) == []


def test_forgetting_costs_what_it_costs_by_the_api(asked: Asked, with_settings: Callable[..., None]) -> None:
    settled()
    counted = transaction("throttles", "throttles", "outbox")
    revealing = ["GetItem credentials_table", "Query addresses_table", counted]
    assert asked(lambda: visitor().post("/forgot", identifier=JAN)) == revealing
    with_settings(UNKNOWN_USER="hide")
    for identifier in (JAN, "nobody"):
        assert asked(partial(visitor().post, "/forgot", identifier=identifier)) == [counted]


def test_resetting_costs_2_calls_and_a_second_press_of_the_button_3_more(asked: Asked) -> None:
    link = reset_link(settled())
    form = {"token": link, "username": "jan", "password": NEW_PASSWORD, "password_again": NEW_PASSWORD}
    reset = [LOOK_UP, transaction("tokens", "credentials", "accounts", "addresses", "outbox")]
    assert asked(lambda: visitor().post("/reset", **form)) == reset
    assert asked(lambda: visitor().post("/reset", **form)) == [LOOK_UP, *LOG_IN[:2], READ]


@pytest.mark.parametrize(
    ("path", "form", "calls"),
    [
        ("/data/login", {"login": "janek"}, 4),
        ("/data/email", {"email": NEW_ADDRESS}, 4),
        ("/data/password", {"password": NEW_PASSWORD, "password_again": NEW_PASSWORD}, 4),
        ("/data/language", {"language": "en"}, 2),
        ("/language", {"language": "en"}, 2),
        ("/language", {"language": "pl"}, 1),
        ("/data/low-balance", {"low_balance_threshold": "20"}, 2),
        ("/data/sessions", {"everywhere": "yes"}, 2),
        ("/data/delete", {"confirmed": "yes"}, 5),
    ],
)
def test_a_change_costs_at_most_what_it_costs_by_the_api(
    asked: Asked, path: str, form: dict[str, str], calls: int
) -> None:
    settled()
    browser = entered()
    asks = asked(lambda: browser.post(path, current_password=PASSWORD, **form))
    assert asks[0] in (READ, READ_WITH_BALANCE)
    assert len(asks) == calls


def test_a_mistyped_form_of_a_customer_costs_the_one_call(asked: Asked) -> None:
    settled()
    browser = entered()
    assert asked(lambda: browser.post("/data/email", email="nowy@", current_password=PASSWORD)) == [READ]
    assert asked(lambda: browser.post("/data/password", password="a", password_again="b")) == [READ]
    refused = asked(lambda: browser.post("/data/login", login="janek", current_password="x"))
    assert refused == [READ, *CHECK_PASSWORD, READ]


@pytest.mark.parametrize(
    ("path", "make", "calls"),
    [("/confirm", confirm_link, 3), ("/email/confirm", new_address_link, 4), ("/email/undo", undo_link, 3)],
)
def test_pressing_the_button_of_a_link_costs_what_it_costs_by_the_api(
    asked: Asked, path: str, make: Callable[..., str], calls: int
) -> None:
    token = make(settled(confirmed=path != "/confirm"))
    assert len(asked(lambda: visitor().post(path, token=token))) == calls
