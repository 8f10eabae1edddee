"""Logging in and out."""

from chalice.app import Response

from chalicelib.accounts import sessions
from chalicelib.accounts.log_in import log_in
from chalicelib.web import schemas
from chalicelib.web.api.profile import profile_of
from chalicelib.web.edge import answer, authenticated, endpoint, no_content, parse
from chalicelib.web.request import caller_network, caller_user_agent


@endpoint
def open_session() -> Response:
    """Log in."""
    form = parse(schemas.LogInForm)
    opened, account = log_in(
        form.login, form.password, network=caller_network(), user_agent=caller_user_agent()
    )
    return answer(schemas.OpenedSession(opened.token, opened.expires_at, profile_of(account)), 201)


@endpoint
def list_sessions() -> Response:
    """List the sessions of the account."""
    entries = sessions.list_sessions(authenticated())
    views = [
        schemas.SessionView(each.session_id, each.created_at, each.user_agent, each.network, each.current)
        for each in entries
    ]
    return answer(schemas.SessionList(views))


@endpoint
def end_all_sessions() -> Response:
    """Log out everywhere."""
    sessions.end_all_sessions(authenticated())
    return no_content()


@endpoint
def end_session(session_id: str) -> Response:
    """Log out one session; `current` is the one that asks."""
    session = authenticated()
    sessions.end_session(session, session.session_id if session_id == "current" else session_id)
    return no_content()
