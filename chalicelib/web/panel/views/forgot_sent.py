"""After asking for a reminder: where to look for it (R17)."""

from chalicelib.settings import settings
from chalicelib.web.panel.visit import Page, Visit


def show(visit: Visit) -> Page:
    """The same for everybody, so that it can be opened again."""
    tuned = settings()
    return Page(
        "forgot_sent",
        {
            "hides_unknown": tuned.unknown_user == "hide",
            "reset_link_minutes": tuned.reset_link_minutes,
            "mail_from": tuned.mail_from,
        },
    )
