"""The operator's staff at work: requests that IAM has let in, and the trail that they leave."""

from typing import Any

from chalicelib.accounts.models import Account
from tests.unit import cloud
from tests.unit.clients import Answer, Customer

EWA = "arn:aws:iam::123456789012:user/ewa"


class Staff(Customer):
    """Somebody of the operator's staff, by the ARN that IAM knows them by."""

    def __init__(self, arn: str = EWA) -> None:
        super().__init__(language="en", arn=arn)

    def act(self, what: str, account: Account | str, **body: Any) -> Answer:
        """Do something about an account: block, send-reset, set-address …"""
        account_id = account if isinstance(account, str) else account.account_id
        return self.post(f"/operator/accounts/{account_id}/{what}", **body)

    def find(self, **by: str) -> list[Any]:
        """Who is found by login, email, sip_number or account_id."""
        answer = self.post("/operator/accounts/find", **by)
        assert answer.status == 200
        found: list[Any] = answer.json["accounts"]
        return found


def trail() -> list[tuple[str, str]]:
    """What was done, and what became of it, line by line."""
    return [(line["what"], line["outcome"]) for line in cloud.audit_lines()]
