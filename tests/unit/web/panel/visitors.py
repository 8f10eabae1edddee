"""People at a browser on the panel's English pages, and what is stored meanwhile."""

from tests.unit import cloud
from tests.unit.browser import Browser, Page
from tests.unit.clients import PASSWORD, Customer

SESSION = "__Host-session"
FORM = "__Host-form"
LANGUAGE = "__Host-language"
NOTICE = "__Host-notice"


def visitor(**browser: str) -> Browser:
    """A browser that was here before: its owner has chosen English."""
    visiting = Browser(language="en", **browser)
    visiting.cookies |= {LANGUAGE: "en", FORM: "a-token-of-an-earlier-visit"}
    return visiting


def log_in(browser: Browser, login: str = "jan", password: str = PASSWORD) -> Page:
    """Log in by the form of the log-in page; the page that follows."""
    return browser.send(browser.open("/login"), "Log in", login=login, password=password)


def entered(login: str = "jan", password: str = PASSWORD, **browser: str) -> Browser:
    """A browser in which somebody has just logged in."""
    visiting = visitor(**browser)
    assert log_in(visiting, login, password).path == "/data"
    return visiting


def is_in(browser: Browser) -> bool:
    """Whether the browser's session still opens the Data tab."""
    return browser.open("/data").path == "/data"


def may_enter(login: str, password: str) -> bool:
    """Whether login and password open the account, from a network where nobody has tried yet."""
    return Customer(ip="203.0.113.99").log_in(login, password).status == 201


def everything() -> dict[str, list[str]]:
    """All that is stored, counters too."""
    return {variable: sorted(map(str, cloud.items(variable))) for variable in cloud.table_variables()}


def mistakes(page: Page) -> list[str]:
    """What the page's summary says is wrong with the form."""
    summary = page.text.partition('<div class="errors"')[2].partition("</ul>")[0]
    entries = [each.partition("</li>")[0] for each in summary.split("<li>")[1:]]
    return [each.removesuffix("</a>").rpartition(">")[2] for each in entries]


def notice_on(page: Page) -> str | None:
    """What the page tells at its top, if anything."""
    told = page.text.partition('role="status">')[2].partition("</p>")[0]
    return told or None


def element(page: Page, name: str) -> dict[str, str]:
    """The attributes of the page's field of this name."""
    [found] = [attributes for _, attributes in page.parsed.elements if attributes.get("name") == name]
    return found
