"""A new password, typed twice in a form."""

from chalicelib.errors import FieldError
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
