"""The edge between HTTP and the domain: parse, authenticate, and answer refusals, once for all."""

import functools
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from itertools import islice
from typing import Any, NamedTuple, ParamSpec, TypeVar

import msgspec
from chalice.app import Response

from chalicelib.accounts import sessions
from chalicelib.errors import (
    DomainError,
    FieldError,
    MalformedBody,
    MalformedQuery,
    NotLoggedIn,
    TooManyAttempts,
    Unavailable,
)
from chalicelib.storage import Table
from chalicelib.web import request
from chalicelib.web.problems import REFUSALS
from chalicelib.web.request import MAX_BODY_BYTES, caller_language
from chalicelib.web.schemas import FieldProblem, Form, Problem

PAGE_ENTRIES = 25
MOST_PAGE_ENTRIES = 100

_ULID_CHARACTERS = 26

# A caller needs a hint of what is wrong, not an echo of thousands of fields.
_MOST_UNKNOWN_FIELDS = 10
_FIELD_NAME_CHARACTERS = 64

_Form = TypeVar("_Form", bound=Form)
_Item = TypeVar("_Item", bound=Table)
_P = ParamSpec("_P")


def endpoint(view: Callable[_P, Response]) -> Callable[_P, Response]:
    """Answer the domain's refusals to a view as problem documents (RFC 9457)."""

    @functools.wraps(view)
    def answered(*args: _P.args, **kwargs: _P.kwargs) -> Response:
        try:
            return view(*args, **kwargs)
        except DomainError as refusal:
            return _refused(refusal)

    return answered


def parse(form: type[_Form], most_bytes: int = MAX_BODY_BYTES) -> _Form:
    """The request's body. Raises MalformedBody, which names the fields, and BodyTooLarge."""
    body = request.body(most_bytes)
    try:
        return msgspec.json.decode(body, type=form)
    except msgspec.ValidationError:
        raise MalformedBody(*_invalid_fields(form, body)) from None
    except ValueError:  # not JSON, or not UTF-8
        raise MalformedBody from None


def _invalid_fields(form: type[Form], body: str | bytes) -> Iterator[FieldError]:
    try:
        given = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError):  # no object, or nested deeper than any form
        return
    for field in msgspec.structs.fields(form):
        value = given.pop(field.encode_name, None)
        if value is None:
            if field.required:
                yield FieldError(field.encode_name, "missing")
        elif not _fits(value, field.type):
            yield FieldError(field.encode_name, "invalid")
    for name in islice(given, _MOST_UNKNOWN_FIELDS):
        yield FieldError(name[:_FIELD_NAME_CHARACTERS], "unknown")


def _fits(value: msgspec.Raw, wanted: Any) -> bool:
    try:
        msgspec.json.decode(value, type=wanted)
    except ValueError:
        return False
    return True


class Page(NamedTuple):
    """The page of a list that the query asks for."""

    limit: int
    cursor: str | None


def page_asked_for() -> Page:
    """The `limit` and `cursor` of the query. Raises MalformedQuery."""
    limit = request.query("limit")
    if limit is None:
        limit = str(PAGE_ENTRIES)
    if not re.fullmatch("[0-9]{1,3}", limit) or not 1 <= int(limit) <= MOST_PAGE_ENTRIES:
        raise MalformedQuery(FieldError("limit", "invalid"))
    return Page(int(limit), cursor_asked_for())


def cursor_asked_for() -> str | None:
    """The `cursor` of the query: after which entry the list goes on. Raises MalformedQuery."""
    cursor = request.query("cursor")
    if cursor is not None and not (cursor.isascii() and cursor.isalnum() and len(cursor) == _ULID_CHARACTERS):
        raise MalformedQuery(FieldError("cursor", "invalid"))
    return cursor


def authenticated() -> sessions.Session:
    """The session of the bearer token in the Authorization header (RFC 6750). Raises NotLoggedIn."""
    return sessions.authenticate(_bearer_token())


def authenticated_with(table: type[_Item]) -> tuple[sessions.Session, _Item | None]:
    """Like `authenticated`, and the item of another table with the account's id, in the same call."""
    return sessions.authenticate_with(table, _bearer_token())


def _bearer_token() -> str:
    scheme, _, token = request.header("authorization").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotLoggedIn
    return token.strip()


def answer(body: msgspec.Struct | Mapping[str, Any], status: int = 200) -> Response:
    """A JSON response."""
    return _response(body, status, "application/json")


def no_content() -> Response:
    """A response that says "done" and nothing else."""
    return Response(body="", status_code=204, headers=_headers())


def accepted() -> Response:
    """A response that says "it is under way" and nothing else."""
    return Response(body="", status_code=202, headers=_headers())


def redirect(address: str) -> Response:
    """A response that sends the browser to another page."""
    return Response(body="", status_code=302, headers=_headers() | {"Location": address})


def _response(
    body: Any, status: int, content_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(
        body=msgspec.json.encode(body).decode(),
        status_code=status,
        headers=_headers() | {"Content-Type": content_type} | dict(headers or {}),
    )


def _headers() -> dict[str, str | list[str]]:
    return {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def _refused(refusal: DomainError) -> Response:
    return problem(refusal.code, refusal.fields, retry_after(refusal))


def retry_after(refusal: DomainError) -> dict[str, str]:
    """The header that says when to try again (RFC 9110, section 10.2.3), if that makes sense."""
    if not isinstance(refusal, TooManyAttempts | Unavailable):
        return {}
    return {"Retry-After": str(max(1, math.ceil(refusal.retry_after.total_seconds())))}


def problem(
    code: str,
    fields: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem document (RFC 9457) for the refusal of this code, in the caller's language."""
    refusal = REFUSALS[code]
    language = caller_language()
    words = refusal.words[language]
    document = Problem(
        type=f"urn:klucznik:problem:{code}",
        title=words.title,
        status=refusal.status,
        code=code,
        detail=words.detail,
        instance=request.reference() if code == "internal_error" else msgspec.UNSET,
        errors=[FieldProblem(*field) for field in fields],
    )
    always = {"Content-Language": language}
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        always["WWW-Authenticate"] = "Bearer"  # every 401 names a way in (RFC 9110, section 15.5.2)
    return _response(document, refusal.status, "application/problem+json", {**always, **(headers or {})})
