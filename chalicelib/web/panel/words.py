"""What pages say of refusals, events and states, in the page's language."""

import math
from collections.abc import Mapping
from gettext import NullTranslations
from typing import NamedTuple

from chalicelib.errors import DomainError, FieldError, TooManyAccounts, TooManyAttempts
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.log import Status
from chalicelib.web.panel.language import N_, texts
from chalicelib.web.panel.visit import Mistyped

_SECONDS_IN_MINUTE = 60
_MINUTES_IN_HOUR = 60


class FormError(NamedTuple):
    """What is wrong with a form, and the field to mend, if it is one."""

    field: str | None
    text: str


_OF_FIELDS: Mapping[tuple[str, str], str] = {
    ("login", "too_short"): N_("The login is too short: it needs at least 3 characters."),
    ("login", "too_long"): N_("The login is too long: at most 64 characters are allowed."),
    ("login", "invalid_characters"): N_(
        "The login may have letters, digits, dots, hyphens and underscores, or be a whole e-mail address."
    ),
    ("login", "address_not_confirmed"): N_(
        "An e-mail address can become your login once it is confirmed; please choose another login for now."
    ),
    ("login", "not_own_confirmed_address"): N_(
        "An e-mail address can be your login only if it is the confirmed address of your account."
    ),
    ("email", "invalid"): N_("This is not an e-mail address that we can write to."),
    ("email", "too_long"): N_("The e-mail address is too long."),
    ("email", "unchanged"): N_("This is the address that your account has already."),
    ("password", "too_short"): N_("The password is too short: it needs at least 8 characters."),
    ("password", "too_long"): N_("The password is too long: at most 1024 bytes are allowed."),
    ("password", "no_lower_case"): N_("The password has no lower-case letter."),
    ("password", "no_upper_case"): N_("The password has no upper-case letter."),
    ("password", "no_digit"): N_("The password has no digit."),
    ("password", "contains_own_data"): N_("The password contains your login or e-mail address."),
    ("password", "too_common"): N_("The password is one of the most common ones, which are tried first."),
    ("current_password", "wrong"): N_("The current password is not right."),
    ("password_again", "differs"): N_("The two passwords are not the same."),
    ("identifier", "required"): N_("Enter your login or your e-mail address."),
    ("identifier", "too_long"): N_("This is too long to be a login or an e-mail address."),
    ("low_balance_threshold", "invalid"): N_("Enter an amount such as 12.50."),
    ("low_balance_threshold", "out_of_range"): N_("Enter an amount from PLN 0 to PLN 10,000."),
    ("contact_email", "required"): N_("Enter the e-mail address that we may answer to."),
    ("contact_email", "invalid"): N_("This is not an e-mail address that we can write to."),
    ("contact_email", "too_long"): N_("The e-mail address is too long."),
    ("message", "required"): N_("Write what you need help with."),
    ("message", "too_long"): N_("The text is too long: at most 5,000 characters are allowed."),
    ("form", "no_cookies"): N_(
        "Your browser does not keep our cookies, without which you cannot stay logged in. Please allow them."
    ),
    ("form", "own_address_unreachable"): N_(
        "Messages to your e-mail address come back, so the password would not reach you. Please change the "
        "address first."
    ),
    ("confirmed", "required"): N_("Tick the box to show that you want this."),
}

# Refusals without details: the field that they are about, and the words.
_OF_FORMS: Mapping[str, tuple[str | None, str]] = {
    "login_taken": ("login", N_("This login is already in use. Please choose another one.")),
    "invalid_login": ("login", N_("This login cannot be used.")),
    "invalid_credentials": (
        None,
        N_(
            "Wrong login or password. You log in with your login, not with your e-mail address, unless you "
            "have made it your login."
        ),
    ),
    "wrong_password": ("current_password", N_("The current password is not right.")),
    "user_not_found": (
        "identifier",
        N_("User does not exist."),
    ),
    "address_unreachable": (
        None,
        N_("Mail to this address comes back. Enter your login, or send us a ticket."),
    ),
    "already_confirmed": (None, N_("This address is confirmed already. You can log in.")),
    "not_verified": (None, N_("You get a SIP account once the operator has verified your account.")),
    "too_many_attempts": (None, N_("Too many attempts.")),
    "unavailable": (None, N_("The service is overloaded for the moment. Nothing was changed.")),
}

_TOO_MANY_ACCOUNTS = N_("This address has as many accounts as one may have. Please give another one.")

_ERRORS: Mapping[str, tuple[str, str]] = {
    "malformed_body": (
        N_("The form is incomplete"),
        N_("Something is missing in what your browser sent. Please go back and fill in the form again."),
    ),
    "malformed_query": (
        N_("The address is incomplete"),
        N_("Something is wrong in the address of this page. Please go on from the start page."),
    ),
    "cross_site": (
        N_("The form was not accepted"),
        N_(
            "It seems to have been sent from another site, so nothing was changed. Please open the page here "
            "and try again; your browser must accept our cookies."
        ),
    ),
    "forbidden": (N_("No access"), N_("You have no access to this page.")),
    "not_found": (N_("Page not found"), N_("There is nothing at this address. It may have been mistyped.")),
    "method_not_allowed": (
        N_("This does not work here"),
        N_("This page does not do what your browser asked for. Please go on from the start page."),
    ),
    "body_too_large": (
        N_("This was too much"),
        N_("What your browser sent is larger than this form may be. Please go back and shorten it."),
    ),
    "unsupported_media_type": (
        N_("The form was not understood"),
        N_("Your browser sent the form in a way that is not understood here. Please go back and try again."),
    ),
    "too_many_attempts": (N_("Too many attempts"), N_("Please wait before you try again.")),
    "internal_error": (
        N_("Something went wrong on our side"),
        N_("The error was recorded. Please try again; if it stays, send us a ticket with this reference:"),
    ),
    "unavailable": (
        N_("Not available for the moment"),
        N_("The service is overloaded. Nothing was changed; please try again shortly."),
    ),
}

_NOTICES: Mapping[str, str] = {
    "session_ended": N_("Your session has ended. Please log in again."),
    "logged_out": N_("You are logged out."),
    "logged_out_everywhere": N_("You are logged out on every device."),
    "session_closed": N_("That device is logged out."),
    "password_reset": N_("Your password is changed. Log in with the new one."),
    "password_changed": N_("Your password is changed. Your other devices are logged out."),
    "login_changed": N_("Your login is changed. From now on you log in with the new one."),
    "email_asked": N_("We have sent a link to the new address. Open it to confirm the change."),
    "email_corrected": N_("The address is corrected, and we have sent a link to it."),
    "email_kept": N_("The change of address is cancelled."),
    "email_confirmed": N_("Your e-mail address is confirmed already."),
    "email_undone": N_("The change of address is undone. Your former address is in use again."),
    "confirmation_sent": N_("We have sent you a new link. Look in all folders of your mailbox, spam too."),
    "language_changed": N_("We will write to you in this language."),
    "low_balance_changed": N_("Your choice about low-balance notices is saved."),
    "sip_password_sent": N_(
        "We are sending a new SIP password to your e-mail address; then the old one stops working. Look in "
        "all folders of your mailbox, spam too."
    ),
    "account_deleted": N_("Your account is deleted."),
    "overtaken": N_("Something else was changed at the same moment. Please look, and try again."),
    "session_ended_or_account_deleted": N_(
        "You are logged out. If you have just deleted your account, it is gone."
    ),
    "ticket_sent": N_("Thank you. We have your ticket and will answer by e-mail."),
}

KINDS: Mapping[str, str] = {
    Kind.CONFIRM_EMAIL: N_("Link to confirm the address"),
    Kind.PASSWORD_RESET: N_("Login and link to change the password"),
    Kind.PASSWORD_CHANGED: N_("Password changed"),
    Kind.LOGIN_CHANGED: N_("Login changed"),
    Kind.CONFIRM_NEW_EMAIL: N_("Link to confirm the new address"),
    Kind.EMAIL_CHANGE_ASKED: N_("Warning: change of address asked for"),
    Kind.EMAIL_REPLACED: N_("Warning: address replaced"),
    Kind.EMAIL_CHANGED: N_("Address changed"),
    Kind.SIP_CREDENTIALS: N_("SIP number and password"),
    Kind.LOW_BALANCE: N_("Low balance"),
    Kind.BALANCE_EXHAUSTED: N_("Balance used up"),
    Kind.TOPPED_UP: N_("Top-up"),
    Kind.SERVICES_BLOCKED: N_("Services blocked"),
    Kind.CONTRACT_ENDED: N_("Contract ended"),
    Kind.ACCOUNT_DELETED: N_("Account deleted"),
    Kind.TICKET: N_("Your ticket to us"),
    Kind.TICKET_RECEIVED: N_("Ticket received"),
    Kind.NOTICE: N_("Notice"),
}

STATUSES: Mapping[str, str] = {
    Status.SENT: N_("sent"),
    Status.DELAYED: N_("delayed, still being tried"),
    Status.SOFT_BOUNCED: N_("not taken for the moment"),
    Status.DELIVERED: N_("delivered"),
    Status.FAILED: N_("not sent"),
    Status.REJECTED: N_("not sent"),
    Status.BOUNCED: N_("came back: the address does not work"),
    Status.COMPLAINED: N_("marked as spam by the recipient"),
}

ACCOUNT_STATES: Mapping[str, str] = {
    "registered": N_("registered, waiting for verification"),
    "active": N_("active"),
    "blocked": N_("blocked: top up to use the services"),
}


def form_errors(refusal: DomainError | Mistyped, language: str) -> tuple[FormError, ...]:
    """What a form says of a refusal; nothing where no form can help."""
    translated = texts(language)
    found = [
        FormError(None if each.field == "form" else each.field, _of_field(each, translated))
        for each in refusal.fields
        if _is_known(each)
    ]
    if found or isinstance(refusal, Mistyped):
        return tuple(found)
    if refusal.code not in _OF_FORMS:
        return ()
    field, text = _OF_FORMS[refusal.code]
    words = translated.gettext(text)
    if isinstance(refusal, TooManyAccounts):
        return (FormError("email", translated.gettext(_TOO_MANY_ACCOUNTS)),)
    if isinstance(refusal, TooManyAttempts):
        words += f" {wait(max(1, math.ceil(refusal.retry_after.total_seconds())), language)}"
    return (FormError(field, words),)


def _is_known(error: FieldError) -> bool:
    return (error.field, error.code) in _OF_FIELDS


def _of_field(error: FieldError, translated: NullTranslations) -> str:
    return translated.gettext(_OF_FIELDS[error.field, error.code])


def error(code: str, language: str) -> tuple[str, str]:
    """The title and the words of an error page."""
    translated = texts(language)
    title, detail = _ERRORS.get(code, _ERRORS["malformed_body"])
    return translated.gettext(title), translated.gettext(detail)


def notice(code: str, language: str) -> str | None:
    """What to tell at the top of a page; nothing for a code that is none."""
    return texts(language).gettext(_NOTICES[code]) if code in _NOTICES else None


def wait(seconds: int, language: str) -> str | None:
    """How long to wait, in words; None for no time. Rounded up: too early would be refused again."""
    if not seconds:
        return None
    translated = texts(language)
    if seconds <= _SECONDS_IN_MINUTE:
        template = translated.ngettext(
            "Try again in %(number)d second.", "Try again in %(number)d seconds.", seconds
        )
        return template % {"number": seconds}
    minutes = -(-seconds // _SECONDS_IN_MINUTE)
    if minutes <= _MINUTES_IN_HOUR:
        template = translated.ngettext(
            "Try again in %(number)d minute.", "Try again in %(number)d minutes.", minutes
        )
        return template % {"number": minutes}
    hours = -(-minutes // _MINUTES_IN_HOUR)
    template = translated.ngettext("Try again in %(number)d hour.", "Try again in %(number)d hours.", hours)
    return template % {"number": hours}
