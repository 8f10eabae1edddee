"""Having a new SIP password mailed (R14)."""

from chalicelib.accounts import sip
from chalicelib.web import request
from chalicelib.web.panel.visit import Page, Redirect, Visit


def show(visit: Visit) -> Page:
    """The number, and the form for who has one."""
    return Page("data_sip_password", {"account": visit.session.account})


def send(visit: Visit) -> Redirect:
    """Order the password; the old one works until the mail is on its way."""
    sip.replace_password(visit.session, visit.typed("current_password"), request.caller_network())
    return Redirect("/data", notice="sip_password_sent")
