"""Customers with all that is held about somebody, who then leave."""

from datetime import timedelta

from chalicelib import clock, storage
from chalicelib.accounts.deletion import delete_account
from chalicelib.accounts.models import Account
from chalicelib.balances.models import Balance
from chalicelib.notifications import log, outbox
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import Notification
from chalicelib.support.models import Ticket
from chalicelib.support.tickets import open_ticket
from tests.unit.accounts.people import settled
from tests.unit.clients import PostOffice

NETWORK = "198.51.100.0/24"
# Their names are found wherever they stand, and in no other word.
LOGIN, EMAIL = "jan.kowalski", "Jan.Kowalski@poczta.example"
ERASED_AFTER = timedelta(days=30)


def served(login: str = LOGIN, email: str = EMAIL, *, mails: int = 3) -> Account:
    """A customer with a log, a ticket and a balance."""
    account = settled(login, email)
    for _ in range(mails):
        told(account)
    PostOffice().deliver_all()
    ticket_of(account)
    storage.write(storage.put(Balance(account.account_id, balance=1250, as_of=clock.now())))
    return account


def told(account: Account) -> None:
    """Put a message about a change into the outbox."""
    parameters = {"changed_at": clock.now().isoformat(timespec="seconds"), "network": NETWORK}
    message = outbox.message(
        Kind.PASSWORD_CHANGED, account_id=account.account_id, language="pl", parameters=parameters
    )
    storage.write(storage.put(message))


def ticket_of(account: Account) -> Ticket:
    """A ticket of the customer's, delivered; a network of its own, so that no throttle minds."""
    network = f"net-{clock.new_id()}"
    ticket = open_ticket(
        account.email, f"Pisze {account.login}", account.login, language="pl", network=network
    )
    PostOffice().deliver_all()
    return ticket


def left(account: Account) -> None:
    """The account is deleted, and the mail about it delivered."""
    delete_account(account.account_id)
    PostOffice().deliver_all()


def entries(account: Account) -> list[Notification]:
    return log.of_account(account.account_id, limit=1000)
