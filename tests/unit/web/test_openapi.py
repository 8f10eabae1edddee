"""The OpenAPI document is valid, whole, and made when it is asked for."""

import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import run
from typing import Any

import msgspec
import pytest
from chalice.app import IAMAuthorizer
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from app import app
from chalicelib import VERSION
from chalicelib.support import export
from chalicelib.web import import_schemas, operator_schemas, schemas
from chalicelib.web.openapi import OPERATIONS, document
from chalicelib.web.panel import routes as panel
from chalicelib.web.problems import REFUSALS
from tests import contract
from tests.unit.clients import Customer

ROOT = Path(__file__).parents[3]

# What API Gateway or Chalice answer when a request is none of the document's operations.
NOT_OF_AN_OPERATION = {"method_not_allowed"}


def test_the_document_is_valid_openapi_3_1() -> None:
    validate(document(), cls=OpenAPIV31SpecValidator)
    assert document()["openapi"].startswith("3.1.")


def test_the_document_is_served_as_it_was_made() -> None:
    served = Customer().get("/v1/openapi.json").json
    assert served == msgspec.to_builtins(document())
    assert served["info"]["version"] == VERSION
    assert served["servers"] == [{"url": "https://panel.example"}]


def test_the_document_has_the_routes_of_the_api_and_no_others() -> None:
    routes = {
        (method, path, entry.view_name)
        for path, methods in app.routes.items()
        for method, entry in methods.items()
        if entry.view_function.__module__ != panel.__name__
    }
    assert {(each.method.upper(), each.path, each.name) for each in OPERATIONS} == routes


def test_operations_of_one_path_stand_together_and_none_is_lost() -> None:
    documented = [(path, method) for path, operations in document()["paths"].items() for method in operations]
    assert documented == [(each.path, each.method) for each in OPERATIONS]


def test_every_code_that_has_words_is_in_the_document() -> None:
    documented = {code for each in OPERATIONS for code in each.codes}
    assert documented == REFUSALS.keys() - NOT_OF_AN_OPERATION


def test_every_code_is_documented_under_its_status() -> None:
    for response in document()["components"]["responses"].values():
        [media_type] = response["content"]
        assert media_type == "application/problem+json"
        properties = response["content"][media_type]["schema"].get("properties")
        if properties:
            statuses = {REFUSALS[code].status for code in properties["code"]["enum"]}
            assert statuses == {properties["status"]["const"]}


def test_an_operation_asks_for_a_session_or_a_signature_where_it_can_be_refused_for_want_of_one() -> None:
    for each in OPERATIONS:
        described = document()["paths"][each.path][each.method]
        ways = {"session": "not_logged_in", "aws": "forbidden"}
        wanted: list[dict[str, list[str]]] = [{way: []} for way, code in ways.items() if code in each.codes]
        assert described.get("security", []) == wanted
    schemes = document()["components"]["securitySchemes"]
    assert schemes["session"]["scheme"] == "bearer"
    assert schemes["aws"]["x-amazon-apigateway-authtype"] == "awsSigv4"


def test_the_operators_routes_are_those_that_iam_guards_and_no_others() -> None:
    guarded = {
        path
        for path, methods in app.routes.items()
        for entry in methods.values()
        if isinstance(entry.authorizer, IAMAuthorizer)
    }
    assert guarded == {path for path in app.routes if path.startswith("/operator")}
    assert guarded == {each.path for each in OPERATIONS if each.staff}
    tagged = {each.path for each in OPERATIONS if document()["paths"][each.path][each.method].get("tags")}
    assert tagged == guarded


def _types(base: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for each in base.__subclasses__():
        yield each
        yield from _types(each)


def test_every_form_and_answer_of_the_schemas_is_documented() -> None:
    modules = {each.__name__ for each in (schemas, operator_schemas, import_schemas, export)}
    written = {each.__name__ for each in _types(msgspec.Struct) if each.__module__ in modules}
    imported = {"ImportRow", "Result"}
    assert document()["components"]["schemas"].keys() == (written - {"Form"}) | imported


def test_forms_are_documented_as_refusing_unknown_fields() -> None:
    for form in _types(schemas.Form):
        assert document()["components"]["schemas"][form.__name__]["additionalProperties"] is False


def test_moments_are_documented_as_such() -> None:
    profile = document()["components"]["schemas"]["Profile"]
    assert profile["properties"]["created_at"] == {"type": "string", "format": "date-time"}


def test_answering_other_requests_does_not_load_the_document() -> None:
    asked = "import sys, app; sys.exit('chalicelib.web.openapi' in sys.modules)"
    assert run([sys.executable, "-c", asked], check=False, cwd=ROOT).returncode == 0


PROBLEM: dict[str, Any] = {
    "type": "urn:klucznik:problem:link_expired",
    "title": "Link expired",
    "status": 410,
    "code": "link_expired",
    "detail": "Ask for a new one.",
}
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Type": "application/problem+json",
}


def judge(problem: dict[str, Any] = PROBLEM, status: int = 410, **headers: str) -> None:
    sent = {name: value for name, value in (HEADERS | headers).items() if value}
    contract.check("POST", "/v1/password-resets/check", status, sent, msgspec.json.encode(problem).decode())


def test_an_answer_as_documented_passes() -> None:
    judge()
    judge(PROBLEM | {"status": 503, "code": "unavailable"}, 503, **{"Retry-After": "1"})
    judge({"login": "jan", "expires_at": "2026-11-22T10:00:00Z"}, 200, **{"Content-Type": "application/json"})


@pytest.mark.parametrize(
    "different",
    [
        {"problem": PROBLEM | {"code": "weak_password"}},
        {"problem": PROBLEM | {"status": 422}},
        {"problem": PROBLEM | {"surprise": 1}},
        {"problem": PROBLEM | {"errors": [{"field": "token", "code": "wrong", "value": "secret"}]}},
        {"problem": {"code": "link_expired"}},
        {"status": 403},
        {"status": 200},
        {"Content-Type": "application/json"},
        {"Cache-Control": ""},
        {"X-Powered-By": "us"},
        {"problem": PROBLEM | {"status": 503, "code": "unavailable"}, "status": 503},
        {"problem": PROBLEM | {"status": 503, "code": "unavailable"}, "status": 503, "Retry-After": "0"},
        {
            "problem": {"login": "jan", "expires_at": "soon"},
            "status": 200,
            "Content-Type": "application/json",
        },
    ],
    ids=str,
)
def test_any_other_answer_breaks_a_promise(different: dict[str, Any]) -> None:
    with pytest.raises(contract.PromiseBroken):
        judge(**different)
