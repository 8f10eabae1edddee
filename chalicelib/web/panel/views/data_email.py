"""Changing the e-mail address (R12): the new one counts once its link was opened."""

from chalicelib.accounts import profile, registration
from chalicelib.accounts.models import Account
from chalicelib.errors import AlreadyConfirmed, FieldError, InvalidCredentials
from chalicelib.web import request
from chalicelib.web.panel.visit import Mistyped, Page, Redirect, Visit


def show(visit: Visit) -> Page:
    """The address, the one that waits, and the form."""
    return Page("data_email", {"account": visit.session.account})


def send(visit: Visit) -> Redirect:
    """Ask for the change, send the link again, or end the waiting, as the button says."""
    account = visit.session.account
    if visit.typed("action") == "resend":
        return _sent_again(visit, account)
    if visit.typed("action") == "cancel":
        _change(visit, account.email)
        return Redirect("/data", notice="email_kept")
    email = visit.typed("email").strip()
    is_confirmed = account.email_confirmed_at is not None
    if email == account.email:
        if is_confirmed:
            raise Mistyped(FieldError("email", "unchanged"))
        return _sent_again(visit, account)
    _change(visit, email)
    return Redirect("/data", notice="email_asked" if is_confirmed else "email_corrected")


def _sent_again(visit: Visit, account: Account) -> Redirect:
    try:
        registration.resend_confirmation(
            account.login, visit.typed("current_password"), email=None, network=request.caller_network()
        )
    except InvalidCredentials:
        raise Mistyped(FieldError("current_password", "wrong")) from None
    except AlreadyConfirmed:
        return Redirect("/data", notice="email_confirmed")
    return Redirect("/data", notice="confirmation_sent")


def _change(visit: Visit, email: str) -> None:
    profile.change(
        visit.session,
        profile.Changes(email=email),
        current_password=visit.typed("current_password"),
        network=request.caller_network(),
    )
