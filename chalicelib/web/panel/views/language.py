"""The switch at the foot of every page."""

from dataclasses import replace

from chalicelib.accounts import profile
from chalicelib.accounts.rules import LANGUAGES
from chalicelib.errors import MalformedBody
from chalicelib.web import request
from chalicelib.web.panel import language
from chalicelib.web.panel.routes import PAGES
from chalicelib.web.panel.visit import Redirect, Visit


def send(visit: Visit) -> Redirect:
    """Show pages in the other language, and write in it to who is logged in."""
    page = visit.typed("next")
    return switched(visit, Redirect(page if page in PAGES else "/"))


def switched(visit: Visit, result: Redirect) -> Redirect:
    """The result with the chosen language in a cookie, and in the profile of who is logged in."""
    chosen = visit.typed("language")
    if chosen not in LANGUAGES:
        raise MalformedBody
    session = visit.session_if_any()
    if session and session.account.language != chosen:
        profile.change(
            session,
            profile.Changes(language=chosen),
            current_password=None,
            network=request.caller_network(),
        )
    return replace(result, cookies=[*result.cookies, language.kept(chosen)])
