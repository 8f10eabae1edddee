"""Those who use the system in tests: a customer at a browser, and the post that brings the mail."""

import base64
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from app import app, deliver, relay
from tests import contract
from tests.unit import cloud

PASSWORD = "Zielony-Rower-7"


@dataclass(frozen=True)
class Answer:
    """An HTTP response."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        """The problem's code."""
        return str(self.json["code"])


@dataclass
class Customer:
    """Talks to the API through the events that API Gateway makes of requests.

    Whatever is answered must be what the OpenAPI document promises.
    """

    ip: str = "198.51.100.7"
    language: str = "pl"
    token: str | None = None
    arn: str | None = None
    """Whom IAM has let in, on the operator's routes."""
    user_agent: str = "Mozilla/5.0 (test)"
    headers: dict[str, str] = field(default_factory=dict)

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        resource: str | None = None,
        path_parameters: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
    ) -> Answer:
        if resource is None:
            resource, path_parameters = contract.template_of(path)
        headers = {"accept-language": self.language, "user-agent": self.user_agent} | self.headers
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        if body is not None:
            headers.setdefault("content-type", "application/json")
        event = {
            "requestContext": {
                "httpMethod": method,
                "resourcePath": resource,
                "path": path,
                "requestId": "00000000-0000-4000-8000-000000000000",
                "identity": {"sourceIp": self.ip, "userArn": self.arn},
            },
            "headers": headers,
            "multiValueQueryStringParameters": {k: [v] for k, v in query.items()} if query else None,
            "pathParameters": path_parameters,
            "stageVariables": None,
            "body": _as_gateway_has_it(body),
            "isBase64Encoded": isinstance(body, bytes),
        }
        response = app(event, None)
        answer = Answer(response["statusCode"], response["headers"], response["body"])
        if contract.is_documented(method, resource):
            contract.check(method, resource, answer.status, answer.headers, answer.text)
        return answer

    def get(self, path: str, **query: str) -> Answer:
        return self.request("GET", path, query=query or None)

    def post(self, path: str, **body: Any) -> Answer:
        return self.request("POST", path, body)

    def patch(self, path: str, **body: Any) -> Answer:
        return self.request("PATCH", path, body)

    def register(self, login: str, email: str, password: str = PASSWORD) -> Answer:
        return self.post("/v1/accounts", login=login, email=email, password=password)

    def log_in(self, login: str, password: str = PASSWORD) -> Answer:
        answer = self.post("/v1/sessions", login=login, password=password)
        if answer.status == 201:
            self.token = answer.json["token"]
        return answer


def _as_gateway_has_it(body: Any) -> str | None:
    if isinstance(body, bytes):
        return base64.b64encode(body).decode()
    return body if isinstance(body, str | None) else json.dumps(body)


class PostOffice:
    """Carries waiting messages through relay, queues and delivery, and opens the mail."""

    def relay_all(self) -> None:
        """Show the outbox to the relay, as the table's stream does."""
        if waiting := cloud.items("OUTBOX_TABLE"):
            relay(stream_event(waiting), None)

    def deliver_queued(self) -> list[str]:
        """Hand every queued message to `deliver` once; returns the ids of those it wants again."""
        sqs = cloud.client("sqs")
        again: list[str] = []
        for variable in ("URGENT_QUEUE_URL", "BULK_QUEUE_URL"):
            url = os.environ[variable]
            while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
                records = [queue_record(each, url) for each in messages]
                failed = deliver({"Records": records}, None)["batchItemFailures"]
                again += [each["itemIdentifier"] for each in failed]
                for each in messages:
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
        return again

    def deliver_all(self) -> None:
        """Carry messages until none is waiting (a reset request becomes mails, which wait in turn)."""
        while cloud.items("OUTBOX_TABLE"):
            self.relay_all()
            assert not self.deliver_queued(), "a message could not be delivered"

    def mails_to(self, address: str) -> list[EmailMessage]:
        """The mails to an address, oldest first, after delivering all that waits."""
        self.deliver_all()
        return [mail for mail in cloud.sent_mails() if mail["To"] == address]


def stream_event(images: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The event by which the outbox's stream shows new items to the relay."""
    records = [
        {
            "eventID": str(number),
            "eventName": "INSERT",
            "awsRegion": cloud.REGION,
            "eventSourceARN": "arn:aws:dynamodb:eu-central-1:123456789012:table/outbox/stream/latest",
            "dynamodb": {
                "ApproximateCreationDateTime": 0,
                "SequenceNumber": str(number),
                "SizeBytes": 1,
                "StreamViewType": "NEW_IMAGE",
                "Keys": {"message_id": image["message_id"]},
                "NewImage": image,
            },
        }
        for number, image in enumerate(images)
    ]
    return {"Records": records}


def text_of(mail: EmailMessage) -> str:
    """The text part, with the line ends of text."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def links_in(mail: EmailMessage) -> list[str]:
    """The links that stand alone on a line of the text part."""
    return re.findall(r"^\s*(https?://\S+)\s*$", text_of(mail), re.MULTILINE)


def tokens_in(mail: EmailMessage) -> list[str]:
    """The tokens of the mail's links."""
    return [link.partition("token=")[2] for link in links_in(mail) if "token=" in link]


def confirmed(post_office: PostOffice, customer: Customer, login: str, email: str) -> None:
    """Register a customer and open the link of the confirmation mail."""
    assert customer.register(login, email).status == 201
    [token] = tokens_in(post_office.mails_to(email)[-1])
    assert customer.post("/v1/accounts/confirm", token=token).status == 204


def queue_record(message: dict[str, Any], queue_url: str) -> dict[str, Any]:
    """A message as Lambda shows it that SQS handed out for the first time."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {"ApproximateReceiveCount": "1", "SenderId": "AIDAKLUCZNIK"},
        "eventSourceARN": f"arn:aws:sqs:{cloud.REGION}:{cloud.ACCOUNT}:{queue_url.rpartition('/')[2]}",
    }
