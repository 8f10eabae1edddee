"""Demonstration customers, registered as any customer is: through the HTTP API and the mailed links.

Their passwords stand here for everybody to read: they are for a local cloud, and nothing else.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from chalicelib import money
from local.client import Api, Letterbox, Reply

# An address range reserved for documentation (RFC 5737), so that the customers to come do not find
# the registrations of their own network used up.
_NETWORK = "192.0.2.77"


@dataclass(frozen=True)
class DemoCustomer:
    """A customer to try the panel with. `registered_login` is the one to start with, if it differs."""

    login: str
    email: str
    password: str
    balance: str
    language: str = "pl"
    registered_login: str = ""
    verified: bool = False

    @property
    def first_login(self) -> str:
        """The login to register with: an address can become one only after it was confirmed."""
        return self.registered_login or self.login


DEMO_CUSTOMERS = (
    DemoCustomer(
        "marek@example.com",
        "marek@example.com",
        "Kajak-na-Brdzie-1",
        "23.40",
        registered_login="marek",
        verified=True,
    ),
    DemoCustomer("jan", "dom@example.com", "Latawiec-nad-Helem-2", "4.20"),
    DemoCustomer("zofia", "dom@example.com", "Train-to-Zakopane-3", "57.15", language="en", verified=True),
)


class SeedingFailed(Exception):
    """The API refused something that a demonstration customer needs."""


@dataclass(frozen=True)
class Backstage:
    """Those who work behind the panel: `bill` tells balances as billing does, `verify` is the staff's."""

    bill: Callable[[Sequence[Mapping[str, str]]], object] = lambda _messages: None
    verify: Callable[[str], object] = lambda _account_id: None


_NOBODY = Backstage()

# What is spent day by day, over and over, and the last top-up; in grosze.
_SPENT = (35, 120, 0, 80, 45, 210, 15)
_TOP_UP, _TOPPED_UP_DAYS_AGO = 1000, 12
_BILLED_DAYS = 40


def seed(panel_url: str, mailbox_url: str, backstage: Backstage = _NOBODY) -> list[DemoCustomer]:
    """Make sure that the demonstration customers exist; those who can log in with these data.

    Staff verify some, and billing tells the balances of those who have none yet.

    Whoever is there already stays as they are, also with another login or password given since: such
    a customer is left out of the result. Raises SeedingFailed, NoMail.
    """
    api, letterbox = Api(panel_url, network=_NETWORK), Letterbox(mailbox_url)
    return [customer for customer in DEMO_CUSTOMERS if _settled(api, letterbox, backstage, customer)]


def _settled(api: Api, letterbox: Letterbox, backstage: Backstage, customer: DemoCustomer) -> bool:
    session = _log_in(api, customer.login, customer.password)
    if not session and customer.first_login != customer.login:
        session = _log_in(api, customer.first_login, customer.password)
    if not session:
        registered = api.post("/v1/accounts", _registration(customer))
        if registered.status == HTTPStatus.CONFLICT:
            return False  # somebody tried out changing the password
        _expect(registered, HTTPStatus.CREATED)
        session = _log_in(api, customer.first_login, customer.password)
    _finish(api, letterbox, backstage, customer, session)
    return True


def _finish(
    api: Api, letterbox: Letterbox, backstage: Backstage, customer: DemoCustomer, session: str
) -> None:
    """Do what is still missing, also when an earlier seeding was interrupted; leave no session behind."""
    profile = _expect(api.get("/v1/account", token=session), HTTPStatus.OK).json
    if not profile["email_confirmed"]:
        mail = letterbox.wait_for(customer.email, account_id=profile["account_id"])
        _expect(api.post("/v1/accounts/confirm", {"token": mail.token("/confirm")}), HTTPStatus.NO_CONTENT)
    if profile["balance"] is None:
        backstage.bill(list(bills(profile["account_id"], customer.balance)))
    if profile["login"] != customer.login:
        change = {"login": customer.login, "current_password": customer.password}
        _expect(api.patch("/v1/account", change, token=session), HTTPStatus.OK)
    if customer.verified and profile["status"] == "registered":
        backstage.verify(profile["account_id"])
    _expect(api.delete("/v1/sessions/current", token=session), HTTPStatus.NO_CONTENT)


def bills(account_id: str, balance: str) -> Iterator[dict[str, str]]:
    """What billing has to tell: the balance now, and of each evening before."""
    now, grosze = datetime.now(UTC), money.parse(balance)
    for days_ago in range(_BILLED_DAYS):
        at = now - timedelta(days=days_ago)
        yield {"account_id": account_id, "balance": money.write(grosze), "as_of": at.isoformat()}
        grosze += _SPENT[days_ago % len(_SPENT)] - (_TOP_UP if days_ago == _TOPPED_UP_DAYS_AGO else 0)


def _log_in(api: Api, login: str, password: str) -> str:
    """A session token, or nothing when login and password do not let in."""
    reply = api.post("/v1/sessions", {"login": login, "password": password})
    if reply.status == HTTPStatus.UNAUTHORIZED:
        return ""
    return str(_expect(reply, HTTPStatus.CREATED).json["token"])


def _registration(customer: DemoCustomer) -> dict[str, str]:
    return {
        "login": customer.first_login,
        "email": customer.email,
        "password": customer.password,
        "language": customer.language,
    }


def _expect(reply: Reply, status: HTTPStatus) -> Reply:
    if reply.status != status:
        raise SeedingFailed(f"expected {status}, got {reply.status}: {reply.body.decode(errors='replace')}")
    return reply
