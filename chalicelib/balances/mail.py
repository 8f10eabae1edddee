"""The composer of the mails about low balances."""

from datetime import datetime

from chalicelib import storage
from chalicelib.accounts import letters
from chalicelib.accounts.models import Account
from chalicelib.balances.models import Balance
from chalicelib.notifications.delivery import Composer, Mail, Skip
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import OutboxMessage
from chalicelib.settings import settings


def compose_low_balance(message: OutboxMessage) -> Mail | Skip:
    """What was left when it was decided to tell, unless the customer has topped up enough meanwhile.

    In a burst, notices wait for their turn: by then the mail may be wrong.
    """
    account, row = storage.get_many(Account(message.account_id), Balance(message.account_id))
    if not letters.may_get_mail(account):
        return Skip("account_gone")
    if account.address_unreachable is not None:
        return Skip("address_unreachable")
    if row is None or row.settled is None:
        return Skip("recovered")
    values = {
        **message.parameters,
        "login": letters.showable_login(account),
        "as_of": datetime.fromisoformat(message.parameters["as_of"]),
        "data_url": f"{settings().panel_url}/data",
    }
    return letters.mail(message, account.email, values, [account])


COMPOSERS: dict[Kind, Composer] = {
    Kind.LOW_BALANCE: compose_low_balance,
    Kind.BALANCE_EXHAUSTED: compose_low_balance,
}
