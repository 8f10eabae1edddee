"""Customers with a SIP account and telephones set up by the mail about it."""

from dataclasses import asdict
from email.message import EmailMessage

from chalicelib import storage
from chalicelib.accounts import sip, verification
from chalicelib.accounts.models import Account, SipAccount, Status
from chalicelib.errors import NumberNotFound
from tests.sip_device import Device, Known, device_set_up_by
from tests.unit.accounts.people import JAN, as_stored, settled
from tests.unit.clients import PASSWORD, Answer, Customer, PostOffice, text_of


def registers(device: Device, algorithm: str = "SHA-256") -> bool:
    """Whether a registrar lets the device in, which asks us about its number."""
    try:
        known = sip.registration_of(device.number)
    except NumberNotFound:
        return False
    return device.is_let_in(Known(**asdict(known)), algorithm)


def device_of(mail: EmailMessage) -> Device:
    """A telephone set up by a mail."""
    return device_set_up_by(text_of(mail))


def telephones(post_office: PostOffice, email: str = JAN) -> list[Device]:
    """Telephones set up by each of the mails that came, oldest first, when all are delivered."""
    return [device_of(mail) for mail in post_office.mails_to(email) if "SIP" in mail["Subject"]]


def ask_for_password(customer: Customer, password: str = PASSWORD) -> Answer:
    """Ask in the panel for another SIP password."""
    return customer.post("/v1/account/sip-password", current_password=password)


def registered(login: str = "jan", email: str = JAN) -> Account:
    """A customer whose address is confirmed, and whom the operator has not verified yet."""
    return settled(login, email, status=Status.REGISTERED)


def row_of(account: Account) -> SipAccount:
    """The row of the account's number."""
    row = storage.get(SipAccount, str(as_stored(account).sip_number))
    assert row is not None
    return row


def verified(login: str = "jan", email: str = JAN) -> Account:
    """A customer whom the operator has just verified; the mail with the SIP password waits."""
    return verification.verify_account(registered(login, email).account_id)


def with_telephone(post_office: PostOffice, login: str = "jan", email: str = JAN) -> tuple[Account, Device]:
    """A customer with a number, and the telephone set up by the mail about it."""
    account = verified(login, email)
    return account, device_of(post_office.mails_to(email)[-1])
