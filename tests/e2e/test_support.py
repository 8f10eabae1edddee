"""Tickets, export and erasure on the deployed stack, where each function may do only what its policy says."""

import json
import time
from typing import Any

from tests.e2e.stack import Customer, Deployed

SUPPORT = "pomoc@localhost.localdomain"
WORDS = "Nie pamiętam loginu.\nEwa"


def ticket_of(customer: Customer) -> str:
    """A ticket that the customer sends; its number."""
    form = {"contact_email": customer.email, "message": WORDS, "login": customer.login}
    sent = customer.api.post("/v1/tickets", form)
    assert sent.status == 201, sent.body
    return str(sent.json["ticket_id"])


def item_of(deployed: Deployed, table: str, key: str, value: str) -> dict[str, Any] | None:
    found = [item for item in deployed.items(table) if item[key]["S"] == value]
    return found[0] if found else None


def test_a_ticket_reaches_staff_who_reply_to_its_writer_and_is_acknowledged(deployed: Deployed) -> None:
    ewa = deployed.customer("ewa-ticket")
    before = deployed.letterbox.newest()
    number = ticket_of(ewa)
    to_staff = deployed.letterbox.wait_for(SUPPORT, after=before)
    assert number in to_staff.subject
    assert dict(to_staff.headers)["Reply-To"] == ewa.email
    assert WORDS.splitlines() == [line for line in to_staff.text.splitlines() if line in WORDS.splitlines()]
    assert ewa.account_id in to_staff.text
    back = deployed.letterbox.wait_for(ewa.email, after=before)
    assert number in back.text
    assert "Nie pamiętam" not in back.text


def test_a_stranger_gets_no_acknowledgement(deployed: Deployed) -> None:
    before = deployed.letterbox.newest()
    stranger = {"contact_email": "nikt.ticket@example.com", "message": WORDS}
    assert deployed.caller().post("/v1/tickets", stranger).status == 201
    deployed.letterbox.wait_for(SUPPORT, after=before)
    deployed.wait_until(lambda: not deployed.items("OutboxTable"))
    assert deployed.letterbox.letters("nikt.ticket@example.com") == []


def test_a_customer_exports_what_is_held_without_secrets(deployed: Deployed) -> None:
    ewa = deployed.customer("ewa-export")
    token = ewa.log_in()
    before = deployed.letterbox.newest()
    number = ticket_of(ewa)
    deployed.letterbox.wait_for(ewa.email, after=before)
    exported = ewa.api.get("/v1/account/export", token=token)
    assert exported.status == 200, exported.body
    held = exported.json
    assert (held["account"]["login"], held["account"]["email"]) == (ewa.login, ewa.email)
    assert [each["kind"] for each in held["notifications"]] == ["ticket_received", "confirm_email"]
    assert [each["ticket_id"] for each in held["tickets"]] == [number]
    credential = item_of(deployed, "CredentialsTable", "login_key", ewa.login)
    assert credential is not None
    assert credential["password_hash"]["S"] not in exported.body.decode()
    assert token not in exported.body.decode()


def test_what_is_left_of_a_deleted_account_is_erased(deployed: Deployed) -> None:
    ewa = deployed.customer("ewa-erased")
    token = ewa.log_in()
    before = deployed.letterbox.newest()
    ticket_of(ewa)
    deployed.letterbox.wait_for(ewa.email, after=before)
    dynamodb, tables = deployed.session.client("dynamodb"), deployed.where.tables
    dynamodb.put_item(TableName=tables["BalancesTable"], Item={"account_id": {"S": ewa.account_id}})
    time.sleep(1)  # a ticket of the second of the deletion may be about it
    before = deployed.letterbox.newest()
    assert ewa.api.delete("/v1/account", {"current_password": ewa.password}, token=token).status == 204
    deployed.letterbox.wait_for(ewa.email, after=before)
    deployed.wait_until(lambda: not deployed.items("OutboxTable"))
    leave_message_waiting(deployed, ewa)
    dynamodb.update_item(
        TableName=tables["AccountsTable"],
        Key={"account_id": {"S": ewa.account_id}},
        UpdateExpression="SET erase_at = :now",
        ExpressionAttributeValues={":now": {"N": str(int(time.time()))}},
    )

    erase_now(deployed)

    held = [
        table
        for table in ("AccountsTable", "BalancesTable", "OutboxTable", "AddressesTable")
        if item_of(deployed, table, "account_id", ewa.account_id)
    ]
    assert held == []
    assert item_of(deployed, "TicketsTable", "contact", ewa.email) is None
    log = [item for item in deployed.items("NotificationsTable") if item["account_id"]["S"] == ewa.account_id]
    assert len(log) == 3
    assert {item["recipient"]["S"].partition(":")[0] for item in log} == {"hmac-sha256"}


def leave_message_waiting(deployed: Deployed, customer: Customer) -> None:
    """A message as it is when it was parked, about this customer."""
    now = {"N": str(int(time.time()))}
    texts = {
        "message_id": "parked-ewa", "kind": "notice", "lane": "bulk", "account_id": customer.account_id,
        "language": "pl", "parameters": "{}", "notification_id": "parked-ewa", "shard": "parked",
    }  # fmt: skip
    times = dict.fromkeys(("created_at", "next_attempt_at", "park_at", "parked_at"), now)
    item = {**{name: {"S": text} for name, text in texts.items()}, **times}
    deployed.session.client("dynamodb").put_item(TableName=deployed.where.tables["OutboxTable"], Item=item)


def erase_now(deployed: Deployed) -> None:
    """Run the erasure as its schedule does."""
    names = ("version", "account", "region", "detail-type", "source", "time", "id")
    event: dict[str, Any] = {**dict.fromkeys(names, ""), "detail": {}, "resources": []}
    answer = deployed.session.client("lambda").invoke(
        FunctionName=deployed.where.functions["EraseAccounts"], Payload=json.dumps(event)
    )
    assert "FunctionError" not in answer, answer["Payload"].read()
