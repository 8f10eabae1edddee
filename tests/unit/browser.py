"""A browser without scripts, as the panel meets it: keeps cookies, sends forms, follows redirects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from app import app
from chalicelib.web.panel.routes import ANYTHING_ELSE

_HOST = "panel.example"
_STAGE_HOST = "abc123.execute-api.eu-central-1.amazonaws.com"


@dataclass
class Form:
    """A form as it stands on a page: where it goes, what it holds, its buttons by their words."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str] | None] = field(default_factory=dict)


class _Parsed(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self._button: tuple[str, str] | None = None
        self._in: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        if tag == "form":
            self.forms.append(Form(attributes["action"]))
        if tag in ("input", "textarea") and self.forms:
            self._enter(attributes)
        if tag == "button":
            self._button = (attributes["name"], attributes["value"]) if "name" in attributes else None
        if tag not in ("input", "meta", "link", "br", "line", "polygon", "polyline"):
            self._in.append(tag)

    def _enter(self, attributes: Mapping[str, str]) -> None:
        checkable = attributes.get("type") in ("checkbox", "radio")
        if not checkable or "checked" in attributes:
            self.forms[-1].fields[attributes["name"]] = attributes.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if self._in and self._in[-1] == tag:
            self._in.pop()

    def handle_data(self, data: str) -> None:
        if {"script", "style"} & set(self._in):
            return
        self.words.append(data)
        if self._in and self._in[-1] == "textarea":
            self.forms[-1].fields[self.elements[-1][1]["name"]] = data
        if "button" in self._in:
            self.forms[-1].buttons.setdefault(data.strip(), self._button)


@dataclass(frozen=True)
class Page:
    """What a browser shows, and where."""

    status: int
    path: str
    query: str
    headers: Mapping[str, list[str]]
    text: str

    @property
    def parsed(self) -> _Parsed:
        """The page's elements."""
        return _Parsed(self.text)

    @property
    def words(self) -> str:
        """What can be read on it, in one line."""
        return " ".join(" ".join(self.parsed.words).split())

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return self.text.partition("<title>")[2].partition("</title>")[0]

    def header(self, name: str) -> str:
        """A header that is sent once."""
        [value] = self.headers[name]
        return value

    def form(self, button: str) -> Form:
        """The form with the button of these words."""
        [found] = [each for each in self.parsed.forms if button in each.buttons]
        return found


class Browser:
    """Somebody at a browser. `sends` are the headers by which it tells where a form comes from."""

    def __init__(
        self, *, language: str = "pl", ip: str = "198.51.100.7", stage: str = "", **sends: str
    ) -> None:
        self.cookies: dict[str, str] = {}
        self.language = language
        self.ip = ip
        self.stage = stage
        self.sends = {name.replace("_", "-"): value for name, value in sends.items()} or {
            "sec-fetch-site": "same-origin",
            "origin": f"https://{self.host}",
        }

    @property
    def host(self) -> str:
        """Where the panel is: at a domain of its own, or behind a stage's name."""
        return _STAGE_HOST if self.stage else _HOST

    def open(self, path: str, **query: str) -> Page:
        """Open an address, and go where it leads."""
        return self._followed(self.request("GET", path, query=query))

    def send(self, page: Page, button: str, /, **typed: str | None) -> Page:
        """Fill in the page's form with this button, and press it; a field that is None is left out."""
        form = page.form(button)
        fields: dict[str, str | None] = {**form.fields, **typed}
        if pressed := form.buttons[button]:
            fields[pressed[0]] = pressed[1]
        sent = {name: value for name, value in fields.items() if value is not None}
        return self._followed(self.post(self.resolved(page, form.action), **sent))

    def post(self, path: str, /, **fields: str) -> Page:
        """Send a form, without following where its answer leads."""
        headers = {"content-type": "application/x-www-form-urlencoded", **self.sends}
        return self.request("POST", path, body=urlencode(fields), headers=headers)

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Page:
        """One request and its answer."""
        answer = app(self._event(method, path, query or {}, body, headers or {}), None)
        values: dict[str, list[str]] = {name: [value] for name, value in answer["headers"].items()}
        values |= answer.get("multiValueHeaders") or {}
        self._keep(values.get("Set-Cookie", []))
        return Page(answer["statusCode"], path, urlencode(query or {}), values, answer["body"])

    def _event(
        self, method: str, path: str, query: Mapping[str, str], body: str | None, headers: Mapping[str, str]
    ) -> dict[str, Any]:
        route = path.rstrip("/") or "/"  # API Gateway takes /data/ for /data
        known = route in app.routes
        always = {
            "host": self.host,
            "accept": "text/html,application/xhtml+xml,*/*;q=0.8",
            "accept-language": self.language,
            "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        }
        if self.cookies:
            always["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {
            "requestContext": {
                "httpMethod": method,
                "resourcePath": route if known else ANYTHING_ELSE,
                "path": f"{self.stage}{path}",
                "requestId": "00000000-0000-4000-8000-000000000000",
                "identity": {"sourceIp": self.ip, "userArn": None},
            },
            "headers": {**always, **headers},
            "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} or None,
            "pathParameters": None if known else {"proxy": path.strip("/")},
            "stageVariables": None,
            "body": body,
            "isBase64Encoded": False,
        }

    def _keep(self, set_cookies: list[str]) -> None:
        for line in set_cookies:
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value

    def _followed(self, page: Page) -> Page:
        for _ in range(5):
            if page.status != 303:
                return page
            location = urlsplit(page.header("Location"))
            assert not location.scheme, "a redirect leads out of the panel"
            assert not location.netloc, "a redirect leads out of the panel"
            assert not location.path.startswith("/"), "a redirect does not know of the stage"
            path = self.resolved(page, page.header("Location"))
            page = self.request("GET", path, query=dict(parse_qsl(location.query)))
        raise AssertionError(f"redirected without end, at last to {page.path}")

    def resolved(self, page: Page, reference: str) -> str:
        """The path of the panel to which a link, a form or a redirect of the page leads."""
        target = urlsplit(urljoin(f"{self.stage}{page.path}", reference)).path
        assert target.startswith(f"{self.stage}/"), f"{page.path} leads out of the stage, to {target}"
        return target.removeprefix(self.stage)
