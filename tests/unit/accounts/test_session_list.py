"""The list of one's sessions, and ending them one by one or all."""

import pytest

from chalicelib import storage
from chalicelib.accounts.models import Account, Status
from tests.unit import cloud
from tests.unit.accounts.people import ZOFIA, as_stored, end_session, is_in, logged_in, settled
from tests.unit.clients import Customer
from tests.unit.conftest import FrozenClock

pytestmark = pytest.mark.usefixtures("aws_in_memory", "quick_tables")


def test_the_list_shows_the_live_sessions_newest_first(frozen_clock: FrozenClock) -> None:
    settled()
    logged_in(user_agent="gone")
    frozen_clock.advance(hours=12)
    logged_in(user_agent="phone", ip="203.0.113.7")
    frozen_clock.advance(minutes=20)
    at_home = logged_in(user_agent="computer")
    listed = at_home.get("/v1/sessions").json["sessions"]
    assert [(each["user_agent"], each["network"], each["current"]) for each in listed] == [
        ("computer", "198.51.100.0/24", True),
        ("phone", "203.0.113.0/24", False),
    ]
    assert [each["created_at"] for each in listed] == ["2026-11-22T22:20:00Z", "2026-11-22T22:00:00Z"]


def test_a_long_name_of_a_browser_is_cut(customer: Customer) -> None:
    settled()
    verbose = logged_in(user_agent="Mozilla/5.0 " + "ż" * 5000)
    [listed] = verbose.get("/v1/sessions").json["sessions"]
    assert len(listed["user_agent"]) == 200


def test_logging_out_ends_this_session_only() -> None:
    settled()
    here, elsewhere = logged_in(), logged_in()
    assert here.request("DELETE", "/v1/sessions/current").status == 204
    assert not is_in(here)
    assert is_in(elsewhere)


def test_another_session_can_be_ended_from_the_list() -> None:
    settled()
    here, elsewhere = logged_in(), logged_in()
    [other] = [each for each in here.get("/v1/sessions").json["sessions"] if not each["current"]]
    assert end_session(here, other["id"]).status == 204
    assert not is_in(elsewhere)
    assert is_in(here)
    again = end_session(here, other["id"])
    assert (again.status, again.code) == (404, "not_found")


def test_ending_all_sessions_ends_this_one_too() -> None:
    settled()
    here, elsewhere = logged_in(), logged_in()
    assert here.request("DELETE", "/v1/sessions").status == 204
    assert not is_in(here)
    assert not is_in(elsewhere)


def test_nobody_ends_the_sessions_of_another_account() -> None:
    settled()
    settled("zofia", ZOFIA)
    jan, zofia = logged_in("jan"), logged_in("zofia")
    [own] = jan.get("/v1/sessions").json["sessions"]
    assert end_session(zofia, own["id"]).status == 404
    assert zofia.request("DELETE", "/v1/sessions").status == 204
    assert is_in(jan)


@pytest.mark.parametrize(
    "session_id",
    ["unknown", "a.b", "[0]", "x[0]", "#0", ":0", "sessions", "ż", "%00", "\x00", "'", "a" * 300],
)
def test_an_unknown_session_is_not_found(session_id: str) -> None:
    settled()
    jan = logged_in()
    answer = end_session(jan, session_id)
    assert (answer.status, answer.code) == (404, "not_found")
    assert is_in(jan)


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Basic amFuOmphbg==", "Bearer x", "bearer a b", "Token {}"],
)
def test_without_a_session_nobody_is_let_in(customer: Customer, authorization: str | None) -> None:
    settled()
    token = str(logged_in().token)
    if authorization is not None:
        customer.headers["authorization"] = authorization.format(token)
    for method, path in [
        ("GET", "/v1/account"),
        ("GET", "/v1/sessions"),
        ("DELETE", "/v1/sessions"),
        ("DELETE", "/v1/sessions/current"),
        ("GET", "/v1/account/notifications"),
    ]:
        answer = customer.request(method, path)
        assert (answer.status, answer.code) == (401, "not_logged_in")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("status", [Status.LOCKED, Status.DELETED])
def test_locking_or_deleting_an_account_ends_its_sessions(status: Status) -> None:
    account = settled()
    jan = logged_in()
    storage.write(storage.update(Account(account.account_id), Account.status.set(status)))
    assert not is_in(jan)


def test_a_session_of_an_account_that_is_gone_lets_nobody_in() -> None:
    account = settled()
    jan = logged_in()
    storage.write(storage.delete(Account(account.account_id)))
    assert not is_in(jan)


def test_a_session_ended_at_the_moment_of_its_renewal_stays_ended(frozen_clock: FrozenClock) -> None:
    account = settled()
    jan, elsewhere = logged_in(), logged_in()
    frozen_clock.advance(hours=2)

    def end_meanwhile(call: cloud.Call) -> None:
        if call.writes and len(as_stored(account).sessions.as_dict()) > 0:
            elsewhere.request("DELETE", "/v1/sessions")

    with cloud.before_calls(end_meanwhile):
        assert not is_in(jan)
    assert as_stored(account).sessions.as_dict() == {}
