"""From a bounce to the profile, without any manual step: SES's mailbox simulator on the deployed stack."""

import json

import pytest

from tests.e2e.stack import Customer, Deployed

SIMULATOR = "simulator.amazonses.com"


def _status_of_confirmation(customer: Customer, session: str) -> str:
    log = customer.api.get("/v1/account/notifications", token=session).json["notifications"]
    return str(log[-1]["status"])


@pytest.mark.parametrize(
    ("part", "status"),
    [
        ("success", "delivered"),
        ("bounce", "bounced"),
        ("complaint", "complained"),
        ("suppressionlist", "bounced"),
    ],
)
def test_what_ses_tells_of_a_mail_reaches_log_and_profile(part: str, status: str, deployed: Deployed) -> None:
    login = f"simulator-{part}"
    customer = deployed.customer(login, f"{part}+{login}@{SIMULATOR}")
    session = customer.log_in()
    deployed.wait_until(lambda: _status_of_confirmation(customer, session) == status)
    profile = customer.api.get("/v1/account", token=session).json
    assert profile["email_reachable"] is (status == "delivered")


def test_a_reminder_by_an_address_that_bounces_is_refused_with_advice(deployed: Deployed) -> None:
    customer = deployed.customer("wraca", f"bounce+wraca@{SIMULATOR}")
    session = customer.log_in()
    deployed.wait_until(lambda: not customer.api.get("/v1/account", token=session).json["email_reachable"])
    refused = customer.api.post("/v1/password-resets", {"identifier": customer.email})
    assert (refused.status, refused.json["code"]) == (409, "address_unreachable")
    assert "login" in refused.json["detail"]
    assert customer.api.post("/v1/password-resets", {"identifier": customer.login}).status == 202


def test_a_notice_of_billing_is_mailed_once_however_often_it_is_sent(deployed: Deployed) -> None:
    customer = deployed.customer("jan-doladowany")
    before = deployed.letterbox.newest()
    notice = {
        "message_id": "faktura-1",
        "account_id": customer.account_id,
        "kind": "topped_up",
        "parameters": {"amount": "50.00", "balance": "62.50", "invoice": "FV/1/11/2026"},
    }
    sqs = deployed.session.client("sqs")
    queue = deployed.where.queues["NoticesQueue"]
    for body in (notice, notice, {**notice, "message_id": "faktura-2", "kind": "nonsense"}, notice):
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(body))
    mail = deployed.letterbox.wait_for(customer.email, after=before)
    assert "50,00" in mail.text
    deployed.wait_until(lambda: not deployed.items("OutboxTable"))
    assert len(deployed.letterbox.letters(customer.email, before)) == 1
