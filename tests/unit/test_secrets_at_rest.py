"""I2: no password, link or session token is in any table, queue, log line or refusal, in any encoding."""

import base64
import json
import logging
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest

from app import take_notices
from chalicelib.accounts.verification import verify_account
from tests.unit import cloud
from tests.unit.accounts.devices import telephones
from tests.unit.accounts.people import JAN
from tests.unit.clients import Answer, Customer, PostOffice, queue_record, tokens_in
from tests.unit.conftest import FrozenClock
from tests.unit.leaks import MEANT_TO_CARRY, leaked, texts

FIRST, SECOND, THIRD = "Zielony-Rower-7!", "Zażółć Gęślą Jaźń 8", "Czerwony Tramwaj+9"
WRONG, WEAK = "Wrong-Passw0rd-here", "slabehaslo-żółw"

DENIED = {"__type": "com.amazonaws.dynamodb.v20120810#AccessDeniedException", "message": "not allowed"}


@pytest.mark.parametrize(
    "text",
    [
        "password=Zażółć Gęślą Jaźń 8.",
        json.dumps({"password": SECOND}),
        f"https://panel.example/?p={quote(SECOND)}",
        SECOND.encode().hex(),
        *(base64.b64encode(b"x" * shift + SECOND.encode() + b"yyy").decode() for shift in range(6)),
        *(base64.urlsafe_b64encode(b"x" * shift + b"\xff" + SECOND.encode()).decode() for shift in range(6)),
    ],
)
def test_the_search_finds_a_secret_in_every_encoding(text: str) -> None:
    assert leaked([FIRST, SECOND], text) == [SECOND]


def denied(failing: str) -> cloud.Fault:
    """AWS refuses one operation."""
    return lambda operation: DENIED if operation == failing else None


@dataclass
class Story:
    """One customer's story, with all that goes wrong on the way; it keeps the secrets and the refusals."""

    customer: Customer
    post_office: PostOffice
    clock: FrozenClock
    secrets: list[str] = field(default_factory=lambda: [FIRST, SECOND, THIRD, WRONG, WEAK])
    refusals: list[str] = field(default_factory=list)

    def post(self, path: str, expected: int, **body: Any) -> Answer:
        answer = self.customer.post(path, **body)
        assert answer.status == expected, answer.text
        if expected >= 400:
            self.refusals.append(answer.text + str(answer.headers))
        return answer

    def log_in(self, login: str, password: str) -> None:
        opened = self.post("/v1/sessions", 201, login=login, password=password)
        self.customer.token = opened.json["token"]
        self.secrets.append(opened.json["token"])

    def mailed(self) -> str:
        """The token of the newest mail's link."""
        [token] = tokens_in(self.post_office.mails_to(JAN)[-1])
        self.secrets += [token, base64.urlsafe_b64decode(token + "=").hex()]
        return token

    def tell(self) -> None:
        self.begin()
        self.change()
        self.be_told()
        self.be_verified()
        self.recover()
        self.fail()

    def begin(self) -> None:
        account = {"login": "jan", "email": JAN}
        self.post("/v1/accounts", 422, **account, password=WEAK)
        self.post("/v1/accounts", 201, **account, password=FIRST)
        self.post("/v1/accounts", 409, **account, password=SECOND)
        token = self.mailed()
        self.post("/v1/accounts/confirm", 204, token=token)
        self.post("/v1/accounts/confirm", 410, token=token)
        self.post("/v1/sessions", 401, login="jan", password=WRONG)
        self.post("/v1/sessions", 401, login=FIRST, password="jan")  # fields mixed up
        self.log_in("jan", FIRST)

    def change(self) -> None:
        for password, status in ((WRONG, 403), (FIRST, 200)):
            answer = self.customer.patch("/v1/account", password=SECOND, current_password=password)
            assert answer.status == status
            self.refusals += [answer.text]
        assert self.customer.get("/v1/sessions").status == 200
        self.post_office.deliver_all()

    def be_told(self) -> None:
        """Another system tells the customer something."""
        account_id = self.customer.get("/v1/account").json["account_id"]
        notice = {"message_id": "top-up-1", "account_id": account_id, "kind": "topped_up"}
        told = json.dumps(notice | {"parameters": {"amount": "12.50"}})
        message = {"MessageId": "1", "ReceiptHandle": "1", "Body": told}
        take_notices({"Records": [queue_record(message, "https://sqs/notices")]}, None)
        self.post_office.deliver_all()

    def be_verified(self) -> None:
        """A SIP account, and then another password for it."""
        verify_account(self.customer.get("/v1/account").json["account_id"])
        self.sip_password()
        self.post("/v1/account/sip-password", 403, current_password=WRONG)
        self.post("/v1/account/sip-password", 202, current_password=SECOND)
        self.sip_password()

    def sip_password(self) -> None:
        """Learn the password of the newest mail."""
        self.secrets.append(telephones(self.post_office)[-1].password)

    def recover(self) -> None:
        self.post("/v1/password-resets", 404, identifier=THIRD)  # a password where a login belongs
        self.post("/v1/password-resets", 202, identifier="jan")
        token = self.mailed()
        self.post("/v1/password-resets/check", 200, token=token)
        self.post("/v1/password-resets/complete", 422, token=token, password=WEAK)
        self.post("/v1/password-resets/complete", 204, token=token, password=THIRD)
        self.post("/v1/password-resets/complete", 410, token=token, password=FIRST)
        assert self.customer.get("/v1/account").status == 401
        self.log_in("jan", THIRD)

    def fail(self) -> None:
        """Requests that cannot be read, and AWS refusing: nothing of it must be told by logs and answers."""
        self.post("/v1/sessions", 400, login="jan", password=[THIRD])
        self.post("/v1/sessions", 400, login="jan", pasword=THIRD)
        answer = self.customer.request("POST", "/v1/sessions", f'{{"login": "jan", "password": "{THIRD}"')
        self.refusals.append(answer.text)
        assert answer.status == 400
        self.post("/v1/password-resets", 202, identifier=JAN)
        for failing in ("UpdateItem", "TransactWriteItems", "SendEmail"):
            with cloud.faults(denied(failing)):
                self.post_office.relay_all()
                self.post_office.deliver_queued()
            self.clock.advance(minutes=1)
        token = self.mailed()
        with cloud.faults(lambda _: DENIED):
            self.post("/v1/sessions", 500, login="jan", password=THIRD)
            self.post("/v1/password-resets/complete", 500, token=token, password=SECOND)
            self.post("/v1/accounts", 500, login="ewa", email=JAN, password=SECOND)
            assert self.customer.get("/v1/account").status == 500


def test_after_a_whole_story_no_secret_is_readable_anywhere(
    wire: cloud.Wire,
    customer: Customer,
    post_office: PostOffice,
    frozen_clock: FrozenClock,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.INFO)
    for ours in ("chalicelib", "klucznik"):
        caplog.set_level(logging.DEBUG, ours)
    story = Story(customer, post_office, frozen_clock)
    story.tell()
    assert len(story.secrets) == len(set(story.secrets)) == 5 + 2 * 3 + 2 + 2

    tables = {variable: list(texts(cloud.items(variable))) for variable in cloud.table_variables()}
    empty = [name for name, found in tables.items() if not found]
    assert empty == ["OUTBOX_TABLE", "TICKETS_TABLE", "BALANCES_TABLE"]
    assert [name for name, found in tables.items() if leaked(story.secrets, "\n".join(found))] == []

    # Also nothing that was stored or queued only for a while.
    asked = [call for call in wire.requests if call.operation not in MEANT_TO_CARRY]
    assert {"SendMessageBatch", "TransactWriteItems", "PutItem"} <= {call.operation for call in asked}
    assert [call for call in asked if leaked(story.secrets, "\n".join(texts(call.body)))] == []

    assert "from urgent failed" in caplog.text
    assert "Traceback" in caplog.text
    assert leaked(story.secrets, caplog.text) == []
    assert leaked(story.secrets, "".join(capfd.readouterr())) == []

    assert len(story.refusals) > 10
    assert leaked(story.secrets, "".join(story.refusals)) == []
