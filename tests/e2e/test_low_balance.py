"""The seed's whole loop on the deployed stack: a low balance is told, and its address gets one back in."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from local.backstage import run_notifier
from tests.e2e.stack import Customer, Deployed

# A minute, and what the local cloud takes to look at its schedules.
_SCHEDULED_SECONDS = 100


def _bill(deployed: Deployed, *messages: Any) -> None:
    sqs, queue = deployed.session.client("sqs"), deployed.where.queues["BalancesQueue"]
    for message in messages:
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(message))


def _update(customer: Customer, balance: str, *, ago: float) -> dict[str, str]:
    as_of = datetime.now(UTC) - timedelta(seconds=ago)
    return {"account_id": customer.account_id, "balance": balance, "as_of": as_of.isoformat()}


def _rule_of_the_notifier(deployed: Deployed) -> dict[str, Any]:
    events, function = deployed.session.client("events"), deployed.where.functions["NotifyLowBalances"]
    [rule] = (
        rule
        for rule in events.list_rules()["Rules"]
        for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        if target["Arn"].endswith(f":{function}")
    )
    return dict(rule)


@contextmanager
def _started_every_minute(deployed: Deployed) -> Iterator[None]:
    """Let the schedule that starts the notifier be a quicker one; nothing else is changed about it."""
    rule, events = _rule_of_the_notifier(deployed), deployed.session.client("events")

    def schedule(expression: str) -> None:
        events.put_rule(Name=rule["Name"], ScheduleExpression=expression, State=rule["State"])

    schedule("rate(1 minute)")
    try:
        yield
    finally:
        schedule(rule["ScheduleExpression"])


def _balance_of(customer: Customer, session: str) -> str | None:
    balance: str | None = customer.api.get("/v1/account", token=session).json["balance"]
    return balance


def test_a_low_balance_is_mailed_logged_and_its_address_recovers_the_account(deployed: Deployed) -> None:
    jan = deployed.customer("jan-na-wyczerpaniu")
    session, before = jan.log_in(), deployed.letterbox.newest()

    # Exhausted, so that the hour of the day at which the test runs makes no difference.
    low = _update(jan, "-0.15", ago=10)
    _bill(deployed, [_update(jan, "20.00", ago=20), low], low, _update(jan, "50.00", ago=30))
    deployed.wait_until(lambda: _balance_of(jan, session) == "-0.15")
    with _started_every_minute(deployed):
        mail = deployed.letterbox.wait_for(
            jan.email, after=before, account_id=jan.account_id, seconds=_SCHEDULED_SECONDS
        )
    assert "Stan konta: -0,15 zł" in mail.text
    assert mail.subject.startswith("Brak środków na koncie")
    assert run_notifier(deployed.local)["told"] == 0

    deployed.wait_until(lambda: not deployed.items("OutboxTable"))
    log = jan.api.get("/v1/account/notifications", token=session).json["notifications"]
    assert (log[0]["kind"], log[0]["recipient"]) == ("balance_exhausted", jan.email)
    profile = jan.api.get("/v1/account", token=session).json
    assert profile["last_balance_notice"]["kind"] == "balance_exhausted"
    history = jan.api.get("/v1/account/balance-history", token=session).json
    assert history["points"][-1]["balance"] == "-0.15"

    assert jan.api.post("/v1/password-resets", {"identifier": mail.recipients[0]}).status == 202
    reminder = deployed.letterbox.wait_for(jan.email, after=mail.number)
    assert jan.login in reminder.text.split()
    token = reminder.token("/reset")
    new = {"token": token, "password": "Kompot-z-Wisni-10"}
    assert jan.api.post("/v1/password-resets/complete", new).status == 204
    log_in = {"login": jan.login, "password": new["password"]}
    assert jan.api.post("/v1/sessions", log_in).status == 201


def test_the_notifier_is_started_every_quarter_of_an_hour(deployed: Deployed) -> None:
    assert _rule_of_the_notifier(deployed)["ScheduleExpression"] == "rate(15 minutes)"


def test_a_malformed_balance_ends_in_the_dead_letters_and_the_others_are_taken(deployed: Deployed) -> None:
    jan = deployed.customer("jan-obok-zepsutych")
    session = jan.log_in()
    _bill(deployed, [_update(jan, "much", ago=5), _update(jan, "12.50", ago=5)])
    deployed.wait_until(lambda: _balance_of(jan, session) == "12.50")
    deployed.wait_until(lambda: bool(deployed.waiting()["BalancesDeadLetters"]), seconds=60)


def test_a_customer_chooses_when_to_be_told(deployed: Deployed) -> None:
    jan = deployed.customer("jan-wybiera")
    session = jan.log_in()
    choices = {"low_balance_threshold": "12.50", "low_balance_notices": False}
    changed = jan.api.patch("/v1/account", choices, token=session)
    assert changed.status == 200, changed.body
    profile = jan.api.get("/v1/account", token=session).json
    assert {name: profile[name] for name in choices} == choices
