"""The pages that mailed links lead to: plain forms, which need no script and work in any browser (R9).

Opening a link changes nothing (I4), since scanners and previews open links, too: what it is for
happens when its form is sent.
"""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec
from urllib.parse import parse_qs

from chalice.app import Blueprint, Response

from chalicelib.accounts import address_change, address_undo, recovery, registration
from chalicelib.errors import DomainError, LinkExpired, MalformedBody, WeakPassword
from chalicelib.settings import settings
from chalicelib.web.edge import caller_language, caller_network, form_body
from chalicelib.web.problems import REFUSALS

if TYPE_CHECKING:
    from jinja2 import Environment

panel = Blueprint(__name__)

_PAGES = Path(__file__).parent / "pages"
_MOST_FIELDS = 10
_FORM = ["application/x-www-form-urlencoded"]
_HEADERS: dict[str, str | list[str]] = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    # The link's token is in the page's address; no-referrer would take the Origin from form posts as well.
    "Referrer-Policy": "strict-origin",
    "X-Content-Type-Options": "nosniff",
}

_P = ParamSpec("_P")


def page(view: Callable[_P, Response]) -> Callable[_P, Response]:
    """Answer the domain's refusals to a view as pages."""

    @functools.wraps(view)
    def answered(*args: _P.args, **kwargs: _P.kwargs) -> Response:
        try:
            return view(*args, **kwargs)
        except LinkExpired:
            return _page("link_expired", status=410)
        except DomainError as refusal:
            answer = REFUSALS[refusal.code]
            return _page("refused", status=answer.status, words=answer.words[caller_language()])

    return answered


@panel.route("/", methods=["GET"])
@page
def home() -> Response:
    """What is here, for whoever opens the panel's address."""
    return _page("home")


@panel.route("/confirm", methods=["GET", "HEAD"])
@page
def confirmation_form() -> Response:
    """Where the link of a confirmation mail leads: a button that confirms the address."""
    return _page("confirm", token=_token_of_link())


@panel.route("/confirm", methods=["POST"], content_types=_FORM)
@page
def confirm_email() -> Response:
    """Confirm the address."""
    registration.confirm_email(_typed("token"))
    return _page("confirmed")


@panel.route("/email/confirm", methods=["GET", "HEAD"])
@page
def new_email_form() -> Response:
    """Where the link mailed to a new address leads: a button that puts it in force."""
    return _page("email_confirm", token=_token_of_link())


@panel.route("/email/confirm", methods=["POST"], content_types=_FORM)
@page
def confirm_new_email() -> Response:
    """Put the new address in force."""
    address_change.confirm_new_email(_typed("token"), network=caller_network())
    return _page("email_confirmed")


@panel.route("/email/undo", methods=["GET", "HEAD"])
@page
def undo_form() -> Response:
    """Where the link in the warning to the old address leads: a button that takes the change back."""
    return _page("email_undo", token=_token_of_link())


@panel.route("/email/undo", methods=["POST"], content_types=_FORM)
@page
def undo_change_of_email() -> Response:
    """Take the change of address back."""
    address_undo.undo_change(_typed("token"), network=caller_network())
    return _page("email_undone")


@panel.route("/reset", methods=["GET", "HEAD"])
@page
def reset_form() -> Response:
    """Where the link of a reminder leads: whose password it is, and a form for the new one."""
    token = _token_of_link()
    return _page("reset", token=token, login=recovery.check_reset(token).login, broken_rules=())


@panel.route("/reset", methods=["POST"], content_types=_FORM)
@page
def complete_reset() -> Response:
    """Set the new password; one that breaks a rule brings the form again, and the link stays usable."""
    token = _typed("token")
    try:
        recovery.complete_reset(
            token, _typed("password"), language=caller_language(), network=caller_network()
        )
    except WeakPassword as refusal:
        login = recovery.check_reset(token).login
        broken_rules = [field.code for field in refusal.fields]
        return _page("reset", status=422, token=token, login=login, broken_rules=broken_rules)
    return _page("reset_done")


@panel.route("/style.css", methods=["GET"])
def style() -> Response:
    """The one style sheet of all pages."""
    headers = _HEADERS | {"Content-Type": "text/css; charset=utf-8", "Cache-Control": "public, max-age=3600"}
    return Response(body=(_PAGES / "style.css").read_text(), headers=headers)


def _token_of_link() -> str:
    parameters: Mapping[str, str] = panel.current_request.query_params or {}
    return str(parameters.get("token", ""))


def _typed(field: str) -> str:
    try:
        fields = parse_qs(form_body(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:  # more fields than any form of ours has
        raise MalformedBody from None
    return fields.get(field, [""])[0]


def _page(name: str, *, status: int = 200, **values: object) -> Response:
    language = caller_language()
    template = _environment().get_template(f"{language}/{name}.html")
    # Relative, since the panel may stand behind a stage's name: from /email/confirm the root is one up.
    path = str(panel.current_request.context["resourcePath"])
    root = "../" * (path.count("/") - 1)
    body = template.render(values, language=language, operator_name=settings().operator_name, root=root)
    return Response(body=body, status_code=status, headers=_HEADERS | {"Content-Language": language})


@functools.cache
def _environment() -> "Environment":
    # Imported here: only who asks for a page pays for it at a cold start.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=FileSystemLoader(_PAGES), undefined=StrictUndefined, autoescape=select_autoescape()
    )
