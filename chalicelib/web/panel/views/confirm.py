"""Where the link of a confirmation mail leads."""

from chalicelib.accounts import registration
from chalicelib.web.panel.language import texts
from chalicelib.web.panel.visit import Page, Visit


def show(visit: Visit) -> Page:
    """A button that confirms the address; scanners and previews open links, too (I4)."""
    _ = texts(visit.language).gettext
    return Page(
        "link",
        {
            "action": "confirm",
            "token": visit.link_token(),
            "title": _("Confirm your e-mail address"),
            "words": _("Press the button to confirm that this is your e-mail address."),
            "button": _("Confirm the address"),
        },
    )


def send(visit: Visit) -> Page:
    """Confirm the address. Whoever is logged in here may be somebody else, so the page is its own."""
    _ = texts(visit.language).gettext
    registration.confirm_email(visit.link_token())
    return Page("link_done", {"title": _("Thank you"), "words": _("Your e-mail address is confirmed.")})


def expired(visit: Visit) -> Page:
    """Perhaps it is confirmed already; otherwise the way to another link."""
    _ = texts(visit.language).gettext
    return Page(
        "link_expired",
        {
            "words": _("If you have just pressed the button, your address is confirmed, and you can log in."),
            "address": "confirmation",
            "way": _("Get a new link"),
        },
    )
