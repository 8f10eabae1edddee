"""The language of our messages, and of the panel."""

from chalicelib.web.panel.views.language import switched
from chalicelib.web.panel.visit import Page, Redirect, Visit


def show(visit: Visit) -> Page:
    """The choice."""
    return Page("data_language", {"account": visit.session.account})


def send(visit: Visit) -> Redirect:
    """Write in this language from now on, to who is logged in."""
    return switched(visit, Redirect("/data", notice="language_changed"), visit.session)
