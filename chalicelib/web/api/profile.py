"""An account as its customer sees it."""

from chalicelib.accounts.models import Account
from chalicelib.web import schemas


def profile_of(account: Account) -> schemas.Profile:
    """What logging in, reading and changing the account have in common."""
    return schemas.Profile(
        account_id=account.account_id,
        login=account.login,
        email=account.email,
        email_confirmed=account.email_confirmed_at is not None,
        email_reachable=account.address_unreachable is None,
        pending_email=account.pending_email,
        language=account.language,
        status=account.status,
        sip_number=account.sip_number,
        created_at=account.created_at,
    )
