"""A new password, typed twice in a form, and a form sent twice."""

from chalicelib.accounts import log_in
from chalicelib.errors import FieldError, InvalidCredentials, TooManyAttempts
from chalicelib.web import request
from chalicelib.web.panel.visit import Mistyped, Visit


def typed_twice(visit: Visit) -> str:
    """The new password, if it was typed the same twice. Raises Mistyped."""
    if different := difference(visit):
        raise Mistyped(*different)
    return visit.typed("password")


def difference(visit: Visit) -> list[FieldError]:
    """What is wrong with the form if the two are not the same."""
    same = visit.typed("password") == visit.typed("password_again")
    return [] if same else [FieldError("password_again", "differs")]


def is_set(login: str, password: str) -> bool:
    """Whether login and password belong together already: the form was sent twice, and the first one did it.

    Asked only after a refusal. Whoever knows both learns nothing new, and the throttle of logging in
    counts who guesses.
    """
    try:
        log_in.check(login, password, network=request.caller_network())
    except (InvalidCredentials, TooManyAttempts):
        return False
    return True
