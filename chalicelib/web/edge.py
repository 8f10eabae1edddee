"""The edge between HTTP and the domain: parse, authenticate, and answer refusals, once for all."""

import functools
import ipaddress
import logging
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from http import HTTPStatus
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple, ParamSpec, TypeVar

import msgspec
from chalice.app import Request, Response

from chalicelib.accounts import sessions
from chalicelib.errors import (
    BodyTooLarge,
    DomainError,
    FieldError,
    MalformedBody,
    MalformedQuery,
    NotAllowed,
    NotLoggedIn,
    TooManyAttempts,
    Unavailable,
)
from chalicelib.settings import settings
from chalicelib.storage import Table
from chalicelib.web.problems import REFUSALS
from chalicelib.web.schemas import FieldProblem, Form, Problem

MAX_BODY_BYTES = 16 * 1024
PAGE_ENTRIES = 25
MOST_PAGE_ENTRIES = 100

_ULID_CHARACTERS = 26

# An attacker easily has many addresses in one network, and few networks.
_IPV4_NETWORK_BITS = 24
_IPV6_NETWORK_BITS = 48

# A caller needs a hint of what is wrong, not an echo of thousands of fields.
_MOST_UNKNOWN_FIELDS = 10
_FIELD_NAME_CHARACTERS = 64

# One choice of Accept-Language that could be ours (RFC 9110, section 12.5.4): a language, with or
# without its region, and how much it is wanted.
_LANGUAGE_CHOICE = re.compile(
    r"(?P<language>pl|en)(-[a-z0-9-]*)?(\s*;\s*q=(?P<quality>[01](\.[0-9]{0,3})?))?", re.IGNORECASE
)

# Chalice refuses some requests before a view sees them, and answers for a view that fails, in a
# format of its own.
_CHALICE_REFUSALS = {405: "method_not_allowed", 415: "unsupported_media_type", 500: "internal_error"}

_logger = logging.getLogger(__name__)
_request: ContextVar[Request] = ContextVar("request")
_Form = TypeVar("_Form", bound=Form)
_Item = TypeVar("_Item", bound=Table)
_P = ParamSpec("_P")


def serve(request: Request, get_response: Callable[[Request], Response]) -> Response:
    """The middleware around every request: remembers it, and makes all refusals problem documents."""
    _request.set(request)
    response = get_response(request)
    code = _CHALICE_REFUSALS.get(response.status_code)
    if code and isinstance(response.body, Mapping) and "Code" in response.body:
        if code == "internal_error":
            _logger.error("%s failed for the reason logged above", _reference())
        allowed = {name: str(value) for name, value in response.headers.items() if name == "Allow"}
        return _problem(code, headers=allowed)
    return response


def endpoint(view: Callable[_P, Response]) -> Callable[_P, Response]:
    """Answer the domain's refusals to a view as problem documents (RFC 9457)."""

    @functools.wraps(view)
    def answered(*args: _P.args, **kwargs: _P.kwargs) -> Response:
        try:
            return view(*args, **kwargs)
        except DomainError as refusal:
            return _refused(refusal)

    return answered


def _reference() -> str:
    return f"urn:klucznik:request:{request_id()}"


def request_id() -> str:
    """What API Gateway calls this request."""
    return str(_request.get().context["requestId"])


def parse(form: type[_Form], most_bytes: int = MAX_BODY_BYTES) -> _Form:
    """The request's body. Raises MalformedBody, which names the fields, and BodyTooLarge."""
    body = _body(most_bytes)
    try:
        return msgspec.json.decode(body, type=form)
    except msgspec.ValidationError:
        raise MalformedBody(*_invalid_fields(form, body)) from None
    except ValueError:  # not JSON, or not UTF-8
        raise MalformedBody from None


def _body(most_bytes: int = MAX_BODY_BYTES) -> str | bytes:
    try:
        body = _request.get().raw_body
    except ValueError:  # not the base64 it is said to be
        raise MalformedBody from None
    if len(body) > most_bytes:
        raise BodyTooLarge
    return body


def form_body() -> str:
    """The request's body as a browser sends a form. Raises MalformedBody and BodyTooLarge."""
    body = _body()
    return body if isinstance(body, str) else body.decode(errors="replace")


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
    parameters: Mapping[str, str] = _request.get().query_params or {}
    limit = str(parameters.get("limit", PAGE_ENTRIES))
    if not re.fullmatch("[0-9]{1,3}", limit) or not 1 <= int(limit) <= MOST_PAGE_ENTRIES:
        raise MalformedQuery(FieldError("limit", "invalid"))
    cursor = parameters.get("cursor")
    if cursor is not None and not (cursor.isascii() and cursor.isalnum() and len(cursor) == _ULID_CHARACTERS):
        raise MalformedQuery(FieldError("cursor", "invalid"))
    return Page(int(limit), cursor)


def authenticated() -> sessions.Session:
    """The session of the bearer token in the Authorization header (RFC 6750). Raises NotLoggedIn."""
    return sessions.authenticate(_bearer_token())


def authenticated_with(table: type[_Item]) -> tuple[sessions.Session, _Item | None]:
    """Like `authenticated`, and the item of another table with the account's id, in the same call."""
    return sessions.authenticate_with(table, _bearer_token())


def _bearer_token() -> str:
    scheme, _, token = _request.get().headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotLoggedIn
    return str(token.strip())


def caller_network() -> str:
    """The network the request came from, as API Gateway saw it: /24 for IPv4, /48 for IPv6.

    An IPv4 address written as IPv6 (::ffff:192.0.2.1) counts as what it is. Never from
    X-Forwarded-For, which the caller writes.
    """
    address = ipaddress.ip_address(_request.get().context["identity"]["sourceIp"])
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    bits = _IPV4_NETWORK_BITS if address.version == 4 else _IPV6_NETWORK_BITS  # noqa: PLR2004 - IPv4
    return str(ipaddress.ip_network((address, bits), strict=False))


def caller_arn() -> str:
    """Whom IAM has let in: a user's or an assumed role's ARN. Raises NotAllowed."""
    arn = _request.get().context["identity"].get("userArn")
    if not arn:  # a route that lacks its authorizer must not let everybody in
        raise NotAllowed
    return str(arn)


def caller_user_agent() -> str:
    """What the browser calls itself."""
    return str(_request.get().headers.get("user-agent", ""))


def caller_language() -> str:
    """The language that Accept-Language wants most of those we speak, or the operator's default."""
    choices = map(str.strip, _request.get().headers.get("accept-language", "").split(","))
    ours = filter(None, map(_LANGUAGE_CHOICE.fullmatch, choices))
    wanted = [(float(each["quality"] or 1), each["language"].lower()) for each in ours]
    quality, language = max(wanted, key=itemgetter(0), default=(0.0, ""))
    return language if quality > 0 else settings().default_language


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
    headers = {}
    if isinstance(refusal, TooManyAttempts | Unavailable):
        headers["Retry-After"] = str(max(1, math.ceil(refusal.retry_after.total_seconds())))
    return _problem(refusal.code, refusal.fields, headers)


def _problem(
    code: str,
    fields: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    refusal = REFUSALS[code]
    language = caller_language()
    words = refusal.words[language]
    problem = Problem(
        type=f"urn:klucznik:problem:{code}",
        title=words.title,
        status=refusal.status,
        code=code,
        detail=words.detail,
        instance=_reference() if code == "internal_error" else msgspec.UNSET,
        errors=[FieldProblem(*field) for field in fields],
    )
    always = {"Content-Language": language}
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        always["WWW-Authenticate"] = "Bearer"  # every 401 names a way in (RFC 9110, section 15.5.2)
    return _response(problem, refusal.status, "application/problem+json", {**always, **(headers or {})})
