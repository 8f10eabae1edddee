"""Where the link in the warning to the old address leads: it takes the change of address back (I5)."""

from chalicelib.accounts import address_undo
from chalicelib.web import request
from chalicelib.web.panel.language import texts
from chalicelib.web.panel.visit import Page, Redirect, Visit


def show(visit: Visit) -> Page:
    """A button that undoes the change."""
    _ = texts(visit.language).gettext
    return Page(
        "link",
        {
            "action": "email/undo",
            "token": visit.link_token(),
            "title": _("Undo the change of your e-mail address"),
            "words": _(
                "You did not ask for another address? Press the button: we go on using this one, every "
                "device is logged out, and we mail you a link to set a new password."
            ),
            "button": _("Undo the change"),
        },
    )


def send(visit: Visit) -> Redirect:
    """Take the change back; the password is void then, and a link to set another one is sent."""
    address_undo.undo_change(visit.link_token(), network=request.caller_network())
    return Redirect("/forgot/sent", notice="email_undone")


def expired(visit: Visit) -> Page:
    """What is left to do is the staff's."""
    _ = texts(visit.language).gettext
    return Page(
        "link_expired",
        {
            "words": _("If you did not ask for another address, set a new password, or send us a ticket."),
            "address": "forgot",
            "way": _("Set a new password"),
        },
    )
