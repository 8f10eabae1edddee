"""Small clients of a running local cloud: its HTTP API and its mailbox."""

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

_TIMEOUT_SECONDS = 35
_LOOK_AGAIN_SECONDS = 0.05


@dataclass(frozen=True)
class Reply:
    """What the API answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        """The parsed body."""
        return json.loads(self.body)

    def values(self, header: str) -> list[str]:
        """All values of a header that may be sent several times."""
        return self.headers.get_all(header) or []


@dataclass(frozen=True)
class Api:
    """The HTTP API as seen by a caller in one network; follows no redirects, raises on no status."""

    url: str
    network: str = ""
    """The caller's address for the local cloud, which believes X-Forwarded-For (AWS does not)."""

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send a request: bytes as they are, anything else as JSON; `token` is the session's."""
        sent = dict(headers or {})
        if self.network:
            sent["X-Forwarded-For"] = self.network
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(address.netloc, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request(method, address.path.rstrip("/") + path, body, sent)
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, path: str, **options: Any) -> Reply:
        """GET."""
        return self.send("GET", path, **options)

    def post(self, path: str, body: object = None, **options: Any) -> Reply:
        """POST."""
        return self.send("POST", path, body, **options)

    def patch(self, path: str, body: object = None, **options: Any) -> Reply:
        """PATCH."""
        return self.send("PATCH", path, body, **options)

    def delete(self, path: str, body: object = None, **options: Any) -> Reply:
        """DELETE."""
        return self.send("DELETE", path, body, **options)


@dataclass(frozen=True)
class Letter:
    """A mail as its recipient got it."""

    number: int
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str
    links: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    tags: Mapping[str, str]

    def token(self, path: str = "") -> str:
        """The token in the first link, or in the first link to this path of the panel.

        Raises LookupError when there is none.
        """
        for link in self.links:
            before, mark, token = link.partition("?token=")
            if mark and (not path or urlsplit(before).path == path):
                return token
        raise LookupError(f"no link to {path or 'anywhere'} with a token in mail {self.number}: {self.links}")


class NoMail(Exception):
    """The mail that was waited for did not come in time."""


@dataclass(frozen=True)
class Letterbox:
    """Reads the mailbox of a running local cloud."""

    url: str

    def newest(self) -> int:
        """The number of the newest mail; later ones have higher numbers."""
        newest = Api(self.url).get("/messages.json?limit=1").json
        return int(newest[0]["id"]) if newest else 0

    def letters(self, to: str = "", after: int = 0) -> list[Letter]:
        """The mails after a number, oldest first, to one address if it is given."""
        query = urlencode({"to": to, "after": after}, quote_via=quote)
        return [_letter(document) for document in reversed(Api(self.url).get(f"/messages.json?{query}").json)]

    def wait_for(
        self, to: str, *, after: int = 0, account_id: str = "", kind: str = "", seconds: float = 30
    ) -> Letter:
        """The first mail to the address after a number, about an account and of a kind if they are given.

        Waits for it.

        Raises NoMail.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for letter in self.letters(to, after):
                tags = letter.tags
                if account_id in ("", tags.get("account_id")) and kind in ("", tags.get("kind")):
                    return letter
            time.sleep(_LOOK_AGAIN_SECONDS)
        raise NoMail(f"no mail to {to} after number {after} within {seconds} s")


def _letter(document: Mapping[str, Any]) -> Letter:
    return Letter(
        number=document["id"],
        recipients=tuple(document["to"]),
        subject=document["subject"],
        text=document["text"] or "",
        html=document["html"] or "",
        links=tuple(document["links"]),
        headers=tuple((name, value) for name, value in document["headers"]),
        tags=document["tags"],
    )
