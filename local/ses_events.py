"""What SES tells about a mail afterwards, which the emulator does not.

It is published to the topics of the configuration set, in SES's own JSON.
The addresses of SES's mailbox simulator play their parts (bounce@, complaint@, suppressionlist@, ooto@
simulator.amazonses.com); all other mail is delivered.
"""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from queue import Queue
from typing import Any
from uuid import uuid4

from local.mails import Mail

_SIMULATOR = "simulator.amazonses.com"
# On AWS it takes a moment, too; our own log entry is usually there before.
_DELAY_SECONDS = 0.3


class SesEvents:
    """Publishes the events of mails that were sent."""

    def __init__(self, session: Any) -> None:
        """`session` is a boto3 session with all rights in the local cloud."""
        self._ses = session.client("sesv2")
        self._sns = session.client("sns")
        self._later: Queue[tuple[float, Mail] | None] = Queue()
        self._thread = threading.Thread(target=self._publish_in_turn, name="ses-events", daemon=True)
        self._thread.start()

    def follow(self, mail: Mail) -> None:
        """Publish the events of a mail a moment later."""
        self._later.put((time.monotonic() + _DELAY_SECONDS, mail))

    def close(self) -> None:
        """Publish what is left, then nothing more."""
        self._later.put(None)
        self._thread.join()

    def _publish_in_turn(self) -> None:
        while (entry := self._later.get()) is not None:
            due, mail = entry
            time.sleep(max(0, due - time.monotonic()))
            self._publish(mail)

    def _publish(self, mail: Mail) -> None:
        for configuration_set in self._ses.list_configuration_sets()["ConfigurationSets"]:
            answer = self._ses.get_configuration_set_event_destinations(
                ConfigurationSetName=configuration_set
            )
            for destination in answer["EventDestinations"]:
                self._publish_to(destination, mail, configuration_set)

    def _publish_to(self, destination: Mapping[str, Any], mail: Mail, configuration_set: str) -> None:
        topic = destination.get("SnsDestination", {}).get("TopicArn")
        for event in events_of(mail, configuration_set):
            if topic and _MATCHING[event["eventType"]] in destination["MatchingEventTypes"]:
                subject = "Amazon SES Email Event Notification"
                self._sns.publish(TopicArn=topic, Message=json.dumps(event), Subject=subject)


_MATCHING = {"Delivery": "DELIVERY", "Bounce": "BOUNCE", "Complaint": "COMPLAINT"}


def events_of(mail: Mail, configuration_set: str) -> Iterator[dict[str, Any]]:
    """The events of a mail in the order in which SES publishes them."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    about = {
        "timestamp": now,
        "source": mail.sender,
        "messageId": mail.ses_message_id,
        "destination": list(mail.recipients),
        "tags": {
            "ses:configuration-set": [configuration_set],
            **{name: [value] for name, value in mail.tags.items()},
        },
    }
    for recipient in mail.recipients:
        for event_type, detail in _fate(recipient, now):
            yield {"eventType": event_type, "mail": about, event_type.lower(): detail}


def _fate(recipient: str, now: str) -> Iterator[tuple[str, dict[str, Any]]]:
    local, _, domain = recipient.lower().partition("@")
    part = local.partition("+")[0] if domain == _SIMULATOR else ""
    if part in ("bounce", "suppressionlist"):
        kind = "Suppressed" if part == "suppressionlist" else "General"
        yield "Bounce", _bounce("Permanent", kind, recipient, now)
        return
    yield "Delivery", {"timestamp": now, "recipients": [recipient], "smtpResponse": "250 OK"}
    if part == "ooto":
        yield "Bounce", _bounce("Transient", "General", recipient, now)
    if part == "complaint":
        yield (
            "Complaint",
            {
                "complainedRecipients": [{"emailAddress": recipient}],
                "complaintFeedbackType": "abuse",
                "feedbackId": str(uuid4()),
                "timestamp": now,
            },
        )


def _bounce(bounce_type: str, subtype: str, recipient: str, now: str) -> dict[str, Any]:
    return {
        "bounceType": bounce_type,
        "bounceSubType": subtype,
        "bouncedRecipients": [{"emailAddress": recipient}],
        "feedbackId": str(uuid4()),
        "timestamp": now,
    }
