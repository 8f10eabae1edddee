"""Those who work behind the panel, of a running local cloud: billing, and the operator's staff."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from local.demo import Backstage
from local.stack import LocalStack
from tools.operator.deployments import as_root_of_local


def backstage_of(stack: LocalStack) -> Backstage:
    """Billing that sends to the queue of balances, and staff who may do everything."""
    staff = as_root_of_local(stack.description.api_url, stack.description.region)

    def bill(messages: Sequence[Mapping[str, str]]) -> None:
        stack.session.client("sqs").send_message(
            QueueUrl=stack.description.queues["BalancesQueue"], MessageBody=json.dumps(messages)
        )

    def verify(account_id: str) -> None:
        staff.post(f"/operator/accounts/{account_id}/verify", {"reason": "demonstration"})

    return Backstage(bill, verify)


# As EventBridge sends it; Chalice reads these, whatever they hold.
_EVENT: dict[str, object] = {
    **dict.fromkeys(["version", "account", "region", "source", "time", "id", "detail-type"], ""),
    "detail": {},
    "resources": [],
}


class NotifierFailed(Exception):
    """The notifier ended with an error."""


def run_notifier(stack: LocalStack) -> dict[str, Any]:
    """Let low balances be told now, as the schedule does every quarter of an hour; what was done.

    Raises NotifierFailed.
    """
    answer = stack.session.client("lambda").invoke(
        FunctionName=stack.description.functions["NotifyLowBalances"], Payload=json.dumps(_EVENT)
    )
    result: dict[str, Any] = json.load(answer["Payload"])
    if "FunctionError" in answer:
        raise NotifierFailed(json.dumps(result))
    return result
