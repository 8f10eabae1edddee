"""Having a new SIP password mailed (R14)."""

from chalicelib.accounts import sip
from chalicelib.errors import AddressUnreachable, FieldError
from chalicelib.web import request
from chalicelib.web.panel.visit import Mistyped, Page, Redirect, Visit


def show(visit: Visit) -> Page:
    """The number, and the form for who has one."""
    return Page("data_sip_password", {"account": visit.session.account})


def send(visit: Visit) -> Redirect:
    """Order the password; the old one works until the mail is on its way."""
    try:
        sip.replace_password(visit.session, visit.typed("current_password"), request.caller_network())
    except AddressUnreachable:
        raise Mistyped(FieldError("form", "own_address_unreachable")) from None
    return Redirect("/data", notice="sip_password_sent")
