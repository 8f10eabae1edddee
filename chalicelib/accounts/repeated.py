"""A request made twice, by a double click: whether the first one was done.

The browser shows the answer to the second, which finds its link used or its login taken.
"""

from datetime import timedelta

from chalicelib import clock, metrics, storage
from chalicelib.accounts import log_in
from chalicelib.accounts.models import MAY_LOG_IN, Account, is_live
from chalicelib.errors import InvalidCredentials, TooManyAttempts

# Long enough for the slowest double click, too short for anything else to be taken for one.
_A_MOMENT = timedelta(minutes=1)


def password_just_set(login: str, password: str, *, network: str) -> Account | None:
    """The account of this login, if it was given this password a moment ago; three calls.

    Under the throttle of logging in, and counted with it. Whoever knows what was set a moment ago learns
    nothing; everybody else gets None, alike for whatever reason.
    """
    try:
        checked = _checked(login, password, network=network)
    except (InvalidCredentials, TooManyAttempts):
        return None
    account = storage.get(Account, checked.credential.account_id)
    if not is_live(account) or account.status not in MAY_LOG_IN:
        return None
    return account if account.password_changed_at > clock.now() - _A_MOMENT else None


@metrics.counted(
    "LogIns",
    "Outcome",
    done="repeated",
    refused={InvalidCredentials: "refused", TooManyAttempts: "throttled"},
)
def _checked(login: str, password: str, *, network: str) -> log_in.Checked:
    return log_in.check(login, password, network=network)
