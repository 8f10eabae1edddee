"""A slow mail system: it shows, hands out and delivers any message at any time, in any order, also twice.

It opens every mail on its way and judges whether it may go there.
"""

import base64
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from app import deliver, relay
from tests.unit import cloud
from tests.unit.accounts.devices import device_of
from tests.unit.clients import Customer, queue_record, stream_event, tokens_in
from tests.unit.life.lives import Change, Link, Lives, Page, Person, mailbox
from tests.unit.life.verdicts import stored


@dataclass
class SlowPost:
    """The way from the outbox to the mailboxes, and all links and secrets that came out of it."""

    wire: cloud.Wire
    lives: Lives
    secrets: list[str]
    log: list[tuple[str, str, str, int]] = field(default_factory=list)
    """Account, kind, recipient and time of every mail that was sent."""
    queued: list[str] = field(default_factory=list)
    handed_out: list[str] = field(default_factory=list)

    def relay(self, which: slice) -> None:
        """Show some of the messages that wait to the relay."""
        waiting = sorted(stored("OUTBOX_TABLE"), key=lambda item: str(item["message_id"]))
        if chosen := waiting[which]:
            relay(stream_event(chosen), None)
            self.queued += cloud.take_queued()

    def hand_out(self, body: str) -> None:
        """Hand a queued message to `deliver`, and open the mail that comes of it."""
        self.handed_out.append(body)
        calls = len(self.wire.requests)
        message = {"MessageId": "1", "ReceiptHandle": "1", "Body": body}
        again = deliver({"Records": [queue_record(message, "https://sqs/urgent")]}, None)
        assert again == {"batchItemFailures": []}
        for call in self.wire.requests[calls:]:
            if call.operation == "SendEmail":
                self._open(call.body)

    def deliver_everything(self) -> None:
        """Until nothing waits any more."""
        while self.queued or stored("OUTBOX_TABLE"):
            self.relay(slice(None))
            while self.queued:
                self.hand_out(self.queued.pop())

    def _open(self, sent: Any) -> None:
        tags = {tag["Name"]: tag["Value"] for tag in sent["EmailTags"]}
        mail = message_from_bytes(base64.b64decode(sent["Content"]["Raw"]["Data"]), policy=policy.default)
        kind, recipient = tags["kind"], str(mail["To"])
        self.secrets += tokens_in(mail)
        if kind == "password_reset":
            about = [self._reminded(token, recipient) for token in tokens_in(mail)]
            assert len(set(about)) == len(about)
        else:
            about = [self.lives.people[tags["account_id"]]]
            self._judge(kind, about[0], recipient, mail)
        for person in about:
            self.log.append((person.account_id, kind, recipient, int(self.lives.now.timestamp())))
            if self.lives.exists(person) and mailbox(recipient) == mailbox(person.email):
                person.told = self.lives.now

    def _reminded(self, token: str, recipient: str) -> Person:
        """Whom a link of a reminder is about: it recovers those only whose present address this is (I5)."""
        answer = Customer().post("/v1/password-resets/check", token=token)
        assert answer.status == 200, "a link that was just mailed"
        person = self.lives.holder(answer.json["login"])
        assert person is not None
        assert person.account_id in self.lives.recovered_by(recipient)
        assert self.lives.may_enter(person)
        self._keep(Page.RESET, token, person, recipient)
        return person

    def _judge(self, kind: str, person: Person, recipient: str, mail: EmailMessage) -> None:
        """Whether a mail may go to this address; what it brings is kept."""
        if kind == "account_deleted":
            assert (person.status, person.email) == ("deleted", recipient)
            return
        assert self.lives.may_enter(person)
        changes = [each for each in (person.pending, person.made) if each is not None]
        match kind:
            case "confirm_email":
                assert (person.email, person.confirmed) == (recipient, False)
                self._keep_only(Page.CONFIRM, mail, person, recipient)
            case "confirm_new_email":
                assert person.pending is not None
                assert person.pending.new == recipient
                self._keep_only(Page.CONFIRM_NEW, mail, person, recipient, person.pending)
            case "email_change_asked" | "email_replaced":
                [change] = [each for each in changes if each.old == recipient]
                self._keep_only(Page.UNDO, mail, person, recipient, change)
            case "sip_credentials":
                assert person.email == recipient
                self.secrets.append(device_of(mail).password)
            case _:
                assert person.email == recipient
                assert tokens_in(mail) == []

    def _keep_only(self, page: Page, mail: EmailMessage, *about: Any) -> None:
        [token] = tokens_in(mail)
        self._keep(page, token, *about)

    def _keep(
        self, page: Page, token: str, person: Person, recipient: str, change: Change | None = None
    ) -> None:
        now = self.lives.now
        self.lives.links.append(Link(page, token, person, recipient, now, person.era, person.email, change))
