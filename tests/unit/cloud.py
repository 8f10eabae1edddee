"""AWS in memory (moto), laid out as the template says, with eyes on the wire and faults to inject."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from moto.backends import get_backend
from moto.core.botocore_stubber import BotocoreStubber

from chalicelib import aws

REGION = "eu-central-1"
ACCOUNT = "123456789012"
MAIL_DOMAIN = "poczta.example"
_FIRST_SECRET = "the-first-signing-secret-of-the-tests-0123456789"  # noqa: S105 - of the tests

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
            **{each: properties[each] for each in ("GlobalSecondaryIndexes",) if each in properties},
        )
    sqs = boto3.client("sqs", REGION)
    boto3.client("ses", REGION).verify_domain_identity(Domain=MAIL_DOMAIN)
    return {
        "URGENT_QUEUE_URL": sqs.create_queue(QueueName="urgent")["QueueUrl"],
        "BULK_QUEUE_URL": sqs.create_queue(QueueName="bulk")["QueueUrl"],
        "FEEDBACK_QUEUE_URL": sqs.create_queue(QueueName="feedback")["QueueUrl"],
        "NOTICES_QUEUE_URL": sqs.create_queue(QueueName="notices")["QueueUrl"],
        "SIGNING_SECRET_ARN": _new_secret(),
        "SES_CONFIGURATION_SET": "klucznik",
    }


def _new_secret() -> str:
    secret = boto3.client("secretsmanager", REGION).create_secret(Name="signing", SecretString=_FIRST_SECRET)
    return str(secret["ARN"])


def empty() -> dict[str, str]:
    """Forget all that a test has left, but keep the tables and queues; returns the changed environment.

    Laying everything out anew takes as long as a test does.
    """
    for table in _backend("dynamodb").tables.values():
        table.items.clear()
    for queue in _backend("sqs").queues:
        _backend("sqs").purge_queue(queue)
    _backend("ses").sent_messages.clear()
    _backend("secretsmanager").reset()
    return {"SIGNING_SECRET_ARN": _new_secret()}


def _backend(service: Any) -> Any:
    return get_backend(service)[ACCOUNT][REGION]


def items(variable: str) -> list[dict[str, Any]]:
    """Everything in a table, as DynamoDB holds it."""
    name = table_variables()[variable]
    found: list[dict[str, Any]] = boto3.client("dynamodb", REGION).scan(TableName=name)["Items"]
    return found


def sent_mails() -> list[EmailMessage]:
    """The mails that SES has accepted, oldest first."""
    sent_messages = _backend("ses").sent_messages
    parsed = [message_from_bytes(sent.raw_data.encode(), policy=policy.default) for sent in sent_messages]
    return parsed  # type: ignore[return-value]  # policy.default makes EmailMessages, the stub says Message


@dataclass(frozen=True)
class Call:
    """A request of ours on its way to AWS; `body` is what it asks, of services that speak JSON."""

    operation: str
    body: Mapping[str, Any]

    @property
    def tables(self) -> list[str]:
        """The tables it names, in order; a transaction names one for each of its writes."""
        if "TransactItems" in self.body:
            return [write["TableName"] for item in self.body["TransactItems"] for write in item.values()]
        if "RequestItems" in self.body:
            return sorted(self.body["RequestItems"])
        return [self.body["TableName"]] if "TableName" in self.body else []

    @property
    def writes(self) -> bool:
        """Whether it changes something in a table."""
        return self.operation in {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}

    def __str__(self) -> str:
        return " ".join([self.operation, *self.tables])


@dataclass
class Wire:
    """What went over the wire to AWS: the operation of each call, and the calls themselves."""

    requests: list[Call] = field(default_factory=list)

    @property
    def calls(self) -> list[str]:
        return [each.operation for each in self.requests]

    def counted(self) -> Counter[str]:
        return Counter(self.calls)

    def clear(self) -> None:
        self.requests.clear()


_OURS = "X-Test-Sender"
_wires: list[Wire] = []


def tap() -> None:
    """Mark and note every request of our clients, retries included; before the clients are made."""

    def note(request: AWSRequest, operation_name: str, **_: object) -> None:
        request.headers[_OURS] = operation_name
        for wire in _wires:
            wire.requests.append(_call(operation_name, request.data))

    aws._session().register("request-created", note, unique_id="tap")  # noqa: SLF001 - below the public seam


@contextmanager
def watched(wire: Wire) -> Iterator[None]:
    """Note on `wire` what our clients ask."""
    _wires.append(wire)
    try:
        yield
    finally:
        _wires.remove(wire)


def _call(operation: str, data: object) -> Call:
    text = data.decode() if isinstance(data, bytes) else data
    return Call(operation, json.loads(text) if isinstance(text, str) and text.startswith("{") else {})


Act = Callable[[Call], Mapping[str, Any] | None]
Fault = Callable[[str], Mapping[str, Any] | None]


@contextmanager
def before_calls(act: Act) -> Iterator[None]:
    """Do something before each request of ours reaches AWS.

    If `act` returns the body of an error, that is the answer, and AWS never sees the request; what
    `act` raises is what a broken connection looks like. Calls that `act` itself makes pass freely.
    """
    busy: list[Call] = []
    pass_on = BotocoreStubber.process_request

    def answered(stubber: BotocoreStubber, request: AWSPreparedRequest) -> Any:
        operation = request.headers.get(_OURS)
        if operation is None or busy:
            return pass_on(stubber, request)
        busy.append(_call(str(operation), request.body))
        try:
            error = act(busy[0])
        finally:
            busy.clear()
        if error is None:
            return pass_on(stubber, request)
        return 400, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(error)

    with patch.object(BotocoreStubber, "process_request", answered):
        yield


def faults(choose: Fault) -> AbstractContextManager[None]:
    """Answer our clients' requests with an error body where `choose` gives one for the operation."""
    return before_calls(lambda call: choose(call.operation))
