"""Every operation succeeds as documented, and every refusal in the document can really be had.

That the answers are as documented, to the last field, is checked of every answer that a `Customer`
gets, here and in all other tests.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from chalicelib import storage
from chalicelib.accounts.models import Account, Credential, Status
from chalicelib.accounts.verification import verify_account
from chalicelib.web.openapi import OPERATIONS
from chalicelib.web.operation import Operation
from tests.unit import cloud
from tests.unit.accounts.asking import change
from tests.unit.accounts.people import (
    NEW_ADDRESS,
    bounced,
    confirm_link,
    logged_in,
    new_address_link,
    reset_link,
    settled,
    undo_link,
)
from tests.unit.clients import PASSWORD, Answer, Customer
from tests.unit.conftest import FrozenClock

NEW_PASSWORD = "Czerwony-Tramwaj-8"
EWA = "ewa@poczta.example"

SECRETS = {"password", "current_password", "token"}

# More than the largest body of any operation has.
TOO_MANY_BYTES = 1_000_000
# More than any limit of the throttle lets pass.
MANY = 25


@dataclass(frozen=True)
class Request:
    """What is sent of an operation: the last part of its path, the query, the body; and who is concerned."""

    last: str = ""
    query: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None
    account: Account | None = None


@pytest.fixture
def jan(aws_in_memory: None, frozen_clock: FrozenClock) -> Customer:
    """Jan, who logged in a minute ago."""
    settled("jan")
    customer = logged_in("jan")
    frozen_clock.advance(minutes=1)
    return customer


# Those of the operator's staff are looked at in test_operator_contract.py.
CUSTOMERS = [each for each in OPERATIONS if not each.staff]

# A request of each operation that succeeds.
REQUESTS: dict[str, Callable[[], Request]] = {
    "register": lambda: Request(body={"login": "zofia", "email": "z@poczta.example", "password": PASSWORD}),
    "confirm_email": lambda: Request(body={"token": confirm_link(settled("ewa", EWA, confirmed=False))}),
    "open_session": lambda: Request(body={"login": "jan", "password": PASSWORD}),
    "list_sessions": Request,
    "end_all_sessions": Request,
    "end_session": lambda: Request(last="current"),
    "request_reset": lambda: Request(body={"identifier": "jan"}),
    "check_reset": lambda: Request(body={"token": reset_link(settled("ewa", EWA))}),
    "complete_reset": lambda: Request(
        body={"token": reset_link(settled("ewa", EWA)), "password": NEW_PASSWORD}
    ),
    "read_profile": Request,
    "change_profile": lambda: Request(
        body={"login": "janek", "password": NEW_PASSWORD, "current_password": PASSWORD, "language": "en"}
    ),
    "resend_confirmation": lambda: Request(body={"login": unconfirmed().login, "password": PASSWORD}),
    "delete_account": lambda: Request(body={"current_password": PASSWORD}),
    "confirm_new_email": lambda: Request(body={"token": new_address_link(settled("ewa", EWA))}),
    "undo_change_of_email": lambda: Request(body={"token": undo_link(settled("ewa", EWA))}),
    "replace_sip_password": lambda: Request(body={"current_password": PASSWORD}, account=verified_jan()),
    "list_notifications": lambda: Request(query={"limit": "10"}),
    "show_balance_history": Request,
    "export_account": Request,
    "open_ticket": lambda: Request(body={"contact_email": EWA, "message": "Nie pamiętam loginu."}),
    "health": Request,
    "openapi": Request,
    "change_password_page": Request,
}

# How to spoil it, so that it is refused with this code.
SPOILT: dict[tuple[str, str], Callable[[Request], Request]] = {
    ("register", "login_taken"): lambda sent: typed(sent, login="JAN"),
    ("register", "invalid_login"): lambda sent: typed(sent, login="x"),
    ("register", "invalid_email"): lambda sent: typed(sent, email="x"),
    ("register", "weak_password"): lambda sent: typed(sent, password="x"),
    ("register", "too_many_attempts"): lambda sent: sent,
    ("confirm_email", "link_expired"): lambda sent: typed(sent, token="invented"),
    ("open_session", "invalid_credentials"): lambda sent: typed(sent, password="x"),
    ("open_session", "too_many_attempts"): lambda sent: typed(sent, password="x"),
    ("end_session", "not_found"): lambda sent: replace(sent, last="unknown"),
    ("request_reset", "user_not_found"): lambda sent: typed(sent, identifier="nobody"),
    ("request_reset", "address_unreachable"): lambda sent: typed(sent, identifier=address_that_bounced()),
    ("request_reset", "invalid_identifier"): lambda sent: typed(sent, identifier=" "),
    ("request_reset", "too_many_attempts"): lambda sent: sent,
    ("check_reset", "link_expired"): lambda sent: typed(sent, token="invented"),
    ("complete_reset", "link_expired"): lambda sent: typed(sent, token="invented"),
    ("complete_reset", "weak_password"): lambda sent: typed(sent, password="x"),
    ("change_profile", "wrong_password"): lambda sent: typed(sent, current_password="x"),
    ("change_profile", "login_taken"): lambda sent: typed(sent, login=settled("ewa", EWA).login),
    ("change_profile", "invalid_login"): lambda sent: typed(sent, login="x"),
    ("change_profile", "invalid_threshold"): lambda sent: typed(sent, low_balance_threshold="x"),
    ("change_profile", "weak_password"): lambda sent: typed(sent, password="x"),
    ("change_profile", "too_many_attempts"): lambda sent: typed(sent, current_password="x"),
    ("change_profile", "invalid_email"): lambda sent: typed(sent, email="x"),
    ("resend_confirmation", "invalid_credentials"): lambda sent: typed(sent, password="x"),
    ("resend_confirmation", "already_confirmed"): lambda sent: typed(sent, login="jan"),
    ("resend_confirmation", "invalid_email"): lambda sent: typed(sent, email="x"),
    ("resend_confirmation", "too_many_attempts"): lambda sent: sent,
    ("delete_account", "wrong_password"): lambda sent: typed(sent, current_password="x"),
    ("delete_account", "too_many_attempts"): lambda sent: typed(sent, current_password="x"),
    ("confirm_new_email", "link_expired"): lambda sent: typed(sent, token="invented"),
    ("confirm_new_email", "too_many_attempts"): lambda sent: before_ten_accounts_with(NEW_ADDRESS, sent),
    ("undo_change_of_email", "link_expired"): lambda sent: typed(sent, token="invented"),
    ("replace_sip_password", "wrong_password"): lambda sent: typed(sent, current_password="x"),
    ("replace_sip_password", "not_verified"): lambda sent: before(sent, not_verified_yet),
    ("replace_sip_password", "address_unreachable"): lambda sent: before(sent, bounced),
    ("replace_sip_password", "too_many_attempts"): lambda sent: sent,
    ("open_ticket", "invalid_ticket"): lambda sent: typed(sent, message=" "),
    ("open_ticket", "too_many_attempts"): lambda sent: sent,
    ("list_notifications", "malformed_query"): lambda sent: replace(sent, query={"limit": "0"}),
}


def address_that_bounced() -> str:
    bounced(settled("ewa", EWA))
    return EWA


def unconfirmed() -> Account:
    return settled("ewa", EWA, confirmed=False)


def before_ten_accounts_with(email: str, sent: Request) -> Request:
    for number in range(10):
        settled(f"login-{number}", email)
    return sent


def verified_jan() -> Account:
    credential = storage.get(Credential, "jan")
    assert credential is not None
    return verify_account(credential.account_id)


def not_verified_yet(account: Account) -> None:
    change(account, status=Status.REGISTERED)


def before(sent: Request, happened: Callable[[Account], None]) -> Request:
    assert sent.account is not None
    happened(sent.account)
    return sent


def typed(sent: Request, **different: str) -> Request:
    return replace(sent, body=(sent.body or {}) | different)


def send(customer: Customer, operation: Operation, request: Request, body: Any = None) -> Answer:
    path = operation.path.replace("{session_id}", request.last)
    body = request.body if body is None else body
    answer = customer.request(operation.method.upper(), path, body, query=request.query or None)
    assert_no_secret_comes_back(answer, request, customer)
    return answer


def assert_no_secret_comes_back(answer: Answer, request: Request, customer: Customer) -> None:
    """Whatever happens: what was sent in confidence is not in the answer."""
    typed_secrets = [
        value for name, value in (request.body or {}).items() if name in SECRETS and len(value) > 1
    ]
    for secret in [*typed_secrets, customer.token or ""]:
        assert not secret or secret not in answer.text + str(answer.headers)


def aws_answers(error: str) -> Callable[[str], dict[str, str]]:
    return lambda operation: {"__type": f"com.amazonaws.dynamodb.v20120810#{error}", "message": operation}


def refused(customer: Customer, operation: Operation, request: Request, code: str) -> Answer:
    """Have a request refused with one of the codes that operations have in common."""
    match code:
        case "unsupported_media_type":
            return send(replace(customer, headers={"content-type": "text/plain"}), operation, request)
        case "malformed_body":
            return send(customer, operation, request, body="{")
        case "body_too_large":
            return send(customer, operation, request, body=" " * TOO_MANY_BYTES)
        case "not_logged_in":
            return send(replace(customer, token="invented"), operation, request)
        case "internal_error":
            with cloud.faults(aws_answers("AccessDeniedException")):
                return send(customer, operation, request)
        case "unavailable":
            with cloud.faults(aws_answers("TransactionConflictException")):
                return send(customer, operation, request)
    raise AssertionError(f"how {code} is had is not said here")


@pytest.mark.parametrize("operation", CUSTOMERS, ids=lambda each: each.name)
def test_an_operation_refused_as_all_may_be_succeeds_when_it_is_sent_again(
    operation: Operation, jan: Customer
) -> None:
    request = REQUESTS[operation.name]()
    for code in sorted(operation.codes.difference(operation.refusals)):
        assert refused(jan, operation, request, code).code == code
    assert send(jan, operation, request).status == operation.success[0]


@pytest.mark.parametrize(
    ("operation", "code"),
    [pytest.param(each, code, id=f"{each.name}-{code}") for each in CUSTOMERS for code in each.refusals],
)
def test_an_operation_refuses_as_documented(operation: Operation, code: str, jan: Customer) -> None:
    request = SPOILT[operation.name, code](REQUESTS[operation.name]())
    answers = (send(jan, operation, request) for _ in range(MANY))
    if code == "too_many_attempts":
        assert any(answer.code == code for answer in answers if answer.status == 429)
    else:
        assert next(answers).code == code


def test_requests_are_spoilt_in_the_documented_ways_only() -> None:
    assert SPOILT.keys() == {(each.name, code) for each in CUSTOMERS for code in each.refusals}
