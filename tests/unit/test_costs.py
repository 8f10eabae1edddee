"""What each operation may cost: AWS calls on the warm path, counted on the wire (design, section 3)."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from chalicelib.accounts.models import Status
from tests.unit import cloud
from tests.unit.accounts.people import (
    JAN,
    NEW_PASSWORD,
    ZOFIA,
    confirm_link,
    end_session,
    logged_in,
    reset,
    reset_link,
    settled,
)
from tests.unit.clients import PASSWORD, Answer, Customer, PostOffice
from tests.unit.conftest import Asked, FrozenClock

RESERVE = "UpdateItem throttles_table"
READ_FOR_LOG_IN = "BatchGetItem credentials_table throttles_table"
ADD_SESSION = "UpdateItem accounts_table"
COUNT_FAILURE = "TransactWriteItems throttles_table throttles_table"
AUTHENTICATE = "GetItem accounts_table"
AUTHENTICATE_WITH_BALANCE = "BatchGetItem accounts_table balances_table"
LOG_IN = [READ_FOR_LOG_IN, RESERVE, ADD_SESSION]
FAILED_LOG_IN = [READ_FOR_LOG_IN, RESERVE, COUNT_FAILURE]


def test_a_cold_start_adds_one_call(wire: cloud.Wire) -> None:
    settled()
    wire.clear()
    logged_in()
    assert list(map(str, wire.requests)) == [*LOG_IN, "GetSecretValue"]


def test_logging_in_costs_3_calls(asked: Asked) -> None:
    settled()
    assert asked(lambda: logged_in("jan")) == LOG_IN


def test_logging_in_costs_one_call_more_when_a_session_or_network_must_make_room(
    asked: Asked, frozen_clock: FrozenClock
) -> None:
    settled()
    for _ in range(10):
        frozen_clock.advance(minutes=15)
        logged_in("jan")
    assert asked(lambda: logged_in("jan", ip="203.0.113.7")) == [*LOG_IN, ADD_SESSION]


def test_a_sixth_log_in_at_once_costs_two_calls_more(asked: Asked) -> None:
    settled()
    for _ in range(5):
        logged_in("jan")
    assert asked(lambda: logged_in("jan")) == [READ_FOR_LOG_IN, RESERVE, AUTHENTICATE, RESERVE, ADD_SESSION]


@pytest.mark.parametrize("failures_before", [0, 1, 4, 5])
def test_a_failed_log_in_costs_3_calls_the_same_for_known_and_unknown_logins(
    asked: Asked, wire: cloud.Wire, frozen_clock: FrozenClock, failures_before: int
) -> None:
    settled()
    shapes = []
    for login in ("jan", "ewa"):
        for _ in range(failures_before):
            Customer().log_in(login, NEW_PASSWORD)
            frozen_clock.advance(minutes=1)
        assert asked(partial(Customer().log_in, login, NEW_PASSWORD)) == FAILED_LOG_IN
        shapes.append([sorted(request.body) for request in wire.requests])
    assert shapes[0] == shapes[1]


def test_a_log_in_that_comes_too_soon_costs_known_and_unknown_logins_the_same(asked: Asked) -> None:
    settled()
    for login in ("jan", "ewa"):
        for _ in range(5):
            Customer().log_in(login, NEW_PASSWORD)
        refused = asked(partial(Customer().log_in, login, NEW_PASSWORD))
        assert refused == [READ_FOR_LOG_IN, RESERVE, AUTHENTICATE]


def test_a_refused_log_in_to_a_closed_login_costs_known_and_unknown_logins_the_same(
    asked: Asked, with_settings: Callable[..., None]
) -> None:
    with_settings(LOG_IN_FAILURES_UNTIL_CLOSED="10")
    settled()
    for login in ("jan", "ewa"):
        for number in range(10):
            Customer(ip=f"100.64.{number}.1").log_in(login, NEW_PASSWORD)
        refused = asked(partial(Customer().log_in, login, NEW_PASSWORD))
        assert refused == [READ_FOR_LOG_IN, RESERVE, AUTHENTICATE]


def test_the_right_password_of_a_locked_account_costs_at_most_4_calls(asked: Asked) -> None:
    settled(status=Status.LOCKED)
    assert asked(lambda: Customer().log_in("jan")) == [*LOG_IN, ADD_SESSION]


def test_what_can_be_no_login_costs_nothing(asked: Asked) -> None:
    assert asked(lambda: Customer().log_in("")) == []


def test_an_authenticated_read_costs_1_call(asked: Asked) -> None:
    settled()
    jan = logged_in("jan")
    assert asked(lambda: jan.get("/v1/account")) == [AUTHENTICATE_WITH_BALANCE]
    assert asked(lambda: jan.get("/v1/sessions")) == [AUTHENTICATE]


def test_a_token_that_is_not_ours_costs_nothing(asked: Asked) -> None:
    settled()
    token = str(logged_in("jan").token)
    assert asked(lambda: Customer(token=token[:-5] + "AAAAA").get("/v1/account")) == []
    assert asked(lambda: Customer().get("/v1/account")) == []


def test_now_and_then_a_read_renews_the_session(asked: Asked, frozen_clock: FrozenClock) -> None:
    settled()
    jan = logged_in("jan")
    frozen_clock.advance(minutes=59)
    assert asked(lambda: jan.get("/v1/account")) == [AUTHENTICATE_WITH_BALANCE]
    frozen_clock.advance(minutes=13)
    assert asked(lambda: jan.get("/v1/account"))[-2:] == [AUTHENTICATE_WITH_BALANCE, ADD_SESSION]


def test_ending_sessions_costs_2_calls(asked: Asked) -> None:
    settled()
    jan = logged_in("jan")
    assert asked(lambda: end_session(jan, "current")) == [AUTHENTICATE, ADD_SESSION]
    jan = logged_in("jan")
    assert asked(lambda: jan.request("DELETE", "/v1/sessions")) == [AUTHENTICATE, ADD_SESSION]


@pytest.mark.parametrize("identifier", ["jan", JAN, "ewa", "ewa@poczta.example"])
def test_forgetting_costs_1_call_where_unknown_users_are_hidden(
    asked: Asked, with_settings: Callable[..., None], identifier: str
) -> None:
    with_settings(UNKNOWN_USER="hide")
    settled()
    asks = asked(lambda: Customer().post("/v1/password-resets", identifier=identifier))
    assert asks == ["TransactWriteItems throttles_table throttles_table outbox_table"]


@pytest.mark.parametrize("identifier", ["jan", JAN, "ewa", "ewa@poczta.example"])
def test_forgetting_costs_3_calls_where_they_are_revealed(asked: Asked, identifier: str) -> None:
    settled()
    asks = asked(lambda: Customer().post("/v1/password-resets", identifier=identifier))
    assert asks[:2] == ["GetItem credentials_table", "Query addresses_table"]
    assert [ask.split()[0] for ask in asks[2:]] == ["TransactWriteItems"]


def test_looking_at_a_reset_link_costs_2_calls(asked: Asked) -> None:
    link = reset_link(settled())
    asks = asked(lambda: Customer().post("/v1/password-resets/check", token=link))
    assert asks == ["GetItem tokens_table", "BatchGetItem accounts_table credentials_table"]


def test_setting_a_new_password_by_link_costs_2_calls(asked: Asked) -> None:
    link = reset_link(settled())
    assert asked(lambda: reset(Customer(), link)) == [
        "GetItem tokens_table",
        "TransactWriteItems tokens_table credentials_table accounts_table addresses_table outbox_table",
    ]


def test_registering_costs_3_calls(asked: Asked) -> None:
    asks = asked(lambda: Customer().register("jan", JAN))
    assert [ask.split()[0] for ask in asks] == ["UpdateItem", "Query", "TransactWriteItems"]


def test_confirming_costs_3_calls(asked: Asked) -> None:
    link = confirm_link(settled(confirmed=False))
    asks = asked(lambda: Customer().post("/v1/accounts/confirm", token=link))
    assert [ask.split()[0] for ask in asks] == ["GetItem", "GetItem", "TransactWriteItems"]


@pytest.mark.parametrize(
    ("changes", "calls"),
    [
        ({}, 1),
        ({"language": "en"}, 2),
        ({"low_balance_threshold": "20.00"}, 2),
        ({"low_balance_threshold": "20.00", "low_balance_notices": False, "language": "en"}, 2),
        ({"login": "janek", "low_balance_notices": False}, 4),
        ({"login": "janek"}, 4),
        ({"login": "JAN"}, 4),
        ({"password": NEW_PASSWORD}, 4),
        ({"login": "janek", "password": NEW_PASSWORD, "language": "en"}, 4),
        ({"login": "zofia"}, 4),
    ],
)
def test_a_change_costs_at_most_4_calls(asked: Asked, changes: dict[str, Any], calls: int) -> None:
    settled()
    settled("zofia", ZOFIA)
    jan = logged_in("jan")
    asks = asked(lambda: jan.patch("/v1/account", **changes, current_password=PASSWORD))
    assert asks[0] == AUTHENTICATE_WITH_BALANCE
    assert len(asks) == calls <= 4


def test_a_change_costs_at_most_4_calls_and_a_renewal_of_the_session(
    asked: Asked, frozen_clock: FrozenClock
) -> None:
    settled()
    jan = logged_in("jan")
    frozen_clock.advance(minutes=59)
    jan.get("/v1/account")
    frozen_clock.advance(minutes=14)
    asks = asked(lambda: jan.patch("/v1/account", login="janek", current_password=PASSWORD))
    assert len([ask for ask in asks if ask != "GetSecretValue"]) == 4 + 1


@pytest.mark.parametrize("entries", [0, 3])
def test_a_page_of_the_log_costs_1_query_and_the_authentication(
    asked: Asked, post_office: PostOffice, entries: int
) -> None:
    settled()
    jan = logged_in("jan")
    for number in range(entries):
        jan.patch("/v1/account", login=f"jan-{number}", current_password=PASSWORD)
    post_office.deliver_all()
    assert asked(lambda: jan.get("/v1/account/notifications", limit="2")) == [
        AUTHENTICATE,
        "Query notifications_table",
    ]


@pytest.mark.parametrize("path", ["/v1/health", "/v1/openapi.json", "/.well-known/change-password", "/"])
def test_what_concerns_no_account_costs_nothing(asked: Asked, path: str) -> None:
    answers: list[Answer] = []
    assert asked(lambda: answers.append(Customer().get(path))) == []
    assert answers[0].status < 400


def test_reads_that_decide_about_access_are_consistent(wire: cloud.Wire, post_office: PostOffice) -> None:
    link = reset_link(settled())
    settled("zofia", ZOFIA)
    jan = logged_in("jan")
    wire.clear()
    jan.get("/v1/account")
    jan.log_in("jan")
    jan.patch("/v1/account", login="janek", current_password=PASSWORD)
    jan.post("/v1/password-resets", identifier=JAN)
    jan.post("/v1/password-resets/check", token=link)
    jan.register("ewa", "ewa@poczta.example")
    post_office.deliver_all()
    reads = [call for call in wire.requests if call.operation in {"GetItem", "Query", "BatchGetItem"}]
    assert len(reads) >= 10
    for call in reads:
        tables = call.body.get("RequestItems", {"": call.body}).values()
        assert all(table["ConsistentRead"] is True for table in tables), str(call)
