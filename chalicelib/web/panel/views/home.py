"""The panel's address itself: leads to the Data tab, or to the log-in page."""

from chalicelib.web.panel.visit import Redirect, Visit


def show(visit: Visit) -> Redirect:
    """To where a customer wants to go first."""
    return Redirect("/data" if visit.may_be_logged_in else "/login")
