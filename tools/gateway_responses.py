"""API Gateway's own refusals: problem documents (RFC 9457), worded like those of the API itself.

Those that a browser may get have a page as well, for callers who want HTML.
"""

import json
from http import HTTPStatus
from typing import Any, NamedTuple

from chalicelib.web.problems import REFUSALS
from tools.gateway_pages import content_security_policy, page

# The gateway cannot see which language the caller prefers.
_LANGUAGE = "pl"


class _Answer(NamedTuple):
    """The code of our problem document, and its status where that is not the usual one of the code."""

    code: str
    status: int | None = None
    retry_after_seconds: int | None = None


# What only clients of the API get, since no page of the panel asks in such a way.
_FOR_CLIENTS = {
    # What the gateway says when no route has this path and method.
    "MISSING_AUTHENTICATION_TOKEN": _Answer("not_found"),
    "UNAUTHORIZED": _Answer("not_logged_in"),
    "ACCESS_DENIED": _Answer("forbidden"),
    "EXPIRED_TOKEN": _Answer("forbidden"),
    "INVALID_API_KEY": _Answer("forbidden"),
    "INVALID_SIGNATURE": _Answer("forbidden"),
    "BAD_REQUEST_BODY": _Answer("malformed_body"),
    "BAD_REQUEST_PARAMETERS": _Answer("malformed_query"),
    "UNSUPPORTED_MEDIA_TYPE": _Answer("unsupported_media_type"),
    # What is left: mostly signatures that cannot be read.
    "DEFAULT_4XX": _Answer("forbidden"),
}

_FOR_BROWSERS_TOO = {
    "RESOURCE_NOT_FOUND": _Answer("not_found"),
    "WAF_FILTERED": _Answer("forbidden"),
    "REQUEST_TOO_LARGE": _Answer("body_too_large"),
    "THROTTLED": _Answer("too_many_attempts", retry_after_seconds=5),
    "QUOTA_EXCEEDED": _Answer("too_many_attempts", retry_after_seconds=3600),
    "INTEGRATION_FAILURE": _Answer("internal_error", status=502),
    "INTEGRATION_TIMEOUT": _Answer("unavailable", status=504, retry_after_seconds=5),
    "API_CONFIGURATION_ERROR": _Answer("internal_error"),
    "AUTHORIZER_CONFIGURATION_ERROR": _Answer("internal_error"),
    "AUTHORIZER_FAILURE": _Answer("internal_error"),
    "DEFAULT_5XX": _Answer("internal_error"),
}


def gateway_responses() -> dict[str, Any]:
    """The `GatewayResponses` of a SAM API, one for each refusal of the gateway's own."""
    for_clients = {name: _for_clients(answer) for name, answer in _FOR_CLIENTS.items()}
    return for_clients | {name: _for_browsers_too(name, answer) for name, answer in _FOR_BROWSERS_TOO.items()}


def _for_clients(answer: _Answer) -> dict[str, Any]:
    headers = {"Content-Type": "application/problem+json"}
    return _response(answer, headers, {"application/json": _problem(answer)})


def _for_browsers_too(name: str, answer: _Answer) -> dict[str, Any]:
    # No Content-Type: it is the template's key.
    headers = {"Content-Security-Policy": content_security_policy()}
    html = page(
        name,
        answer.code,
        retry_after_seconds=answer.retry_after_seconds,
        is_failure=_status(answer) >= HTTPStatus.INTERNAL_SERVER_ERROR,
    )
    return _response(answer, headers, {"application/json": _problem(answer), "text/html": html})


def _response(answer: _Answer, headers: dict[str, str], templates: dict[str, str]) -> dict[str, Any]:
    always = {"Content-Language": _LANGUAGE, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if answer.retry_after_seconds is not None:
        always["Retry-After"] = str(answer.retry_after_seconds)
    # Constants stand in single quotes; those of a policy need no other ones for it.
    quoted = {name: f"'{value}'" for name, value in (always | headers).items()}
    return {
        "StatusCode": str(_status(answer)),
        "ResponseParameters": {"Headers": quoted},
        "ResponseTemplates": templates,
    }


def _status(answer: _Answer) -> int:
    return answer.status or REFUSALS[answer.code].status


def _problem(answer: _Answer) -> str:
    """The document, in ASCII: CloudFormation does not keep other characters everywhere."""
    words = REFUSALS[answer.code].words[_LANGUAGE]
    document = {
        "type": f"urn:klucznik:problem:{answer.code}",
        "title": words.title,
        "status": _status(answer),
        "code": answer.code,
        "detail": words.detail,
    }
    return json.dumps(document)
