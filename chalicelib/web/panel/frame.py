"""What all pages have in common: runs a view and answers the browser, with a page whatever happens."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from importlib import import_module
from types import ModuleType

from chalice.app import Response

from chalicelib.errors import DomainError, LinkExpired, NotLoggedIn
from chalicelib.web import request
from chalicelib.web.edge import retry_after
from chalicelib.web.panel import cookies, language, origin, rendering, words
from chalicelib.web.panel.origin import CrossSite
from chalicelib.web.panel.visit import Mistyped, Page, Redirect, Visit
from chalicelib.web.problems import REFUSALS

_VIEWS = "chalicelib.web.panel.views"

_FORM_COOKIE_LIFETIME = timedelta(days=30)
_NOTICE_LIFETIME = timedelta(minutes=5)


def answer(name: str) -> Response:
    """What the view of this name answers to the present request."""
    view = import_module(f"{_VIEWS}.{name}")
    try:
        visit = Visit()
        return _responded(visit, _result(view, visit))
    except CrossSite:
        return error_page("cross_site")
    except DomainError as refusal:
        return error_page(refusal.code, headers=retry_after(refusal))


def _result(view: ModuleType, visit: Visit) -> Page | Redirect | Response:
    doing = "send" if request.method() == "POST" else "show"
    if not hasattr(view, doing):
        allowed = "GET, HEAD" if doing == "send" else "POST"
        return error_page("method_not_allowed", headers={"Allow": allowed})
    try:
        return _sent(view, visit) if doing == "send" else view.show(visit)
    except NotLoggedIn:
        return _to_log_in(view, visit)
    except LinkExpired:
        page: Page = view.expired(visit)
        return replace(page, status=HTTPStatus.GONE)


def _sent(view: ModuleType, visit: Visit) -> Page | Redirect | Response:
    """What a form comes to: what the view answers, or the same form with what is wrong about it."""
    origin.check(
        fetch_site=request.header("sec-fetch-site"),
        origin=request.header("origin"),
        host=request.header("host"),
        cookies=visit.cookies,
        fields=visit.fields,
    )
    try:
        result: Page | Redirect | Response = view.send(visit)
    except (DomainError, Mistyped) as refusal:
        errors = words.form_errors(refusal, visit.language)
        if not errors:
            raise
        page: Page = view.show(visit)
        again = replace(page, status=_status(refusal), values={**page.values, "errors": errors})
        headers = retry_after(refusal) if isinstance(refusal, DomainError) else {}
        return _rendered(visit, again, headers)
    return result


def _status(refusal: DomainError | Mistyped) -> int:
    status = HTTPStatus.UNPROCESSABLE_ENTITY.value
    if isinstance(refusal, DomainError):
        status = REFUSALS[refusal.code].status
    # A 401 would have to name a way of logging in for machines (RFC 9110, section 15.5.2).
    return HTTPStatus.UNPROCESSABLE_ENTITY if status == HTTPStatus.UNAUTHORIZED else status


def _to_log_in(view: ModuleType, visit: Visit) -> Page | Redirect | Response:
    """Let the customer log in first, and come back to this page then."""
    if request.method() == "POST" and visit.may_be_logged_in and visit.session_if_any_by_now():
        # The session lives, but something that the form rests on was changed at the same moment.
        return Redirect(request.route(), notice="overtaken")
    set_cookies = []
    if visit.may_be_logged_in:
        set_cookies.append(cookies.dropped(cookies.SESSION))
    # A form is lost then, also where another tab has taken the session's cookie: never without a word.
    is_surprise = visit.may_be_logged_in or request.method() == "POST"
    if is_surprise and cookies.NOTICE not in visit.cookies:
        ended = getattr(view, "NOTICE_OF_ENDED_SESSION", "session_ended")
        set_cookies.append(cookies.kept(cookies.NOTICE, ended, _NOTICE_LIFETIME))
    wanted = {"next": request.route().removeprefix("/")}
    return rendering.redirect("/login", query=wanted, set_cookies=set_cookies)


def _responded(visit: Visit, result: Page | Redirect | Response) -> Response:
    if isinstance(result, Response):
        return result
    if isinstance(result, Page):
        return _rendered(visit, result)
    set_cookies = list(result.cookies)
    if result.notice:
        set_cookies.append(cookies.kept(cookies.NOTICE, result.notice, _NOTICE_LIFETIME))
    return rendering.redirect(result.path, query=result.query, set_cookies=set_cookies)


def _rendered(visit: Visit, page: Page, headers: Mapping[str, str] | None = None) -> Response:
    common, set_cookies = _common(visit.cookies, visit.language)
    if visit.session_has_ended:
        set_cookies.append(cookies.dropped(cookies.SESSION))
    common |= {"typed": visit.typed, "carried": visit.carried}
    return rendering.page(
        page.template,
        common | dict(page.values),
        language=visit.language,
        status=page.status,
        headers={**rendering.set_cookie(set_cookies), **(headers or {})},
    )


def _common(sent: Mapping[str, str], chosen: str) -> tuple[dict[str, object], list[str]]:
    """The values that all pages have in common, and the cookies to set beside them."""
    set_cookies = []
    token = sent.get(cookies.FORM)
    if not token:
        token = origin.new_token()
        set_cookies.append(cookies.kept(cookies.FORM, token, _FORM_COOKIE_LIFETIME))
    if cookies.NOTICE in sent:
        set_cookies.append(cookies.dropped(cookies.NOTICE))
    values: dict[str, object] = {
        "errors": (),
        "carried": {},
        "form_token": token,
        "notice": words.notice(sent.get(cookies.NOTICE, ""), chosen),
        "logged_in": cookies.SESSION in sent,
    }
    return values, set_cookies


def error_page(code: str, *, headers: Mapping[str, str] | None = None) -> Response:
    """The page for a refusal that no form can show; for a failure, with the reference that is in the log."""
    sent = cookies.read(request.header("cookie"))
    chosen = language.chosen(sent)
    common, set_cookies = _common(sent, chosen)
    title, detail = words.error(code, chosen)
    about = {
        "title": title,
        "detail": detail,
        "wait": words.wait(int((headers or {}).get("Retry-After", 0)), chosen),
        "reference": request.request_id() if code == "internal_error" else None,
    }
    return rendering.page(
        "error",
        common | about,
        language=chosen,
        status=HTTPStatus.FORBIDDEN if code == "cross_site" else REFUSALS[code].status,
        headers={**rendering.set_cookie(set_cookies), **(headers or {})},
    )
