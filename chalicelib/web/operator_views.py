"""What staff get to see, made of what the domain returns."""

from chalicelib import clock
from chalicelib.accounts.lookup import Dossier
from chalicelib.accounts.models import Account
from chalicelib.notifications.models import AddressRow, Notification, OutboxMessage
from chalicelib.web import operator_schemas as schemas
from chalicelib.web.schemas import NotificationView


def dossier(found: Dossier) -> schemas.DossierView:
    """An account with address, log and what waits."""
    return schemas.DossierView(
        account=profile(found.account),
        address=_address(found.address) if found.address else None,
        log=[_entry(each) for each in found.log],
        waiting=[waiting(each) for each in found.waiting],
    )


def profile(account: Account) -> schemas.StaffProfile:
    """The account itself."""
    now = clock.now().timestamp()
    return schemas.StaffProfile(
        account_id=account.account_id,
        login=account.login,
        email=account.email,
        email_confirmed_at=account.email_confirmed_at,
        pending_email=account.pending_email,
        former_email=account.former_email,
        address_unreachable=account.address_unreachable,
        language=account.language,
        status=account.status,
        status_before_lock=account.status_before_lock,
        sip_number=account.sip_number,
        sessions=sum(entry["expires_at"] > now for entry in account.sessions.as_dict().values()),
        created_at=account.created_at,
        expires_at=account.expires_at,
        deleted_at=account.deleted_at,
    )


def waiting(message: OutboxMessage) -> schemas.WaitingView:
    """A message of the outbox, without what it says and to whom."""
    return schemas.WaitingView(
        message_id=message.message_id,
        kind=message.kind,
        account_id=message.account_id,
        created_at=message.created_at,
        attempts=int(message.attempts),
        last_error=message.last_error,
        parked_at=message.parked_at,
    )


def _address(row: AddressRow) -> schemas.AddressView:
    return schemas.AddressView(row.last_notified_at, row.unreachable)


def _entry(entry: Notification) -> NotificationView:
    return NotificationView(entry.notification_id, entry.kind, entry.recipient, entry.sent_at, entry.status)
