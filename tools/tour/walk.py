"""The tour itself: from state to state, and what each page cost and held."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, groupby

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from tools.tour import inside, outside
from tools.tour.cast import Cast, Role
from tools.tour.visit import State, Visit

STATES = (*outside.STATES, *inside.STATES)

# Paths of the panel that show no page of their own.
WITHOUT_PAGE = {"/": "leads to another page", "/data/export": "is a file"}

# What Chromium itself says of an answer that is none of 2xx; those are looked at by their statuses.
_SAID_OF_STATUSES = "Failed to load resource"

# Each visitor in a network of their own, that limits count apart.
_NETWORK_NUMBERS = count()


class Astray(Exception):
    """A page is not in the state that was wanted."""


@dataclass(frozen=True)
class Sight:
    """A page in one of its states: what the server sent, and what it took to show it with nothing cached."""

    state: State
    page: Page
    html: str
    requests: int
    wire_bytes: int
    complaints: tuple[str, ...]
    """Errors and warnings in the browser's console."""


@dataclass
class _Observer:
    """Keeps what a page of the browser asked for, and what it complained of, since the last navigation."""

    page: Page
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", self._asked)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _asked(self, request: Request) -> None:
        if request.is_navigation_request():
            self.requests.clear()
        self.requests.append(request)

    def _said(self, message: ConsoleMessage) -> None:
        if is_complaint(message):
            self.complaints.append(message.text)

    def sight(self, state: State) -> Sight:
        """What is seen now. Raises Astray."""
        document = self.requests[0].response()
        if document is None or document.status != state.status:
            raise Astray(f"{state.name}: {document and document.status} instead of {state.status}")
        if not self.page.locator(state.shows).first.is_visible():
            raise Astray(f"{state.name}: there is no {state.shows}")
        sizes = [request.sizes() for request in self.requests]
        complaints = tuple(self.complaints)
        self.complaints.clear()
        return Sight(
            state=state,
            page=self.page,
            html=document.text(),
            requests=len(sizes),
            wire_bytes=sum(each["responseHeadersSize"] + each["responseBodySize"] for each in sizes),
            complaints=complaints,
        )


def is_complaint(message: ConsoleMessage) -> bool:
    """Whether the browser's console tells of something wrong with a page."""
    return message.type in ("error", "warning") and not message.text.startswith(_SAID_OF_STATUSES)


def walk(browser: Browser, cast: Cast, language: str) -> Iterator[Sight]:
    """Bring the browser to each state in turn, in a language; the page is the caller's until the next one.

    Raises Astray.
    """
    for role, states in groupby(STATES, key=lambda state: state.role):
        context = _context(browser, language)
        try:
            page = context.new_page()
            # Every page shall be seen as on a first visit.
            devtools = context.new_cdp_session(page)
            devtools.send("Network.enable")
            devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
            observer, visit = _Observer(page), Visit(page, cast)
            # As if chosen at the foot of a page: otherwise the account's comes with logging in.
            visit.keep("language", language)
            if role is not Role.NOBODY:
                visit.log_in(role)
            for state in states:
                state.reach(visit)
                yield observer.sight(state)
        finally:
            context.close()


def _context(browser: Browser, language: str) -> BrowserContext:
    return browser.new_context(
        locale={"pl": "pl-PL", "en": "en-GB"}[language],
        timezone_id="Europe/Warsaw",
        extra_http_headers={"X-Forwarded-For": f"100.64.{next(_NETWORK_NUMBERS)}.7"},
    )
