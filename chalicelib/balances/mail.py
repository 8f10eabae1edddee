"""The composer of the mails about low balances."""

from datetime import datetime

from chalicelib import storage
from chalicelib.accounts import letters
from chalicelib.accounts.models import Account
from chalicelib.balances import rows
from chalicelib.balances.models import Balance
from chalicelib.balances.rules import Level
from chalicelib.notifications.delivery import Composer, Mail, Skip
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import OutboxMessage
from chalicelib.settings import settings


def compose_low_balance(message: OutboxMessage) -> Mail | Skip:
    """What was left when it was decided to tell, unless that is of no use any more.

    In a burst, notices wait for their turn. By then the customer may have topped up (what was not sent
    does not count as told, so that it delays nothing), have switched low balances off, or be told of
    worse by another mail.
    """
    kind = Kind(message.kind)
    account, row = storage.get_many(Account(message.account_id), Balance(message.account_id))
    if not letters.may_get_mail(account):
        return Skip("account_gone")
    if account.address_unreachable is not None:
        return Skip("address_unreachable")
    if row is None:
        return Skip("account_gone")
    if reason := _of_no_use(row, kind):
        told_before = message.parameters["told_before"]
        before = None if told_before is None else datetime.fromisoformat(told_before)
        return Skip(reason, also=[rows.untold(row, kind, before)])
    values = {
        **{name: value for name, value in message.parameters.items() if name != "told_before"},
        "login": letters.showable_login(account),
        "as_of": datetime.fromisoformat(message.parameters["as_of"]),
        "data_url": f"{settings().panel_url}/data",
    }
    return letters.mail(message, account.email, values, [account])


def _of_no_use(row: Balance, kind: Kind) -> str | None:
    """Why the mail is of no use any more, by a name that is counted."""
    if row.settled is None and rows.level_now(row) is None:
        return "recovered"
    if kind is Kind.LOW_BALANCE and not row.notices:
        return "switched_off"
    if kind is Kind.LOW_BALANCE and row.settled == Level.EXHAUSTED:
        return "exhausted_since"
    return None


COMPOSERS: dict[Kind, Composer] = {
    Kind.LOW_BALANCE: compose_low_balance,
    Kind.BALANCE_EXHAUSTED: compose_low_balance,
}
