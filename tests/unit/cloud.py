"""AWS in memory (moto), laid out as the template says, with eyes on the wire and faults to inject."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import boto3
from botocore.awsrequest import AWSRequest, AWSResponse
from moto.backends import get_backend

from chalicelib import aws

REGION = "eu-central-1"
ACCOUNT = "123456789012"
MAIL_DOMAIN = "poczta.example"

_TEMPLATE = json.loads((Path(__file__).parents[2] / ".chalice" / "resources.json").read_text())


def table_variables() -> dict[str, str]:
    """The tables' environment variables, as the template names them, and the tables' names here."""
    variables = _TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    return {name: name.lower() for name in variables if name.endswith("_TABLE")}


def lay_out() -> dict[str, str]:
    """Make the tables, queues, secret and sender; returns the environment that names them."""
    variables = _TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    dynamodb = boto3.client("dynamodb", REGION)
    for variable, name in table_variables().items():
        properties = _TEMPLATE["Resources"][variables[variable]["Ref"]]["Properties"]
        dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=properties["AttributeDefinitions"],
            KeySchema=properties["KeySchema"],
        )
    sqs = boto3.client("sqs", REGION)
    boto3.client("ses", REGION).verify_domain_identity(Domain=MAIL_DOMAIN)
    secret = boto3.client("secretsmanager", REGION).create_secret(
        Name="signing", SecretString="the-first-signing-secret-of-the-tests-0123456789"
    )
    return {
        "URGENT_QUEUE_URL": sqs.create_queue(QueueName="urgent")["QueueUrl"],
        "BULK_QUEUE_URL": sqs.create_queue(QueueName="bulk")["QueueUrl"],
        "SIGNING_SECRET_ARN": secret["ARN"],
        "SES_CONFIGURATION_SET": "klucznik",
    }


def items(variable: str) -> list[dict[str, Any]]:
    """Everything in a table, as DynamoDB holds it."""
    name = table_variables()[variable]
    found: list[dict[str, Any]] = boto3.client("dynamodb", REGION).scan(TableName=name)["Items"]
    return found


def sent_mails() -> list[EmailMessage]:
    """The mails that SES has accepted, oldest first."""
    backend = get_backend("ses")[ACCOUNT][REGION]
    parsed = [message_from_bytes(sent.raw_data.encode(), policy=policy.default) for sent in backend.sent_messages]
    return parsed  # type: ignore[return-value]  # policy.default makes EmailMessages, the stub says Message


@dataclass
class Wire:
    """What went over the wire to AWS: each call as "Operation Table", "SendEmail" and so on."""

    calls: list[str] = field(default_factory=list)

    def counted(self) -> Counter[str]:
        return Counter(self.calls)

    def clear(self) -> None:
        self.calls.clear()


def watch(wire: Wire) -> None:
    """Note every request that our clients make from now on, retries included."""

    def note(request: AWSRequest, operation_name: str, **_: object) -> None:
        wire.calls.append(operation_name)

    aws._session().register("request-created", note)  # noqa: SLF001 - the wire is below the public seam


Fault = Callable[[str], Mapping[str, Any] | None]


@contextmanager
def faults(choose: Fault) -> Iterator[None]:
    """Answer our clients' requests with an error body where `choose` gives one for the operation."""
    emitter = aws._session().get_component("event_emitter")  # noqa: SLF001 - below the public seam

    def answer(request: AWSRequest, **_: object) -> AWSResponse | None:
        operation = request.headers.get("X-Amz-Target", b"")
        name = operation.decode() if isinstance(operation, bytes) else str(operation)
        body = choose(name.rpartition(".")[2])
        if body is None:
            return None
        return AWSResponse(request.url, 400, {"Content-Type": "application/x-amz-json-1.0"}, _Raw(body))

    emitter.register_first("before-send", answer)
    aws.client.cache_clear()
    try:
        yield
    finally:
        emitter.unregister("before-send", answer)
        aws.client.cache_clear()


class _Raw:
    """The body of an answer as botocore reads it."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._content = json.dumps(body).encode()

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        content, self._content = self._content, b""
        if content:
            yield content
