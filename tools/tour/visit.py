"""A state of a page, and what a customer at the browser does to bring the page into it."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

from tools.tour.cast import Cast, Role

# The first button of a page's form; those of the script beside it send nothing.
_BUTTON = "main form button:not([type=button])"


@dataclass(frozen=True)
class Visit:
    """A page of the browser, in which somebody of the cast is logged in, or nobody."""

    page: Page
    cast: Cast

    def keep(self, name: str, value: str) -> None:
        """Give the browser a cookie of the panel."""
        self.page.context.add_cookies([{"name": name, "value": value, "url": self.cast.panel_url}])

    def open(self, path: str) -> None:
        """Open an address of the panel."""
        self.page.goto(f"{self.cast.panel_url}{path}")

    def send(self, **typed: str) -> None:
        """Fill in fields by their names, and press the button of the page's form."""
        for name, text in typed.items():
            self.page.locator(f"main [name={name}]").fill(text)
        self.press(_BUTTON)

    def press(self, button: str) -> None:
        """Press what sends a form, and wait for the page that comes."""
        with self.page.expect_navigation():
            self.page.locator(button).first.click()

    def log_in(self, login: str) -> None:
        """Log in."""
        self.open("/login")
        self.send(login=login, password=self.cast.password)


Reach = Callable[[Visit], None]
"""What brings the page into a state."""


def opened(path: str) -> Reach:
    """By opening it."""
    return lambda visit: visit.open(path)


def sent(path: str, /, **typed: str) -> Reach:
    """By sending the form that is at `path`, filled in like this; it may be open already."""

    def reach(visit: Visit) -> None:
        if visit.page.url != f"{visit.cast.panel_url}{path}":
            visit.open(path)
        visit.send(**typed)

    return reach


@dataclass(frozen=True)
class State:
    """A page in a state: its path, who sees it, how they get there.

    The answer has `status`, and `shows` is a selector of what makes the state: without it something else
    is seen.
    """

    name: str
    path: str
    reach: Reach
    status: int = 200
    shows: str = "main form"
    role: Role = Role.NOBODY
