"""Addresses that bounced or complained: what is still sent there, and how they are allowed again."""

from botocore.exceptions import ConnectionError as NoConnection
from botocore.exceptions import HTTPClientError

from chalicelib import aws, storage
from chalicelib.accounts.attempts import existing
from chalicelib.accounts.models import Account
from chalicelib.errors import AccountNotFound, Unavailable
from chalicelib.notifications import addresses
from chalicelib.notifications.feedback import Unreachable
from chalicelib.notifications.mail import ascii_address
from chalicelib.notifications.models import AddressRow


def mark(account_id: str, recipient: str, reason: Unreachable) -> storage.Write:
    """The write that marks the account's address as unreachable, if it still is the one written to."""
    return storage.update(
        Account(account_id), Account.address_unreachable.set(reason), when=Account.email == recipient
    )


def allow_address(account_id: str) -> None:
    """Write to the account's address again, after its owner has put it in order.

    Takes it off SES's suppression list first: a mark that is gone must not hide that SES would still
    drop the mail. Raises AccountNotFound, Unavailable.
    """
    account = existing(account_id)
    _unsuppress(ascii_address(account.email))
    storage.write_with_optional(
        [
            storage.update(
                account,
                Account.address_unreachable.remove(),
                when=Account.email == account.email,
                otherwise=AccountNotFound(),
            )
        ],
        [
            storage.update(
                AddressRow(addresses.fold(account.email), account_id),
                AddressRow.unreachable.remove(),
                when=AddressRow.account_id.exists(),
            )
        ],
    )


def _unsuppress(address: str) -> None:
    ses = aws.client("sesv2")
    try:
        ses.delete_suppressed_destination(EmailAddress=address)
    except ses.exceptions.NotFoundException:
        return  # then it was our own mark only
    except (ses.exceptions.TooManyRequestsException, HTTPClientError, NoConnection) as error:
        raise Unavailable from error
