"""The JSON API under /v1: parse, one domain call, respond."""

import msgspec
from chalice.app import Blueprint, Response

from chalicelib import VERSION, money
from chalicelib.accounts import (
    address_change,
    address_undo,
    deletion,
    profile,
    recovery,
    registration,
    sessions,
    sip,
)
from chalicelib.accounts.log_in import log_in
from chalicelib.accounts.models import Account
from chalicelib.balances import preferences, rows
from chalicelib.balances.models import Balance
from chalicelib.notifications import log
from chalicelib.settings import settings
from chalicelib.web import schemas
from chalicelib.web.edge import (
    answer,
    authenticated,
    authenticated_with,
    endpoint,
    no_content,
    page_asked_for,
    parse,
    redirect,
)
from chalicelib.web.request import caller_language, caller_network, caller_user_agent

api = Blueprint(__name__)

_MAIL_ON_ITS_WAY = {
    "pl": "Wysłaliśmy wiadomość z loginem i linkiem do zmiany hasła (także wtedy, gdy przed chwilą prosił "
    "o nią ktoś inny). Sprawdź wszystkie foldery skrzynki, również spam.",
    "en": "A message with your login and a link to change the password was sent (perhaps already a moment "
    "ago). Please look in all folders of your mailbox, spam too.",
}
_CONFIRMATION_ON_ITS_WAY = {
    "pl": "Wysłaliśmy wiadomość z linkiem potwierdzającym adres. Sprawdź wszystkie foldery skrzynki, "
    "również spam.",
    "en": "A message with a link that confirms the address was sent. Please look in all folders of your "
    "mailbox, spam too.",
}
_SIP_PASSWORD_ON_ITS_WAY = {
    "pl": "Wyślemy nowe hasło SIP na Twój adres e-mail; wtedy dotychczasowe przestanie działać. Sprawdź "
    "wszystkie foldery skrzynki, również spam.",
    "en": "We are sending a new SIP password to your e-mail address; then the old one stops working. Please "
    "look in all folders of your mailbox, spam too.",
}
_MAIL_IF_KNOWN = {
    "pl": "Jeśli mamy takiego użytkownika, wysłaliśmy wiadomość z loginem i linkiem do zmiany hasła. Sprawdź "
    "wszystkie foldery skrzynki, również spam.",
    "en": "If it is known here, a message with the login and a link to change the password was sent. Please "
    "look in all folders of your mailbox, spam too.",
}


@api.route("/v1/accounts", methods=["POST"])
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


@api.route("/v1/accounts/confirm", methods=["POST"])
@endpoint
def confirm_email() -> Response:
    """Confirm the address that a link was mailed to."""
    registration.confirm_email(parse(schemas.TokenForm).token)
    return no_content()


@api.route("/v1/accounts/confirmation", methods=["POST"])
@endpoint
def resend_confirmation() -> Response:
    """Mail a new link to confirm the address, or one to the address that was meant."""
    form = parse(schemas.ConfirmationForm)
    registration.resend_confirmation(form.login, form.password, email=form.email, network=caller_network())
    return answer(schemas.Accepted(_CONFIRMATION_ON_ITS_WAY[caller_language()]), 202)


@api.route("/v1/sessions", methods=["POST"])
@endpoint
def open_session() -> Response:
    """Log in."""
    form = parse(schemas.LogInForm)
    opened, account = log_in(
        form.login, form.password, network=caller_network(), user_agent=caller_user_agent()
    )
    return answer(schemas.OpenedSession(opened.token, opened.expires_at, _profile(account)), 201)


@api.route("/v1/sessions", methods=["GET"])
@endpoint
def list_sessions() -> Response:
    """List the sessions of the account."""
    entries = sessions.list_sessions(authenticated())
    views = [
        schemas.SessionView(each.session_id, each.created_at, each.user_agent, each.network, each.current)
        for each in entries
    ]
    return answer(schemas.SessionList(views))


@api.route("/v1/sessions", methods=["DELETE"])
@endpoint
def end_all_sessions() -> Response:
    """Log out everywhere."""
    sessions.end_all_sessions(authenticated())
    return no_content()


@api.route("/v1/sessions/{session_id}", methods=["DELETE"])
@endpoint
def end_session(session_id: str) -> Response:
    """Log out one session; `current` is the one that asks."""
    session = authenticated()
    sessions.end_session(session, session.session_id if session_id == "current" else session_id)
    return no_content()


@api.route("/v1/password-resets", methods=["POST"])
@endpoint
def request_reset() -> Response:
    """Forgot the password or the login."""
    form = parse(schemas.ResetRequestForm)
    recovery.request_reset(form.identifier, language=caller_language(), network=caller_network())
    messages = _MAIL_IF_KNOWN if settings().unknown_user == "hide" else _MAIL_ON_ITS_WAY
    return answer(schemas.Accepted(messages[caller_language()]), 202)


@api.route("/v1/password-resets/check", methods=["POST"])
@endpoint
def check_reset() -> Response:
    """See whose password a link changes; consumes nothing."""
    found = recovery.check_reset(parse(schemas.TokenForm).token)
    return answer(schemas.ResetView(found.login, found.expires_at))


@api.route("/v1/password-resets/complete", methods=["POST"])
@endpoint
def complete_reset() -> Response:
    """Set a new password by a mailed link."""
    form = parse(schemas.ResetForm)
    recovery.complete_reset(form.token, form.password, language=caller_language(), network=caller_network())
    return no_content()


@api.route("/v1/account", methods=["GET"])
@endpoint
def read_profile() -> Response:
    """See the account."""
    session, balance = authenticated_with(Balance)
    return answer(_profile_with_balance(session.account, balance))


@api.route("/v1/account", methods=["PATCH"])
@endpoint
def change_profile() -> Response:
    """Change login, address, password, language, or when a low balance is told."""
    session, row = authenticated_with(Balance)
    form = parse(schemas.ProfileForm)
    choices = preferences.Choices(preferences.threshold(form.low_balance_threshold), form.low_balance_notices)
    balance, writes = preferences.choose(session.account.account_id, row, choices)
    account = profile.change(
        session,
        profile.Changes(form.login, form.email, form.password, form.language),
        current_password=form.current_password,
        network=caller_network(),
        also=writes,
    )
    return answer(_profile_with_balance(account, balance))


@api.route("/v1/account", methods=["DELETE"])
@endpoint
def delete_account() -> Response:
    """Delete the account."""
    session = authenticated()
    deletion.delete_own_account(session, current_password=parse(schemas.DeletionForm).current_password)
    return no_content()


@api.route("/v1/account/email/confirm", methods=["POST"])
@endpoint
def confirm_new_email() -> Response:
    """Put a pending address in force by the link mailed to it."""
    address_change.confirm_new_email(parse(schemas.TokenForm).token, network=caller_network())
    return no_content()


@api.route("/v1/account/email/undo", methods=["POST"])
@endpoint
def undo_change_of_email() -> Response:
    """Take a change of address back by the link mailed to the old one."""
    address_undo.undo_change(parse(schemas.TokenForm).token, network=caller_network())
    return no_content()


@api.route("/v1/account/sip-password", methods=["POST"])
@endpoint
def replace_sip_password() -> Response:
    """Have a new SIP password mailed."""
    session = authenticated()
    sip.replace_password(session, parse(schemas.SipPasswordForm).current_password, caller_network())
    return answer(schemas.Accepted(_SIP_PASSWORD_ON_ITS_WAY[caller_language()]), 202)


@api.route("/v1/account/notifications", methods=["GET"])
@endpoint
def list_notifications() -> Response:
    """Page through the messages sent to the account, newest first."""
    account = authenticated().account
    asked = page_asked_for()
    entries = log.of_account(account.account_id, limit=asked.limit + 1, before=asked.cursor)
    views = [
        schemas.NotificationView(each.notification_id, each.kind, each.recipient, each.sent_at, each.status)
        for each in entries[: asked.limit]
    ]
    return answer(schemas.NotificationPage(views, views[-1].id if len(entries) > asked.limit else None))


@api.route("/v1/account/balance-history", methods=["GET"])
@endpoint
def show_balance_history() -> Response:
    """See what was left on each of the last days."""
    _, row = authenticated_with(Balance)
    days = sorted(row.history.items()) if row else []
    points = [schemas.BalancePoint(day, money.write(grosze)) for day, grosze in days]
    return answer(schemas.BalanceHistory(points))


@api.route("/v1/health", methods=["GET"])
@endpoint
def health() -> Response:
    """Say that the API runs, and which version; asks nothing of AWS."""
    return answer(schemas.Health("ok", VERSION))


@api.route("/v1/openapi.json", methods=["GET"])
@endpoint
def openapi() -> Response:
    """Describe this API (OpenAPI 3.1)."""
    from chalicelib.web.openapi import document

    return answer(document())


@api.route("/.well-known/change-password", methods=["GET"])
@endpoint
def change_password_page() -> Response:
    """Send password managers to the page where a password is changed (W3C well-known URL)."""
    return redirect(f"{settings().panel_url}/data")


def _profile_with_balance(account: Account, row: Balance | None) -> schemas.ProfileWithBalance:
    told = rows.last_told(row) if row else None
    return schemas.ProfileWithBalance(
        **msgspec.structs.asdict(_profile(account)),
        balance=money.write(int(row.balance)) if row and row.balance is not None else None,
        balance_as_of=row.as_of if row else None,
        low_balance_threshold=money.write(rows.threshold_of(row)),
        low_balance_notices=bool(row.notices) if row else True,
        last_balance_notice=schemas.BalanceNotice(*told) if told else None,
    )


def _profile(account: Account) -> schemas.Profile:
    return schemas.Profile(
        account_id=account.account_id,
        login=account.login,
        email=account.email,
        email_confirmed=account.email_confirmed_at is not None,
        email_reachable=account.address_unreachable is None,
        pending_email=account.pending_email,
        language=account.language,
        status=account.status,
        sip_number=account.sip_number,
        created_at=account.created_at,
    )
