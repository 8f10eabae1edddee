"""Registering an account, and confirming its address."""

from chalice.app import Response

from chalicelib.accounts import registration
from chalicelib.web import schemas
from chalicelib.web.edge import answer, endpoint, no_content, parse
from chalicelib.web.request import caller_language, caller_network

_CONFIRMATION_ON_ITS_WAY = {
    "pl": "Wysłaliśmy wiadomość z linkiem potwierdzającym adres. Sprawdź wszystkie foldery skrzynki, "
    "również spam.",
    "en": "A message with a link that confirms the address was sent. Please look in all folders of your "
    "mailbox, spam too.",
}


@endpoint
def register() -> Response:
    """Register an account."""
    form = parse(schemas.RegistrationForm)
    account = registration.register(
        form.login,
        form.email,
        form.password,
        language=form.language or caller_language(),
        network=caller_network(),
    )
    registered = schemas.RegisteredAccount(account.account_id, account.login, account.email, account.status)
    return answer(registered, 201)


@endpoint
def confirm_email() -> Response:
    """Confirm the address that a link was mailed to."""
    registration.confirm_email(parse(schemas.TokenForm).token)
    return no_content()


@endpoint
def resend_confirmation() -> Response:
    """Mail a new link to confirm the address, or one to the address that was meant."""
    form = parse(schemas.ConfirmationForm)
    registration.resend_confirmation(form.login, form.password, email=form.email, network=caller_network())
    return answer(schemas.Accepted(_CONFIRMATION_ON_ITS_WAY[caller_language()]), 202)
