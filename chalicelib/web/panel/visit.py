"""A browser's visit to a page, and the two answers that a view may give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.accounts import sessions
from chalicelib.accounts.sessions import Session
from chalicelib.balances.models import Balance
from chalicelib.errors import FieldError, NotLoggedIn
from chalicelib.web import request
from chalicelib.web.panel import cookies, language

# The longest text of the panel's forms is a ticket's, in the characters and escapes that take the most bytes.
_MOST_BODY_BYTES = 64 * 1024

# What a page's address may have to keep when the page is opened again, and how long each may be.
_CARRIED = ("token", "cursor", "next")
_MOST_CARRIED_CHARACTERS = 200


class Mistyped(Exception):
    """What was typed into a form cannot be right, as the form alone shows.

    `fields` says where; the field "form" stands for the form as a whole.
    """

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
    """Another page of the panel to go to, by its path and query; what to tell there; cookies to set."""

    path: str
    notice: str | None = None
    cookies: Sequence[str] = ()
    query: Mapping[str, str] = field(default_factory=dict)


class Visit:
    """What came with the request: cookies, the fields of the form, the session; and the page's language.

    Raises MalformedBody and BodyTooLarge for a form that is none of ours.
    """

    def __init__(self) -> None:
        self.cookies = cookies.read(request.header("cookie"))
        self.language = language.chosen(self.cookies)
        self.fields = request.form_fields(_MOST_BODY_BYTES) if request.method() == "POST" else {}
        self.session_has_ended = False
        self._session: Session | None = None
        self._with_balance: tuple[Session, Balance | None] | None = None

    def typed(self, name: str, otherwise: str = "") -> str:
        """What was typed into a field, or `otherwise` where there was no such field."""
        return self.fields.get(name, otherwise)

    def link_token(self) -> str:
        """The token of the mailed link: in the page's address, then in its form."""
        return self.typed("token") or request.query("token") or ""

    @property
    def carried(self) -> dict[str, str]:
        """What the page's address needs when it is opened again: a link's token, a place in a list."""
        found = {name: self.typed(name) or request.query(name) or "" for name in _CARRIED}
        return {name: value for name, value in found.items() if 0 < len(value) <= _MOST_CARRIED_CHARACTERS}

    @property
    def may_be_logged_in(self) -> bool:
        """Whether the browser has a session's cookie; whether that session still lives, only AWS knows."""
        return cookies.SESSION in self.cookies

    @property
    def session(self) -> Session:
        """The customer's session; one call, the first time. Raises NotLoggedIn."""
        if self._session is None:
            self._session = self.session_by_now()
        return self._session

    @property
    def session_and_balance(self) -> tuple[Session, Balance | None]:
        """The customer's session and balance; one call for both, the first time. Raises NotLoggedIn."""
        if self._with_balance is None:
            self._with_balance = sessions.authenticate_with(Balance, self._session_token())
            self._session = self._with_balance[0]
        return self._with_balance

    def session_by_now(self) -> Session:
        """The customer's session as it is at this moment; one call each time. Raises NotLoggedIn."""
        return sessions.authenticate(self._session_token())

    def session_if_any_by_now(self) -> Session | None:
        """The customer's session as it is at this moment, if it still lives; one call."""
        try:
            return self.session_by_now()
        except NotLoggedIn:
            return None

    def session_if_any(self) -> Session | None:
        """The customer's session; no call without a cookie. A cookie that leads nowhere is taken away."""
        try:
            return self.session
        except NotLoggedIn:
            self.session_has_ended = self.cookies.pop(cookies.SESSION, None) is not None
            return None

    def _session_token(self) -> str:
        if not self.may_be_logged_in:
            raise NotLoggedIn
        return self.cookies[cookies.SESSION]
