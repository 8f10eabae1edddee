"""Where the link mailed to a new address leads (R12)."""

from chalicelib.accounts import address_change
from chalicelib.web import request
from chalicelib.web.panel.language import texts
from chalicelib.web.panel.visit import Page, Visit


def show(visit: Visit) -> Page:
    """A button that puts the new address in force."""
    _ = texts(visit.language).gettext
    return Page(
        "link",
        {
            "action": "email/confirm",
            "token": visit.link_token(),
            "title": _("Confirm your new e-mail address"),
            "words": _("Press the button, and we will write to this address from now on."),
            "button": _("Use the new address"),
        },
    )


def send(visit: Visit) -> Page:
    """Put the new address in force. Whoever is logged in here may be somebody else."""
    _ = texts(visit.language).gettext
    address_change.confirm_new_email(visit.link_token(), network=request.caller_network())
    words = _("Your new e-mail address is confirmed and in use.")
    return Page("link_done", {"title": _("Thank you"), "words": words})


def expired(visit: Visit) -> Page:
    """The Data tab shows whether the address is in use, and asks for another link."""
    _ = texts(visit.language).gettext
    return Page(
        "link_expired",
        {
            "words": _("The Data tab shows which address is in use; there you can ask for the change again."),
            "address": "data/email",
            "way": _("To the Data tab"),
        },
    )
