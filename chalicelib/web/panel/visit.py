"""A browser's visit to a page, and the two answers that a view may give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from chalicelib.accounts import sessions
from chalicelib.accounts.sessions import Session
from chalicelib.balances.models import Balance
from chalicelib.errors import FieldError, NotLoggedIn
from chalicelib.web import request
from chalicelib.web.panel import cookies, language

# The longest text of the panel's forms is a ticket's, in the characters and escapes that take the most bytes.
_MOST_BODY_BYTES = 64 * 1024


class Mistyped(Exception):
    """What was typed into a form cannot be right, as the form alone shows; `fields` says where."""

    def __init__(self, *fields: FieldError) -> None:
        self.fields = fields
        super().__init__(*fields)


@dataclass(frozen=True)
class Page:
    """A template of pages/ without its ending, the values that it uses, and the HTTP status."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True)
class Redirect:
    """Another page of the panel to go to, by its path; what to tell there; cookies to set."""

    path: str
    notice: str | None = None
    cookies: Sequence[str] = ()


class Visit:
    """What came with the request: cookies, the fields of the form, the session; and the page's language.

    Raises MalformedBody and BodyTooLarge for a form that is none of ours.
    """

    def __init__(self) -> None:
        self.cookies = cookies.read(request.header("cookie"))
        self.language = language.chosen(self.cookies)
        self.fields = request.form_fields(_MOST_BODY_BYTES) if request.method() == "POST" else {}

    def typed(self, name: str, otherwise: str = "") -> str:
        """What was typed into a field, or `otherwise` where there was no such field."""
        return self.fields.get(name, otherwise)

    def link_token(self) -> str:
        """The token of the mailed link: in the page's address, then in its form."""
        return self.typed("token") or request.query("token") or ""

    @property
    def may_be_logged_in(self) -> bool:
        """Whether the browser has a session's cookie; whether that session still lives, only AWS knows."""
        return cookies.SESSION in self.cookies

    @cached_property
    def session(self) -> Session:
        """The customer's session; one call. Raises NotLoggedIn."""
        if "session_and_balance" in self.__dict__:
            return self.session_and_balance[0]
        return sessions.authenticate(self._session_token())

    @cached_property
    def session_and_balance(self) -> tuple[Session, Balance | None]:
        """The customer's session and balance; one call for both. Raises NotLoggedIn."""
        return sessions.authenticate_with(Balance, self._session_token())

    def session_if_any(self) -> Session | None:
        """The customer's session; no call without a cookie."""
        try:
            return self.session
        except NotLoggedIn:
            return None

    def _session_token(self) -> str:
        if not self.may_be_logged_in:
            raise NotLoggedIn
        return self.cookies[cookies.SESSION]
