"""The mail with SIP number and password: the password is made here, and valid once the mail is on its way."""

from chalicelib import storage
from chalicelib.accounts import sip
from chalicelib.accounts.letters import mail, may_get_mail
from chalicelib.accounts.models import Account, SipAccount
from chalicelib.notifications.delivery import Mail, Skip
from chalicelib.notifications.models import OutboxMessage
from chalicelib.settings import settings


def compose_sip_credentials(message: OutboxMessage) -> Mail | Skip:
    """Number, password and server for the customer's device; nothing of the panel's.

    Every attempt makes another password, and the digests are written with the log entry: whatever fails,
    the mail that was sent last holds the one that works, and until then the former one does.
    """
    number = message.parameters["sip_number"]
    account, row = storage.get_many(Account(message.account_id), SipAccount(number))
    if not may_get_mail(account):
        return Skip("account_gone")
    if row is None or row.account_id != account.account_id or row.awaited_message != message.message_id:
        return Skip("superseded")
    replaces = row.ha1_md5 is not None
    if replaces and account.address_unreachable is not None:
        # The first password is awaited by hand, like a reminder, and so is tried. To replace one by a
        # mail that comes back would only silence the telephone.
        return Skip("address_unreachable")
    password = sip.new_password()
    values = {
        "sip_number": number,
        "password": password,
        "realm": settings().sip_realm,
        "replaces": replaces,
        "network": message.parameters["network"],
    }
    return mail(message, account.email, values, [account], also=[sip.in_force(row, password)])
