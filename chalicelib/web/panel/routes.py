"""The panel's addresses, and which view is behind each.

Only this module is loaded at start-up: what makes pages is imported when one is asked for, so that it
costs no other function and no client of the API a part of its cold start.
"""

from collections.abc import Callable, Mapping

from chalice.app import Blueprint, Response

from chalicelib.web import request

# Path → module under views.
PAGES: Mapping[str, str] = {
    "/": "home",
    "/login": "log_in",
    "/logout": "log_out",
    "/forgot": "forgot",
    "/forgot/sent": "forgot_sent",
    "/reset": "reset",
    "/register": "register",
    "/confirmation": "confirmation",
    "/confirm": "confirm",
    "/email/confirm": "email_confirm",
    "/email/undo": "email_undo",
    "/data": "data",
    "/data/login": "data_login",
    "/data/email": "data_email",
    "/data/password": "data_password",
    "/data/language": "data_language",
    "/data/low-balance": "data_low_balance",
    "/data/sip-password": "data_sip_password",
    "/data/sessions": "data_sessions",
    "/data/delete": "data_delete",
    "/data/export": "data_export",
    "/balance": "balance",
    "/notifications": "notifications",
    "/ticket": "ticket",
    "/language": "language",
}
STYLE = "/style.css"

# What no other route has. Below these, machines ask; everywhere else, people.
ANYTHING_ELSE = "/{proxy+}"
_FOR_MACHINES = ("v1", "operator", ".well-known")

_FORM = ["application/x-www-form-urlencoded"]
_EVERY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

panel = Blueprint(__name__)


def is_page() -> bool:
    """Whether the request is for a page, so that its answer should be one."""
    if request.route() == ANYTHING_ELSE:
        return request.path_parameter("proxy").partition("/")[0] not in _FOR_MACHINES
    return request.route() in PAGES or request.route() == STYLE


@panel.route(STYLE, methods=["GET", "HEAD"])
def style() -> Response:
    """The one style sheet of all pages."""
    from chalicelib.web.panel.rendering import style_sheet

    return style_sheet()


@panel.route(ANYTHING_ELSE, methods=_EVERY_METHOD, name="not_found", content_types=["*/*"])
def not_found() -> Response:
    """What is not there, also for a browser that was sent a wrong address."""
    if is_page():
        from chalicelib.web.panel.frame import error_page

        return error_page("not_found")
    from chalicelib.web.edge import problem

    return problem("not_found")


def _page(view: str) -> Callable[[], Response]:
    def page() -> Response:
        from chalicelib.web.panel.frame import answer

        return answer(view)

    page.__doc__ = f"The page `{view}`."
    return page


for _path, _view in PAGES.items():
    panel.route(_path, methods=["GET", "HEAD"], name=f"show_{_view}")(_page(_view))
    panel.route(_path, methods=["POST"], name=f"send_{_view}", content_types=_FORM)(_page(_view))
