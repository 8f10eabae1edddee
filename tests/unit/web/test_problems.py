"""Whatever goes wrong is answered with a problem document, in the customer's language."""

import logging
from dataclasses import replace

import pytest

from chalicelib.web.problems import REFUSALS
from tests.unit import cloud
from tests.unit.accounts.people import logged_in, settled
from tests.unit.clients import PASSWORD, Answer, Customer
from tests.unit.conftest import FrozenClock

REFERENCE = "urn:klucznik:request:00000000-0000-4000-8000-000000000000"


def assert_problem(answer: Answer, status: int, code: str) -> None:
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.json["type"] == f"urn:klucznik:problem:{code}"
    assert answer.json["status"] == status


def denied(operation: str) -> dict[str, str]:
    return {"__type": "AccessDeniedException", "message": f"not allowed to {operation}"}


def test_a_method_that_a_path_does_not_know_is_a_problem_that_names_the_known_ones() -> None:
    answer = Customer().request("PUT", "/v1/account")
    assert_problem(answer, 405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"DELETE", "GET", "PATCH"}


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""]
)
def test_a_body_that_does_not_say_it_is_json_is_refused(content_type: str) -> None:
    sender = Customer(headers={"content-type": content_type})
    assert_problem(sender.log_in("jan"), 415, "unsupported_media_type")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_is_known_by_any_spelling_of_its_name(content_type: str, customer: Customer) -> None:
    sender = replace(customer, headers={"content-type": content_type})
    assert sender.log_in("jan").code == "invalid_credentials"


def test_a_failure_of_ours_is_a_problem_under_whose_reference_the_log_has_the_reason(
    customer: Customer, caplog: pytest.LogCaptureFixture
) -> None:
    with cloud.faults(denied):
        answer = customer.log_in("jan")
    assert_problem(answer, 500, "internal_error")
    assert answer.json["instance"] == REFERENCE
    [reason, reference] = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert reason.exc_info is not None
    assert "AccessDeniedException" in str(reason.exc_info[1])
    assert REFERENCE in reference.getMessage()


def test_the_log_of_a_failure_has_no_secret(customer: Customer, caplog: pytest.LogCaptureFixture) -> None:
    settled("jan")
    jan = logged_in("jan")
    with cloud.faults(lambda operation: denied(operation) if operation != "GetItem" else None):
        change = {"password": "Czerwony-Tramwaj-8", "current_password": PASSWORD}
        assert jan.patch("/v1/account", **change).status == 500
        assert customer.log_in("jan").status == 500
    assert jan.token is not None
    logged = caplog.text + "".join(str(each.exc_info) + str(each.args) for each in caplog.records)
    assert "AccessDeniedException" in logged
    for secret in (PASSWORD, change["password"], jan.token):
        assert secret not in logged


def test_a_refusal_has_no_instance(customer: Customer) -> None:
    assert "instance" not in customer.log_in("jan").json


def test_when_to_try_again_is_in_whole_seconds_and_never_too_early(
    customer: Customer, frozen_clock: FrozenClock
) -> None:
    for _ in range(5):
        assert customer.log_in("jan").status == 401
    assert customer.log_in("jan").headers["Retry-After"] == "30"
    frozen_clock.advance(seconds=0.5)
    assert customer.log_in("jan").headers["Retry-After"] == "30"
    frozen_clock.advance(seconds=28.9)
    assert customer.log_in("jan").headers["Retry-After"] == "1"
    frozen_clock.advance(seconds=0.6)
    assert customer.log_in("jan").status == 401


def test_a_database_that_refuses_for_long_makes_the_service_unavailable(customer: Customer) -> None:
    with cloud.faults(lambda _: {"__type": "TransactionConflictException", "message": "busy"}):
        answer = customer.register("jan", "jan@poczta.example")
    assert_problem(answer, 503, "unavailable")
    assert int(answer.headers["Retry-After"]) >= 1


def test_whoever_is_not_logged_in_is_told_how_to_be(customer: Customer) -> None:
    for answer in (customer.get("/v1/account"), customer.log_in("jan")):
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic amFuOngK",
        "Token x",
        "Bearer x",
        "Bearer ..",
        "Bearer żółw",
        "Bearer a b",
    ],
)
def test_an_authorization_that_is_no_session_is_refused(authorization: str, customer: Customer) -> None:
    sender = replace(customer, headers={"authorization": authorization})
    assert_problem(sender.get("/v1/account"), 401, "not_logged_in")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_case_of_the_scheme_does_not_matter(scheme: str, customer: Customer) -> None:
    settled("jan")
    customer.log_in("jan")
    sender = Customer(headers={"authorization": f"{scheme} {customer.token}"})
    assert sender.get("/v1/account").status == 200


def test_a_session_that_does_not_exist_cannot_be_ended(customer: Customer) -> None:
    settled("jan")
    jan = logged_in("jan")
    for session_id in ("x", "a[", "a[0]", "a.b", "#0", ":0", "sessions", "ż", "x" * 8000):
        assert_problem(jan.request("DELETE", f"/v1/sessions/{session_id}"), 404, "not_found")
    assert jan.get("/v1/account").status == 200


def test_nothing_inside_a_session_can_be_reached_through_its_id(customer: Customer) -> None:
    settled("jan")
    jan = logged_in("jan")
    [session] = jan.get("/v1/sessions").json["sessions"]
    for inside in ("user_agent", "expires_at"):
        assert jan.request("DELETE", f"/v1/sessions/{session['id']}.{inside}").status == 404
    assert jan.get("/v1/sessions").json["sessions"] == [session]


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_has_words_in_both_languages(code: str) -> None:
    polish, english = (REFUSALS[code].words[language] for language in ("pl", "en"))
    assert polish.title != english.title
    assert polish.detail != english.detail
    for text in (*polish, *english):
        assert text.strip() == text != ""
    assert all(detail.endswith((".", "”.")) for detail in (polish.detail, english.detail))


def test_an_unknown_user_is_advised_to_look_where_our_mail_arrives(customer: Customer) -> None:
    answer = customer.post("/v1/password-resets", identifier="nobody")
    assert answer.json["title"] == "Użytkownik nie istnieje"
    assert "na który adres przychodzą nasze powiadomienia" in answer.json["detail"]
    assert answer.headers["Content-Language"] == "pl"
    in_english = Customer(language="en").post("/v1/password-resets", identifier="nobody")
    assert in_english.headers["Content-Language"] == "en"
    assert in_english.json["detail"] != answer.json["detail"]


HOSTILE = "x\r\nSet-Cookie: a=b\r\n\r\n<script>"


def test_nothing_that_a_caller_writes_gets_into_the_headers(customer: Customer) -> None:
    settled("jan")
    hostile = Customer(language=HOSTILE, user_agent=HOSTILE, headers={"host": HOSTILE, "accept": HOSTILE})
    answers = [
        hostile.log_in(HOSTILE),
        hostile.log_in("jan"),
        hostile.get("/v1/sessions"),
        hostile.get("/v1/account/notifications", cursor=HOSTILE),
        hostile.request("DELETE", f"/v1/sessions/{HOSTILE}"),
        hostile.post("/v1/password-resets", identifier=HOSTILE),
        hostile.post("/v1/accounts/confirm", token=HOSTILE),
        hostile.get("/.well-known/change-password", to=HOSTILE),
        replace(hostile, token=HOSTILE).get("/v1/account"),
        replace(hostile, headers={"content-type": HOSTILE}).log_in("jan"),
        hostile.request("PUT", "/v1/account"),
    ]
    assert [each.status for each in answers] == [401, 201, 200, 400, 404, 404, 410, 302, 401, 415, 405]
    for answer in answers:
        for name, value in answer.headers.items():
            assert "\r" not in name + value
            assert "\n" not in name + value
            assert "Set-Cookie" not in name + value


def test_password_managers_find_the_page_where_a_password_is_changed() -> None:
    answer = Customer().get("/.well-known/change-password")
    assert (answer.status, answer.headers["Location"]) == (302, "https://panel.example/data")
