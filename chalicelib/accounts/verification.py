"""Verifying an account (R18): the operator has seen the transfer; a SIP account comes with it (R14)."""

from chalicelib import storage
from chalicelib.accounts import sip
from chalicelib.accounts.attempts import existing
from chalicelib.accounts.models import Account, Status, same
from chalicelib.errors import AddressNotConfirmed, NoNumberFree, Unavailable, WrongStatus

# A try is lost only to another verification that took the number first, or to a change of the account.
# When as many customers as there are numbers are verified at once, a third of them loses each round.
_TRIES = 20


def verify_account(account_id: str) -> Account:
    """Make an account active, with a SIP number of its own, and have its SIP password mailed; returns it.

    An imported customer keeps the number that came along. Doing it again changes nothing. Raises
    AccountNotFound, also for a deleted account; AddressNotConfirmed; WrongStatus for a locked one;
    NoNumberFree, also when an imported number is somebody else's; Unavailable.
    """
    for _ in range(_TRIES):
        account = existing(account_id)
        if _is_verified(account):
            return account
        _require_verifiable(account)
        try:
            return _verified(account)
        except storage.ConditionFailed:
            continue
    raise Unavailable


def _is_verified(account: Account) -> bool:
    return account.sip_number is not None and account.status in (Status.ACTIVE, Status.BLOCKED)


def _require_verifiable(account: Account) -> None:
    # An active customer without a number came by an import, and gets one now.
    if account.status not in (Status.REGISTERED, Status.ACTIVE):
        raise WrongStatus
    if account.email_confirmed_at is None:
        raise AddressNotConfirmed


def _verified(account: Account) -> Account:
    number = account.sip_number or sip.free_number()
    message = sip.credentials_message(account, number, network=None)
    unchanged = (
        (Account.status == account.status)
        & same(Account.sip_number, account.sip_number)
        & Account.email_confirmed_at.exists()
    )
    storage.write(
        storage.update(
            account, Account.status.set(Status.ACTIVE), Account.sip_number.set(number), when=unchanged
        ),
        sip.assigned(
            number,
            account.account_id,
            message.message_id,
            # Another one can be chosen, but not in the place of one that the customer has had.
            otherwise=NoNumberFree() if account.sip_number else None,
        ),
        storage.put(message),
    )
    account.status, account.sip_number = Status.ACTIVE, number
    return account
