"""The switch at the foot of every page."""

from dataclasses import replace

from chalicelib.accounts import profile
from chalicelib.accounts.rules import LANGUAGES
from chalicelib.accounts.sessions import Session
from chalicelib.errors import MalformedBody
from chalicelib.web import request
from chalicelib.web.panel import language
from chalicelib.web.panel.routes import PAGES
from chalicelib.web.panel.visit import Redirect, Visit


def send(visit: Visit) -> Redirect:
    """Show pages in the other language, and write in it to who is logged in."""
    page = visit.typed("page")
    here = Redirect(page, query=visit.carried) if PAGES.get(page, "language") != "language" else Redirect("/")
    return switched(visit, here, visit.session_if_any())


def switched(visit: Visit, result: Redirect, session: Session | None) -> Redirect:
    """The result with the chosen language in a cookie, and in the profile of who is logged in."""
    chosen = visit.typed("language")
    if chosen not in LANGUAGES:
        raise MalformedBody
    if session and session.account.language != chosen:
        profile.change(
            session,
            profile.Changes(language=chosen),
            current_password=None,
            network=request.caller_network(),
        )
    return replace(result, cookies=[*result.cookies, language.kept(chosen)])
