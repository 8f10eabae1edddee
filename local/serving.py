"""Small HTTP servers on loopback, and passing requests on to another server."""

import contextlib
import http.client
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.ports import LOOPBACK, PortBusy

# They concern one connection only (RFC 9110 7.6.1), or the length that we set ourselves.
_NOT_PASSED_ON = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "expect",
    }
    | {"content-length"}
)
# API Gateway gives up after 29 seconds; the cloud's own answer about that should come first.
_PATIENCE_SECONDS = 35


class UpstreamDown(Exception):
    """The server behind us does not answer."""


@dataclass(frozen=True)
class Answer:
    """An HTTP response; a header that was sent several times stands there several times."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Handler(BaseHTTPRequestHandler):
    """What our servers' request handlers share: HTTP/1.1 with kept connections, no log lines."""

    protocol_version = "HTTP/1.1"
    timeout = 75  # seconds that a kept connection may be idle
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one piece

    def send_answer(self, answer: Answer) -> None:
        """Send a whole response, without the body when it answers a HEAD request."""
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        bodiless = self.command == "HEAD" or answer.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
        if not bodiless:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if not bodiless:
            self.wfile.write(answer.body)

    def read_body(self) -> bytes:
        """The body of the request, in full."""
        length = self.headers.get("Content-Length") or "0"
        if not length.isdecimal():
            self.close_connection = True  # there is no telling where the next request begins
            return b""
        return self.rfile.read(int(length))

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: the terminal belongs to the mails."""


class Server(ThreadingHTTPServer):
    """A server in a thread of its own; a port of 0 becomes any free one. Close it by its own context."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, option: str, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        """Listen on the port, which `option` chooses.

        Raises PortBusy.
        """
        try:
            super().__init__((LOOPBACK, port), handler)
        except OSError as error:
            raise PortBusy(option, port) from error

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://{LOOPBACK}:{self.port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Show what went wrong, unless it is only that the caller has gone."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Answer requests until the block ends."""
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.shutdown()


def pass_on(request: Handler, body: bytes, port: int, prefix: str = "") -> Answer:
    """What the server on another loopback port says to this request, its path put behind `prefix`.

    Raises UpstreamDown.
    """
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_PATIENCE_SECONDS)
    try:
        connection.putrequest(
            request.command, prefix + request.path, skip_host=True, skip_accept_encoding=True
        )
        for name, value in request.headers.items():
            if name.lower() not in _NOT_PASSED_ON:
                connection.putheader(name, value)
        if body or "Content-Length" in request.headers:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        return Answer(response.status, _passed_on(response, request.command), response.read())
    except (OSError, http.client.HTTPException) as error:
        raise UpstreamDown(f"no answer from port {port}: {error!r}") from error
    finally:
        connection.close()


def _passed_on(response: http.client.HTTPResponse, command: str) -> tuple[tuple[str, str], ...]:
    # The answer to HEAD says how long the body would be; other lengths are counted when the body is sent.
    dropped = _NOT_PASSED_ON - {"content-length"} if command == "HEAD" else _NOT_PASSED_ON
    return tuple((name, value) for name, value in response.getheaders() if name.lower() not in dropped)
