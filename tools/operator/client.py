"""The operator's routes as a client sees them: requests signed for IAM (SigV4)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ConnectionError as NoConnection
from botocore.exceptions import HTTPClientError
from botocore.httpsession import URLLib3Session

# A little more than API Gateway takes to give up.
_TIMEOUT_SECONDS = 35


class Refused(Exception):
    """The API answered with a refusal; `problem` is its problem document (RFC 9457)."""

    def __init__(self, problem: Mapping[str, Any], retry_after: int | None = None) -> None:
        self.problem = problem
        self.code = str(problem.get("code", ""))
        self.status = int(problem.get("status", 0))
        self.retry_after = retry_after
        """After how many seconds another try makes sense, where the API says so."""
        super().__init__(f"{problem.get('title', 'Refused')}: {problem.get('detail', '')}")

    @property
    def fields(self) -> Mapping[str, str]:
        """What is wrong with which field of the request."""
        return {each["field"]: each["code"] for each in self.problem.get("errors", [])}


class Unreachable(Exception):
    """The API gave no answer."""


@dataclass(frozen=True)
class Operator:
    """Asks the operator's routes of one deployment; may be kept for many requests."""

    url: str
    """Where the API is, with the stage and without a slash at the end."""
    region: str
    credentials: Credentials = field(repr=False)
    language: str = "en"
    _http: URLLib3Session = field(
        default_factory=lambda: URLLib3Session(timeout=_TIMEOUT_SECONDS), repr=False, compare=False
    )

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Ask a route, by its path below the API's URL; what it answers, or nothing where it has no body.

        Raises Refused and Unreachable.
        """
        request = AWSRequest("POST", self.url + path, self._headers(), json.dumps(dict(body or {})).encode())
        SigV4Auth(self.credentials, "execute-api", self.region).add_auth(request)
        try:
            response = self._http.send(request.prepare())
        except (HTTPClientError, NoConnection) as error:
            raise Unreachable(f"no answer from {self.url}: {error}") from error
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            raise Refused(_problem(response), _seconds(response.headers.get("Retry-After")))
        answered: dict[str, Any] = json.loads(response.content) if response.content else {}
        return answered

    def _headers(self) -> dict[str, str]:
        return {"Content-Type": "application/json", "Accept-Language": self.language}


def _problem(response: Any) -> dict[str, Any]:
    try:
        problem = json.loads(response.content)
    except ValueError:
        problem = None
    if isinstance(problem, dict) and "title" in problem:
        return problem
    # Whatever stands before the API, or a URL that is none of it.
    return {
        "title": f"HTTP {response.status_code}",
        "status": response.status_code,
        "detail": "The answer is none of Klucznik's; is the URL right?",
    }


def _seconds(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None
