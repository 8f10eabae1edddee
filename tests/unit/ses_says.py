"""Events of SES about mails of ours, in the JSON that it publishes; and the addresses it suppresses."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chalicelib.accounts.models import Account
from chalicelib.notifications.models import OutboxMessage
from tests.unit import cloud


def event(event_type: str, account: Account, message: OutboxMessage, **details: Any) -> str:
    """An event of this type about the mail that the message became; `account` is its first one."""
    return json.dumps(body(event_type, account.account_id, message.notification_id, **details))


def body(event_type: str, account_id: str, notification_id: str, **details: Any) -> Mapping[str, Any]:
    """The same, not yet as text."""
    return {
        "eventType": event_type,
        "mail": {
            "timestamp": "2026-11-22T10:00:00.000Z",
            "source": "panel@poczta.example",
            "messageId": "010001",
            "destination": ["jan@poczta.example"],
            "tags": {
                "kind": ["password_changed"],
                "account_id": [account_id],
                "notification_id": [notification_id],
                "ses:configuration-set": ["klucznik"],
            },
        },
        **(details or DETAILS.get(event_type, {})),
    }


# What each type of event has besides, as far as we look at it or might be tempted to.
DETAILS: Mapping[str, Mapping[str, Any]] = {
    "Delivery": {"delivery": {"smtpResponse": "250 ok"}},
    "DeliveryDelay": {"deliveryDelay": {"delayType": "MailboxFull"}},
    "Reject": {"reject": {"reason": "Bad content"}},
    "Complaint": {"complaint": {"complaintFeedbackType": "abuse"}},
    "Bounce": {"bounce": {"bounceType": "Permanent", "bounceSubType": "General"}},
    "Send": {"send": {}},
    "Open": {"open": {}},
    "Click": {"click": {}},
    "Rendering Failure": {"failure": {}},
    "Subscription": {"subscription": {}},
}


def delivery(account: Account, message: OutboxMessage) -> str:
    return event("Delivery", account, message)


def complaint(account: Account, message: OutboxMessage) -> str:
    return event("Complaint", account, message)


def bounce(account: Account, message: OutboxMessage, kind: str = "Permanent") -> str:
    return event("Bounce", account, message, bounce={"bounceType": kind, "bounceSubType": "General"})


@dataclass
class SuppressionList:
    """SES's own list of addresses that it does not send to."""

    addresses: set[str] = field(default_factory=set)
    outage: bool = False

    def __call__(self, call: cloud.Call, pass_on: Any) -> Any:
        if call.operation != "DeleteSuppressedDestination":
            return pass_on()
        if self.outage:
            return 400, {"x-amzn-ErrorType": "TooManyRequestsException"}, json.dumps({"message": "not now"})
        if not self.addresses:
            return 404, {"x-amzn-ErrorType": "NotFoundException"}, json.dumps({"message": "not there"})
        self.addresses.clear()
        return 200, {}, "{}"


@contextmanager
def ses_suppresses(*addresses: str) -> Iterator[SuppressionList]:
    """Have SES keep these addresses on its list, and let them be taken off it."""
    suppressed = SuppressionList(set(addresses))
    with cloud.around_calls(suppressed):
        yield suppressed
