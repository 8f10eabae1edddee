"""What billing sends, the clock that starts the notifier, and what a customer was told in the end."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from app import notify_low_balances, take_balances
from chalicelib import clock, money, storage
from chalicelib.accounts.models import Account, SipAccount
from chalicelib.balances.models import Balance
from chalicelib.notifications import log
from tests.unit import cloud
from tests.unit.crashes import SCHEDULED

AN_HOUR = SimpleNamespace(get_remaining_time_in_millis=lambda: 3_600_000)


def update(account: Account, balance: str, as_of: datetime | None = None, **more: Any) -> dict[str, Any]:
    """One balance as billing sends it, measured now unless it is said."""
    moment = (as_of or clock.now()).isoformat().replace("+00:00", "Z")
    return {"account_id": account.account_id, "balance": balance, "as_of": moment} | more


def event(*bodies: Any) -> dict[str, Any]:
    """The event by which Lambda shows messages of the queue."""
    records = [
        {
            "messageId": f"message-{number}",
            "receiptHandle": f"receipt-{number}",
            "body": body if isinstance(body, str) else json.dumps(body),
            "attributes": {"ApproximateReceiveCount": "1", "SenderId": "AROABILLING:billing"},
            "eventSourceARN": f"arn:aws:sqs:{cloud.REGION}:{cloud.ACCOUNT}:balances",
        }
        for number, body in enumerate(bodies)
    ]
    return {"Records": records}


def take(*bodies: Any) -> list[str]:
    """Let the function take messages; the ids of those that are to be handed out again."""
    answer = take_balances(event(*bodies), None)
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def tell(account: Account, *balances: str) -> None:
    """Billing tells balances, one after the other, a second apart."""
    for balance in balances:
        clock.pause(1)
        assert take(update(account, balance)) == []


def row_of(account: Account) -> Any:
    """The customer's balance as it is stored."""
    row = storage.get(Balance, account.account_id)
    assert row is not None
    return row


def balance_of(account: Account) -> str:
    """The balance that is known."""
    return money.write(int(row_of(account).balance))


def run(remaining: Callable[[], int] | None = None) -> Mapping[str, Any]:
    """Let the notifier run; returns what it answers."""
    context = AN_HOUR if remaining is None else SimpleNamespace(get_remaining_time_in_millis=remaining)
    answer: Mapping[str, Any] = notify_low_balances(SCHEDULED, context)
    return answer


def told(account: Account) -> list[str]:
    """The kinds of what the customer was mailed, oldest first, as the log has it."""
    return [entry.kind for entry in reversed(log.of_account(account.account_id, limit=100))]


def waiting() -> list[str]:
    """The kinds of what waits in the outbox."""
    return sorted(item["kind"]["S"] for item in cloud.items("OUTBOX_TABLE"))


def number_of(account: Account, sip_number: str = "600000001") -> str:
    """Give the account a SIP number."""
    storage.write(storage.put(SipAccount(sip_number, account_id=account.account_id)))
    return sip_number
