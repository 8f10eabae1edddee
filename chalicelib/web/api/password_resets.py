"""Forgot the password or the login: the mail, and the new password by its link."""

from chalice.app import Response

from chalicelib.accounts import recovery
from chalicelib.settings import settings
from chalicelib.web import schemas
from chalicelib.web.edge import answer, endpoint, no_content, parse
from chalicelib.web.request import caller_language, caller_network

_MAIL_ON_ITS_WAY = {
    "pl": "Wysłaliśmy wiadomość z loginem i linkiem do zmiany hasła (także wtedy, gdy przed chwilą prosił "
    "o nią ktoś inny). Sprawdź wszystkie foldery skrzynki, również spam.",
    "en": "A message with your login and a link to change the password was sent (perhaps already a moment "
    "ago). Please look in all folders of your mailbox, spam too.",
}
_MAIL_IF_KNOWN = {
    "pl": "Jeśli mamy takiego użytkownika, wysłaliśmy wiadomość z loginem i linkiem do zmiany hasła. Sprawdź "
    "wszystkie foldery skrzynki, również spam.",
    "en": "If it is known here, a message with the login and a link to change the password was sent. Please "
    "look in all folders of your mailbox, spam too.",
}


@endpoint
def request_reset() -> Response:
    """Forgot the password or the login."""
    form = parse(schemas.ResetRequestForm)
    recovery.request_reset(form.identifier, language=caller_language(), network=caller_network())
    messages = _MAIL_IF_KNOWN if settings().unknown_user == "hide" else _MAIL_ON_ITS_WAY
    return answer(schemas.Accepted(messages[caller_language()]), 202)


@endpoint
def check_reset() -> Response:
    """See whose password a link changes; consumes nothing."""
    found = recovery.check_reset(parse(schemas.TokenForm).token)
    return answer(schemas.ResetView(found.login, found.expires_at))


@endpoint
def complete_reset() -> Response:
    """Set a new password by a mailed link."""
    form = parse(schemas.ResetForm)
    recovery.complete_reset(form.token, form.password, language=caller_language(), network=caller_network())
    return no_content()
