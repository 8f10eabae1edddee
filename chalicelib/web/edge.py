"""The edge between HTTP and the domain: parse, authenticate, and answer refusals, once for all."""

import functools
import ipaddress
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
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
    NotLoggedIn,
    TooManyAttempts,
    Unavailable,
)
from chalicelib.settings import settings
from chalicelib.web.problems import REFUSALS
from chalicelib.web.schemas import FieldProblem, Form, Problem

MAX_BODY_BYTES = 16 * 1024
PAGE_ENTRIES = 25
MOST_PAGE_ENTRIES = 100

_ULID_CHARACTERS = 26

# An attacker easily has many addresses in one network, and few networks.
_IPV4_NETWORK_BITS = 24
_IPV6_NETWORK_BITS = 48

# Chalice refuses some requests before a view sees them, in a format of its own.
_CHALICE_REFUSALS = {405: "method_not_allowed", 415: "unsupported_media_type", 500: "internal_error"}

_logger = logging.getLogger(__name__)
_request: ContextVar[Request] = ContextVar("request")
_Form = TypeVar("_Form", bound=Form)
_P = ParamSpec("_P")


def serve(request: Request, get_response: Callable[[Request], Response]) -> Response:
    """The middleware around every request: remembers it, and makes all refusals problem documents."""
    _request.set(request)
    response = get_response(request)
    code = _CHALICE_REFUSALS.get(response.status_code)
    if code and isinstance(response.body, Mapping) and "Code" in response.body:
        return _problem(code, headers={name: str(value) for name, value in response.headers.items() if name == "Allow"})
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


def parse(form: type[_Form]) -> _Form:
    """The request's body. Raises MalformedBody and BodyTooLarge."""
    body = _request.get().raw_body
    if len(body) > MAX_BODY_BYTES:
        raise BodyTooLarge
    try:
        return msgspec.json.decode(body, type=form)
    except msgspec.ValidationError as error:
        raise MalformedBody(*_invalid_field(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise MalformedBody from None


def _invalid_field(explanation: str) -> Sequence[FieldError]:
    # msgspec names the field like this: Expected `str`, got `int` - at `$.login`
    #                                    Object missing required field `login`
    quoted = explanation.split("`")[1::2]
    if not quoted:
        return ()
    code = "missing" if "missing" in explanation else "unknown" if "unknown field" in explanation else "invalid"
    return (FieldError(quoted[-1].removeprefix("$."), code),)


class Page(NamedTuple):
    """The page of a list that the query asks for."""

    limit: int
    cursor: str | None


def page_asked_for() -> Page:
    """The `limit` and `cursor` of the query. Raises MalformedQuery."""
    parameters: Mapping[str, str] = _request.get().query_params or {}
    limit = str(parameters.get("limit", PAGE_ENTRIES))
    if not limit.isdecimal() or not 1 <= int(limit) <= MOST_PAGE_ENTRIES:
        raise MalformedQuery(FieldError("limit", "invalid"))
    cursor = parameters.get("cursor")
    if cursor is not None and not (cursor.isascii() and cursor.isalnum() and len(cursor) == _ULID_CHARACTERS):
        raise MalformedQuery(FieldError("cursor", "invalid"))
    return Page(int(limit), cursor)


def authenticated() -> sessions.Session:
    """The session of the bearer token in the Authorization header (RFC 6750). Raises NotLoggedIn."""
    scheme, _, token = _request.get().headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotLoggedIn
    return sessions.authenticate(token.strip())


def caller_network() -> str:
    """The network the request came from, as API Gateway saw it: /24 for IPv4, /48 for IPv6.

    Never from X-Forwarded-For, which the caller writes.
    """
    address = ipaddress.ip_address(_request.get().context["identity"]["sourceIp"])
    bits = _IPV4_NETWORK_BITS if address.version == 4 else _IPV6_NETWORK_BITS  # noqa: PLR2004 - IPv4
    return str(ipaddress.ip_network((address, bits), strict=False))


def caller_user_agent() -> str:
    """What the browser calls itself."""
    return str(_request.get().headers.get("user-agent", ""))


def caller_language() -> str:
    """The first language of Accept-Language that we speak, or the operator's default."""
    for choice in _request.get().headers.get("accept-language", "").split(","):
        language = choice.split(";")[0].strip().lower().split("-")[0]
        if language in ("pl", "en"):
            return str(language)
    return settings().default_language


def answer(body: msgspec.Struct | Mapping[str, Any], status: int = 200) -> Response:
    """A JSON response."""
    return _response(body, status, "application/json")


def no_content() -> Response:
    """A response that says "done" and nothing else."""
    return Response(body="", status_code=204, headers=_headers())


def _response(body: Any, status: int, content_type: str, headers: Mapping[str, str] | None = None) -> Response:
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
        headers["Retry-After"] = str(math.ceil(refusal.retry_after.total_seconds()))
    if isinstance(refusal, NotLoggedIn):
        headers["WWW-Authenticate"] = "Bearer"
    return _problem(refusal.code, refusal.fields, headers)


def _problem(
    code: str, fields: Sequence[FieldError] = (), headers: Mapping[str, str] | None = None
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
        errors=[FieldProblem(*field) for field in fields],
    )
    return _response(
        problem, refusal.status, "application/problem+json", {"Content-Language": language, **(headers or {})}
    )
