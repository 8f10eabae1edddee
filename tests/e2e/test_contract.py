"""The deployed service answers as its OpenAPI document promises, and the document that it serves is ours."""

from collections.abc import Mapping
from typing import Any

import pytest

from chalicelib.web.openapi import OPERATIONS
from chalicelib.web.operation import Operation
from local.client import Api, Reply
from tests import contract
from tests.e2e.stack import PASSWORD, Customer, Deployed

# Those of the operator's staff are looked at in test_operator.py.
CUSTOMERS = [each for each in OPERATIONS if not each.staff]

NEW_PASSWORD = "Tramwaj-do-Huty-4"
# More than the largest body of any operation has.
TOO_MANY_BYTES = 1_000_000

# What gateway and transport add; no promise of ours.
_OF_TRANSPORT = ("Connection", "Content-Length", "Date", "Server", "Via", "X-Amz", "Apigw-Requestid")


@pytest.fixture(scope="module")
def jan(deployed: Deployed) -> Customer:
    return deployed.customer("jan.contract")


def checked(api: Api, method: str, path: str, body: object = None, **options: Any) -> Reply:
    """Send a request; the answer must be what the document says."""
    reply = api.send(method, path, body, **options)
    template, _ = contract.template_of(path.partition("?")[0])
    contract.check(method, template, reply.status, _headers(reply), reply.body.decode())
    return reply


def _headers(reply: Reply) -> Mapping[str, str]:
    transport = tuple(map(str.lower, _OF_TRANSPORT))
    names = {name.lower(): name for name in contract.header_names()}
    return {
        names.get(name.lower(), name): value
        for name, value in reply.headers.items()
        if not name.lower().startswith(transport)
    }


def test_the_document_served_is_the_one_that_answers_are_held_to(deployed: Deployed) -> None:
    served = checked(deployed.caller(), "GET", "/v1/openapi.json").json
    assert served["paths"] == contract.as_json()["paths"]
    assert served["components"] == contract.as_json()["components"]
    assert served["servers"] == [{"url": deployed.where.panel_url}]


def test_every_operation_succeeds_as_documented(deployed: Deployed, jan: Customer) -> None:
    api, login = jan.api, {"login": jan.login, "password": PASSWORD}
    form = {"login": "zofia.contract", "email": "zofia.contract@example.com", "password": PASSWORD}
    account_id = checked(api, "POST", "/v1/accounts", form).json["account_id"]
    mail = deployed.letterbox.wait_for(form["email"], account_id=account_id)
    replies = [checked(api, "POST", "/v1/accounts/confirm", {"token": mail.token("/confirm")})]
    before = deployed.letterbox.newest()
    replies.append(checked(api, "POST", "/v1/password-resets", {"identifier": jan.login}))
    mail = deployed.letterbox.wait_for(jan.email, after=before)
    reset = {"token": mail.token("/reset")}
    replies.append(checked(api, "POST", "/v1/password-resets/check", reset))
    replies.append(checked(api, "POST", "/v1/password-resets/complete", reset | {"password": NEW_PASSWORD}))
    opened = checked(api, "POST", "/v1/sessions", login | {"password": NEW_PASSWORD})
    token = opened.json["token"]
    change = {"password": PASSWORD, "current_password": NEW_PASSWORD, "language": "en"}
    replies += [
        opened,
        checked(api, "GET", "/v1/sessions", token=token),
        checked(api, "GET", "/v1/account", token=token),
        checked(api, "PATCH", "/v1/account", change, token=token),
        checked(api, "GET", "/v1/account/notifications?limit=1", token=token),
        checked(api, "GET", "/v1/account/balance-history", token=token),
        checked(api, "GET", "/v1/account/export", token=token),
        checked(api, "POST", "/v1/tickets", {"contact_email": jan.email, "message": "Nie działa."}),
        checked(api, "DELETE", "/v1/sessions/current", token=token),
        checked(api, "DELETE", "/v1/sessions", token=jan.log_in()),
        checked(api, "GET", "/v1/health"),
        checked(api, "GET", "/.well-known/change-password"),
    ]
    assert [reply.status for reply in replies] == [
        204, 202, 200, 204, 201, 200, 200, 200, 200, 200, 200, 201, 204, 204, 200, 302,
    ]  # fmt: skip


@pytest.mark.parametrize("operation", CUSTOMERS, ids=lambda each: each.name)
def test_an_operation_refuses_over_http_as_documented(
    operation: Operation, deployed: Deployed, jan: Customer
) -> None:
    api, method = deployed.caller(), operation.method.upper()
    path = operation.path.replace("{session_id}", "x")
    as_text = {"headers": {"Content-Type": "text/plain"}}
    assert code(checked(api, method, path, b"x", **as_text)) == "unsupported_media_type"
    if "not_logged_in" in operation.codes:
        assert code(checked(api, method, path, token="invented")) == "not_logged_in"
    token = jan.log_in() if operation.session else ""
    if operation.body:
        as_json = {"headers": {"Content-Type": "application/json"}, "token": token}
        assert code(checked(api, method, path, b"\xff", **as_json)) == "malformed_body"
        large = b" " * TOO_MANY_BYTES
        assert code(checked(api, method, path, large, **as_json)) == "body_too_large"


def code(reply: Reply) -> str:
    return str(reply.json["code"])


def test_what_the_gateway_refuses_by_itself_is_a_problem_too(deployed: Deployed) -> None:
    api = deployed.caller()
    for reply in (api.get("/v1/nothing"), api.send("PUT", "/v1/account"), api.delete("/v1/accounts")):
        assert reply.headers["Content-Type"] == "application/problem+json"
        assert (reply.status, reply.json["status"], code(reply)) == (404, 404, "not_found")


def test_the_head_of_a_links_page_says_that_it_is_there(deployed: Deployed) -> None:
    reply = deployed.caller().send("HEAD", "/confirm?token=x")
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    assert reply.body == b""
