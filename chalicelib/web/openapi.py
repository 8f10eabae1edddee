"""The OpenAPI 3.1 document: a table of operations over the types of `schemas` and the codes of `problems`."""

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import groupby
from typing import Any

import msgspec

from chalicelib import VERSION
from chalicelib.settings import settings
from chalicelib.web import schemas
from chalicelib.web.edge import MOST_PAGE_ENTRIES, PAGE_ENTRIES
from chalicelib.web.problems import REFUSALS

Json = dict[str, Any]

_DESCRIPTION = """The account backend of a telephone operator's customer panel.

A refusal is a problem document (RFC 9457): a client acts on its `code` and shows its `detail`, which is in
the language that `Accept-Language` asks for (pl, en). Fields that are not described here are refused."""

_PROBLEM = {"$ref": "#/components/schemas/Problem"}


@dataclass(frozen=True)
class Operation:
    """One method of a path: what goes in, what comes out, and the codes of its own refusals.

    `success` is a status and the type of its body. The codes that every operation has in common
    are added by `codes`.
    """

    method: str
    path: str
    name: str
    summary: str
    success: tuple[int, Any]
    body: type[schemas.Form] | None = None
    session: bool = False
    parameters: Sequence[Json] = ()
    refusals: Sequence[str] = ()

    @property
    def codes(self) -> set[str]:
        """Every code with which the operation may be refused."""
        codes = {"unsupported_media_type", *self.refusals}
        if self.body:
            codes |= {"malformed_body", "body_too_large"}
        if self.session:
            codes |= {"not_logged_in"}
        if self.body or self.session:  # the others ask nothing of AWS
            codes |= {"internal_error", "unavailable"}
        return codes


def _parameter(name: str, place: str, schema: Json, description: str) -> Json:
    required = {"required": True} if place == "path" else {}
    return {"name": name, "in": place, "description": description, "schema": schema} | required


_SESSION_ID = _parameter(
    "session_id", "path", {"type": "string"}, "From the list of sessions, or `current` for the one that asks."
)
_LIMIT = _parameter(
    "limit",
    "query",
    {"type": "integer", "minimum": 1, "maximum": MOST_PAGE_ENTRIES, "default": PAGE_ENTRIES},
    "How many entries the page has at most.",
)
_CURSOR = _parameter("cursor", "query", {"type": "string"}, "The `cursor` of the page before.")

OPERATIONS = (
    Operation(
        "post", "/v1/accounts", "register", "Register an account; its address is mailed a link to confirm it",
        body=schemas.RegistrationForm,
        success=(201, schemas.RegisteredAccount),
        refusals=("login_taken", "invalid_login", "invalid_email", "weak_password", "too_many_attempts"),
    ),
    Operation(
        "post", "/v1/accounts/confirm", "confirm_email", "Confirm an address by the mailed link",
        body=schemas.TokenForm,
        success=(204, None),
        refusals=("link_expired",),
    ),
    Operation(
        "post", "/v1/sessions", "open_session", "Log in",
        body=schemas.LogInForm,
        success=(201, schemas.OpenedSession),
        refusals=("invalid_credentials", "too_many_attempts"),
    ),
    Operation(
        "get", "/v1/sessions", "list_sessions", "List the sessions of the account, newest first",
        session=True,
        success=(200, schemas.SessionList),
    ),
    Operation(
        "delete", "/v1/sessions", "end_all_sessions", "Log out everywhere",
        session=True,
        success=(204, None),
    ),
    Operation(
        "delete", "/v1/sessions/{session_id}", "end_session", "Log out one session",
        parameters=(_SESSION_ID,),
        session=True,
        success=(204, None),
        refusals=("not_found",),
    ),
    Operation(
        "post", "/v1/password-resets", "request_reset", "Forgot the password or the login: ask for the mail",
        body=schemas.ResetRequestForm,
        success=(202, schemas.Accepted),
        refusals=("user_not_found", "address_unreachable", "invalid_identifier", "too_many_attempts"),
    ),
    Operation(
        "post", "/v1/password-resets/check", "check_reset", "See whose password a link changes; uses nothing",
        body=schemas.TokenForm,
        success=(200, schemas.ResetView),
        refusals=("link_expired",),
    ),
    Operation(
        "post", "/v1/password-resets/complete", "complete_reset", "Set a new password by the mailed link",
        body=schemas.ResetForm,
        success=(204, None),
        refusals=("link_expired", "weak_password"),
    ),
    Operation(
        "get", "/v1/account", "read_profile", "See the account",
        session=True,
        success=(200, schemas.ProfileWithBalance),
    ),
    Operation(
        "patch", "/v1/account", "change_profile",
        "Change login, password (both need the current password), language, or when a low balance is told",
        body=schemas.ProfileForm,
        session=True,
        success=(200, schemas.ProfileWithBalance),
        refusals=(
            "wrong_password", "login_taken", "invalid_login", "invalid_threshold", "weak_password",
            "too_many_attempts",
        ),
    ),
    Operation(
        "get", "/v1/account/notifications", "list_notifications", "Page through the mails sent, newest first",
        parameters=(_LIMIT, _CURSOR),
        session=True,
        success=(200, schemas.NotificationPage),
        refusals=("malformed_query",),
    ),
    Operation(
        "get", "/v1/account/balance-history", "show_balance_history",
        "See what was left at the end of each of the last sixty days, oldest first",
        session=True,
        success=(200, schemas.BalanceHistory),
    ),
    Operation("get", "/v1/health", "health", "See that the API runs", success=(200, schemas.Health)),
    Operation("get", "/v1/openapi.json", "openapi", "This document", success=(200, Json)),
    Operation(
        "get", "/.well-known/change-password", "change_password_page", "Where a browser changes the password",
        success=(302, None),
    ),
)  # fmt: skip

# The headers that a client acts on, by the status that has them.
_HEADERS: Mapping[int, Mapping[str, Json]] = {
    302: {"Location": {"required": True, "schema": {"type": "string", "format": "uri"}}},
    # API Gateway renames it to x-amzn-Remapped-WWW-Authenticate.
    401: {"WWW-Authenticate": {"schema": {"const": "Bearer"}}},
    429: {"Retry-After": {"$ref": "#/components/headers/Retry-After"}},
    503: {"Retry-After": {"$ref": "#/components/headers/Retry-After"}},
}
_RETRY_AFTER: Json = {
    "description": "After how many seconds it makes sense to try again.",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
}


@functools.cache
def document() -> Json:
    """The document, made on first use."""
    types = {wanted for each in OPERATIONS for wanted in (each.body, each.success[1]) if wanted}
    schema_of, components = _schemas([schemas.Problem, *sorted(types, key=str)])
    return {
        "openapi": "3.1.0",
        "info": {"title": settings().operator_name, "version": VERSION, "description": _DESCRIPTION},
        "servers": [{"url": settings().panel_url}],
        "paths": {
            path: {each.method: _operation(each, schema_of) for each in operations}
            for path, operations in groupby(OPERATIONS, lambda each: each.path)
        },
        "components": {
            "schemas": components,
            "responses": dict(_refusals()),
            "headers": {"Retry-After": _RETRY_AFTER},
            "securitySchemes": {"session": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _schemas(types: Sequence[Any]) -> tuple[Mapping[Any, Json], Json]:
    template = "#/components/schemas/{name}"
    references, components = msgspec.json.schema_components(types, ref_template=template)
    return dict(zip(types, references, strict=True)), components


def _operation(operation: Operation, schema_of: Mapping[Any, Json]) -> Json:
    status, result = operation.success
    described: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "responses": {str(status): _success(status, schema_of.get(result))} | _references(operation),
    }
    if operation.parameters:
        described["parameters"] = list(operation.parameters)
    if operation.body:
        content = {"application/json": {"schema": schema_of[operation.body]}}
        described["requestBody"] = {"required": True, "content": content}
    if operation.session:
        described["security"] = [{"session": []}]
    return described


def _success(status: int, schema: Json | None) -> Json:
    content = {"content": {"application/json": {"schema": schema}}} if schema else {}
    return {"description": HTTPStatus(status).phrase, **content, **_headers(status)}


def _references(operation: Operation) -> Json:
    names = {str(status): ".".join(codes) for status, codes in _by_status(operation.codes)}
    names["default"] = "gateway"
    return {status: {"$ref": f"#/components/responses/{name}"} for status, name in names.items()}


def _refusals() -> Iterator[tuple[str, Json]]:
    for status, codes in (each for operation in OPERATIONS for each in _by_status(operation.codes)):
        titles = "\n".join(f"- `{code}`: {REFUSALS[code].words['en'].title}" for code in codes)
        narrowed = {**_PROBLEM, "properties": {"status": {"const": status}, "code": {"enum": codes}}}
        yield ".".join(codes), _problem(titles, narrowed) | _headers(status)
    yield (
        "gateway",
        _problem("What API Gateway refuses by itself: unknown paths, too many calls at once", _PROBLEM),
    )


def _by_status(codes: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    def status_of(code: str) -> int:
        return REFUSALS[code].status

    for status, alike in groupby(sorted(sorted(codes), key=status_of), status_of):
        yield status, list(alike)


def _problem(description: str, schema: Json) -> Json:
    return {"description": description, "content": {"application/problem+json": {"schema": schema}}}


def _headers(status: int) -> Json:
    return {"headers": _HEADERS[status]} if status in _HEADERS else {}
