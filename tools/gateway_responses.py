"""API Gateway's own refusals as problem documents (RFC 9457), worded like those of the API itself."""

import json
from typing import Any, NamedTuple

from chalicelib.web.problems import REFUSALS

# The gateway cannot see which language the caller prefers.
_LANGUAGE = "pl"


class _Answer(NamedTuple):
    """The code of our problem document, and its status where that is not the usual one of the code."""

    code: str
    status: int | None = None
    retry_after_seconds: int | None = None


_ANSWERS = {
    # What the gateway says when no route has this path and method.
    "MISSING_AUTHENTICATION_TOKEN": _Answer("not_found"),
    "RESOURCE_NOT_FOUND": _Answer("not_found"),
    "UNAUTHORIZED": _Answer("not_logged_in"),
    "ACCESS_DENIED": _Answer("forbidden"),
    "EXPIRED_TOKEN": _Answer("forbidden"),
    "INVALID_API_KEY": _Answer("forbidden"),
    "INVALID_SIGNATURE": _Answer("forbidden"),
    "WAF_FILTERED": _Answer("forbidden"),
    "BAD_REQUEST_BODY": _Answer("malformed_body"),
    "BAD_REQUEST_PARAMETERS": _Answer("malformed_query"),
    "REQUEST_TOO_LARGE": _Answer("body_too_large"),
    "UNSUPPORTED_MEDIA_TYPE": _Answer("unsupported_media_type"),
    "THROTTLED": _Answer("too_many_attempts", retry_after_seconds=5),
    "QUOTA_EXCEEDED": _Answer("too_many_attempts", retry_after_seconds=3600),
    # What is left: mostly signatures that cannot be read.
    "DEFAULT_4XX": _Answer("forbidden"),
    "INTEGRATION_FAILURE": _Answer("internal_error", status=502),
    "INTEGRATION_TIMEOUT": _Answer("unavailable", status=504, retry_after_seconds=5),
    "API_CONFIGURATION_ERROR": _Answer("internal_error"),
    "AUTHORIZER_CONFIGURATION_ERROR": _Answer("internal_error"),
    "AUTHORIZER_FAILURE": _Answer("internal_error"),
    "DEFAULT_5XX": _Answer("internal_error"),
}


def gateway_responses() -> dict[str, Any]:
    """The `GatewayResponses` of a SAM API: a problem document for each refusal of the gateway's own."""
    return {name: _response(answer) for name, answer in _ANSWERS.items()}


def _response(answer: _Answer) -> dict[str, Any]:
    status = answer.status or REFUSALS[answer.code].status
    return {
        "StatusCode": str(status),
        "ResponseParameters": {"Headers": _headers(answer)},
        "ResponseTemplates": {"application/json": _problem(answer.code, status)},
    }


def _headers(answer: _Answer) -> dict[str, str]:
    """Headers as the gateway wants them: constants stand in single quotes."""
    headers = {
        "Content-Type": "application/problem+json",
        "Content-Language": _LANGUAGE,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    if answer.retry_after_seconds is not None:
        headers["Retry-After"] = str(answer.retry_after_seconds)
    return {name: f"'{value}'" for name, value in headers.items()}


def _problem(code: str, status: int) -> str:
    """The document, in ASCII: CloudFormation does not keep other characters everywhere."""
    words = REFUSALS[code].words[_LANGUAGE]
    document = {
        "type": f"urn:klucznik:problem:{code}",
        "title": words.title,
        "status": status,
        "code": code,
        "detail": words.detail,
    }
    return json.dumps(document)
