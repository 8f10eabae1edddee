"""Somebody at a real browser, with scripts or without, and what they do there."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from chalicelib.web.panel.language import texts
from local.client import Letter
from tests.e2e.stack import Customer, Deployed
from tools.tour.walk import is_complaint

_LOCALES = {"pl": "pl-PL", "en": "en-GB"}

# What is there is there at once; a page takes a second at most where many things run side by side.
_PATIENCE_MILLISECONDS = 15_000


@dataclass(frozen=True)
class Tab:
    """A tab of the browser. Links and buttons are named in English, as the templates have them."""

    page: Page
    panel_url: str
    language: str

    def said(self, english: str) -> str:
        """A text of the panel in the visitor's language."""
        return texts(self.language).gettext(english)

    def open(self, path: str) -> None:
        """Open an address of the panel."""
        self.page.goto(f"{self.panel_url}{path}")

    def follow(self, english: str) -> None:
        """Click the link of these words; the first, if there are several."""
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=self.said(english), exact=True).first.click()

    def follow_to(self, path: str) -> None:
        """Click the link that leads there; the first, if there are several."""
        with self.page.expect_navigation():
            self.page.locator(f"a[href$='{path.removeprefix('/')}']").first.click()
        assert self.path == path

    def fill(self, **typed: str) -> None:
        """Type into fields, by their names."""
        for name, text in typed.items():
            self.page.locator(f"main [name={name}]").fill(text)

    def press(self, english: str) -> None:
        """Press the button of these words, and wait for what comes."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=self.said(english), exact=True).click()

    def send(self, button: str, /, **typed: str) -> None:
        """Fill in a form, and press its button."""
        self.fill(**typed)
        self.press(button)

    def says(self, english: str) -> bool:
        """Whether a text of the panel can be read on the page, in the visitor's language."""
        return self.said(english) in self.words

    @property
    def path(self) -> str:
        """The path of the address."""
        return urlsplit(self.page.url).path

    @property
    def words(self) -> str:
        """What can be read on the page."""
        return self.page.locator("body").inner_text()

    @property
    def notice(self) -> str:
        """What is told at the top of the page; nothing if nothing is."""
        return " ".join(self.page.locator("main [role=status]").all_inner_texts())

    @property
    def errors(self) -> list[str]:
        """What the summary says is wrong with the form."""
        return self.page.locator(".errors li").all_inner_texts()

    def value(self, name: str) -> str:
        """What stands in a field."""
        return self.page.locator(f"main [name={name}]").input_value()


@dataclass(frozen=True)
class Visitor:
    """Somebody with a browser profile of their own, in a network of their own."""

    context: BrowserContext
    panel_url: str
    language: str

    def tab(self) -> Tab:
        """A new tab."""
        return Tab(self.context.new_page(), self.panel_url, self.language)

    def open(self, path: str) -> Tab:
        """An address of the panel in a new tab."""
        tab = self.tab()
        tab.open(path)
        return tab

    def open_link(self, letter: Letter) -> Tab:
        """The first link of a mail that has a token, in a new tab."""
        tab = self.tab()
        tab.page.goto(next(link for link in letter.links if "?token=" in link))
        return tab

    def logged_in(self, customer: Customer) -> Tab:
        """A new tab with a customer's Data page."""
        tab = self.open("/login")
        tab.send("Log in", login=customer.login, password=customer.password)
        assert tab.path == "/data", tab.words
        return tab


@dataclass
class Visitors:
    """Lets people in to a deployed panel; what their browsers complain of is kept."""

    browser: Browser
    deployed: Deployed
    scripts: bool
    complaints: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    def __call__(self, language: str = "pl") -> Visitor:
        """Somebody new."""
        context = self.browser.new_context(
            locale=_LOCALES[language],
            java_script_enabled=self.scripts,
            extra_http_headers={"X-Forwarded-For": self.deployed.caller().network},
        )
        self._contexts.append(context)
        context.set_default_timeout(_PATIENCE_MILLISECONDS)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        return Visitor(context, self.deployed.where.panel_url, language)

    def leave(self) -> None:
        """Close all browsers' windows."""
        for context in self._contexts:
            context.close()

    def _said(self, message: ConsoleMessage) -> None:
        if is_complaint(message):
            self.complaints.append(message.text)
