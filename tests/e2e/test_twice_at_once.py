"""Two at once, and the same thing again: links, registrations and deliveries on the deployed stack."""

import hashlib
import json
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from local.client import Reply
from tests.e2e.stack import Customer, Deployed

_ROUNDS = 50


def _at_once(*calls: Callable[[], Reply]) -> list[Reply]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def _link_of(deployed: Deployed, customer: Customer, password_version: int) -> str:
    """A reset link's token, stored as a delivery stores it, only faster: fifty mails would take a minute."""
    token = secrets.token_urlsafe(32)
    deployed.session.client("dynamodb").put_item(
        TableName=deployed.where.tables["TokensTable"],
        Item={
            "token_hash": {"S": hashlib.sha256(token.encode()).hexdigest()},
            "purpose": {"S": "reset_password"},
            "account_id": {"S": customer.account_id},
            "login": {"S": customer.login},
            "email": {"S": customer.email},
            "recipient": {"S": customer.email},
            "password_version": {"N": str(password_version)},
            "expires_at": {"N": str(int(time.time()) + 600)},
        },
    )
    return token


def test_of_two_simultaneous_completions_of_one_link_exactly_one_wins(deployed: Deployed) -> None:
    customer = deployed.customer("jan-naraz")
    complete = partial(customer.api.post, "/v1/password-resets/complete")
    for version in range(1, _ROUNDS + 1):
        token = _link_of(deployed, customer, version)
        forms = [{"token": token, "password": f"{word}-Haslo-{version}"} for word in ("Pierwsze", "Drugie")]
        replies = _at_once(*(partial(complete, form) for form in forms))
        assert sorted(reply.status for reply in replies) == [204, 410]


def test_of_two_who_register_one_login_at_once_exactly_one_gets_it(deployed: Deployed) -> None:
    forms = [
        {"login": "Ślązak", "email": "jeden@example.com", "password": "Hejnal-z-Wiezy-3"},
        {"login": "ŚLĄZAK", "email": "drugi@example.com", "password": "Hejnal-z-Wiezy-3"},
    ]
    register = partial(deployed.caller().post, "/v1/accounts")
    replies = _at_once(*(partial(register, form) for form in forms))
    assert sorted(reply.status for reply in replies) == [201, 409]


def test_a_message_that_is_handed_out_many_times_is_mailed_once(deployed: Deployed) -> None:
    jan = deployed.customer("jan-wiele-razy")
    before = deployed.letterbox.newest()
    message_id = _put_into_outbox(deployed, jan.account_id)
    _hand_out(deployed, message_id)
    deployed.letterbox.wait_for(jan.email, after=before)
    deployed.wait_until(lambda: not deployed.items("OutboxTable"))
    _hand_out(deployed, message_id)
    deployed.wait_until(lambda: not any(map(partial(_visible, deployed), ("UrgentQueue", "BulkQueue"))))
    assert len(deployed.letterbox.letters(jan.email, before)) == 1
    logged = [
        item for item in deployed.items("NotificationsTable") if item["account_id"]["S"] == jan.account_id
    ]
    assert sorted(item["kind"]["S"] for item in logged) == ["confirm_email", "password_changed"]


def _put_into_outbox(deployed: Deployed, account_id: str) -> str:
    """A waiting message as the application writes it; the stream shows it to `relay` as well."""
    parameters = {"changed_at": "2026-11-22T10:00:00+00:00", "network": "198.51.100.0/24"}
    deployed.session.client("dynamodb").put_item(
        TableName=deployed.where.tables["OutboxTable"],
        Item={
            "message_id": {"S": "01M81000000000000000000001"},
            "notification_id": {"S": "01M81000000000000000000002"},
            "kind": {"S": "password_changed"},
            "lane": {"S": "urgent"},
            "account_id": {"S": account_id},
            "language": {"S": "pl"},
            "parameters": {"S": json.dumps(parameters)},
            "created_at": {"N": str(int(time.time()))},
            "attempts": {"N": "0"},
        },
    )
    return "01M81000000000000000000001"


def _visible(deployed: Deployed, queue: str) -> int:
    """How many messages wait; one that was refused since another worker had it comes again in a minute."""
    number = "ApproximateNumberOfMessages"
    url = deployed.where.queues[queue]
    answer = deployed.session.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[number])
    return int(answer["Attributes"][number])


def _hand_out(deployed: Deployed, message_id: str) -> None:
    sqs = deployed.session.client("sqs")
    for queue in ("UrgentQueue", "BulkQueue", "UrgentQueue", "BulkQueue"):
        body = json.dumps({"message_id": message_id})
        sqs.send_message(QueueUrl=deployed.where.queues[queue], MessageBody=body)
