"""The OpenAPI 3.1 document: a table of operations over the types of `schemas` and the codes of `problems`."""

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from itertools import groupby
from typing import Any

import msgspec

from chalicelib import VERSION
from chalicelib.settings import settings
from chalicelib.support.export import AccountExport
from chalicelib.web import schemas
from chalicelib.web.edge import MOST_PAGE_ENTRIES, PAGE_ENTRIES
from chalicelib.web.operation import Json, Operation, parameter
from chalicelib.web.operator_operations import OPERATOR_OPERATIONS
from chalicelib.web.problems import REFUSALS

_DESCRIPTION = """The account backend of a telephone operator's customer panel.

A refusal is a problem document (RFC 9457): a client acts on its `code` and shows its `detail`, which is in
the language that `Accept-Language` asks for (pl, en). Fields that are not described here are refused.

What is tagged `operator` is for the operator's staff and systems: signed requests that IAM allows."""

_SECURITY_SCHEMES = {
    "session": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    # OpenAPI has no word for AWS's signature version 4; API Gateway reads it from this extension.
    "aws": {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "awsSigv4",
    },
}

_PROBLEM = {"$ref": "#/components/schemas/Problem"}


_SESSION_ID = parameter(
    "session_id", "path", {"type": "string"}, "From the list of sessions, or `current` for the one that asks."
)
_LIMIT = parameter(
    "limit",
    "query",
    {"type": "integer", "minimum": 1, "maximum": MOST_PAGE_ENTRIES, "default": PAGE_ENTRIES},
    "How many entries the page has at most.",
)
_CURSOR = parameter("cursor", "query", {"type": "string"}, "The `cursor` of the page before.")

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
        "post", "/v1/accounts/confirmation", "resend_confirmation",
        "Mail a new link to confirm the address, perhaps to the address that was meant",
        body=schemas.ConfirmationForm,
        success=(202, schemas.Accepted),
        refusals=("invalid_credentials", "already_confirmed", "invalid_email", "too_many_attempts"),
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
        "Change login, address or password, with the current one; language; when a low balance is told",
        body=schemas.ProfileForm,
        session=True,
        success=(200, schemas.ProfileWithBalance),
        refusals=(
            "wrong_password", "login_taken", "invalid_login", "invalid_email", "invalid_threshold",
            "weak_password", "too_many_attempts",
        ),
    ),
    Operation(
        "delete", "/v1/account", "delete_account", "Delete the account",
        body=schemas.DeletionForm,
        session=True,
        success=(204, None),
        refusals=("wrong_password", "too_many_attempts"),
    ),
    Operation(
        "post", "/v1/account/email/confirm", "confirm_new_email",
        "Put a pending address in force by its link",
        body=schemas.TokenForm,
        success=(204, None),
        refusals=("link_expired", "too_many_attempts"),
    ),
    Operation(
        "post", "/v1/account/email/undo", "undo_change_of_email",
        "Take a change of address back by the link mailed to the old one",
        body=schemas.TokenForm,
        success=(204, None),
        refusals=("link_expired",),
    ),
    Operation(
        "post", "/v1/account/sip-password", "replace_sip_password",
        "Have a new SIP password mailed; the old one works until the mail is on its way",
        body=schemas.SipPasswordForm,
        session=True,
        success=(202, schemas.Accepted),
        refusals=("wrong_password", "not_verified", "address_unreachable", "too_many_attempts"),
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
    Operation(
        "get", "/v1/account/export", "export_account", "Everything held about the customer, without secrets",
        session=True,
        success=(200, AccountExport),
    ),
    Operation(
        "post", "/v1/tickets", "open_ticket", "Write to the operator's staff",
        body=schemas.TicketForm,
        success=(201, schemas.OpenedTicket),
        refusals=("invalid_ticket", "too_many_attempts"),
    ),
    Operation("get", "/v1/health", "health", "See that the API runs", success=(200, schemas.Health)),
    Operation("get", "/v1/openapi.json", "openapi", "This document", success=(200, Json)),
    Operation(
        "get", "/.well-known/change-password", "change_password_page", "Where a browser changes the password",
        success=(302, None),
    ),
    *OPERATOR_OPERATIONS,
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
            "securitySchemes": _SECURITY_SCHEMES,
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
    if operation.staff:
        described |= {"tags": ["operator"], "security": [{"aws": []}]}
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
