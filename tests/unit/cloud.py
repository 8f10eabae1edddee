"""AWS in memory (moto), laid out as the template says, with eyes on the wire and faults to inject."""

import functools
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
AUDIT_LOG = "/klucznik/klucznik-test/audit"
_PSEUDONYM_SECRET = "the-secret-of-pseudonyms-in-the-tests".ljust(64, "x")
_FIRST_SECRET = "the-first-signing-secret-of-the-tests".ljust(64, "x")

_TEMPLATE = json.loads((Path(__file__).parents[2] / ".chalice" / "resources.json").read_text())


def table_variables() -> dict[str, str]:
    """The tables' environment variables, as the template names them, and the tables' names here."""
    variables = _TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    return {name: name.lower() for name in variables if name.endswith("_TABLE")}


def lay_out() -> dict[str, str]:
    """Tables, queues, secret and sender, all empty and new; returns the environment that names them.

    Making them takes longer than most tests do: they are made once, and put back emptied.
    """
    made = _made()
    for table in made.tables.values():
        table.items.clear()
    for queue in made.queues.values():
        queue.last_purged_at = None  # moto, like AWS, empties a queue at most once a minute
    _backend("dynamodb").tables = made.tables
    _backend("sqs").queues = made.queues
    _backend("ses").email_identities = made.identities
    for name in made.queues:
        _backend("sqs").purge_queue(name)
    client("logs").create_log_group(logGroupName=AUDIT_LOG)
    signing = client("secretsmanager").create_secret(Name="signing", SecretString=_FIRST_SECRET)
    pseudonyms = client("secretsmanager").create_secret(Name="pseudonyms", SecretString=_PSEUDONYM_SECRET)
    return made.environment | {
        "SIGNING_SECRET_ARN": signing["ARN"],
        "PSEUDONYM_SECRET_ARN": pseudonyms["ARN"],
    }


@dataclass(frozen=True)
class _Made:
    environment: dict[str, str]
    tables: dict[str, Any]
    queues: dict[str, Any]
    identities: dict[str, Any]


@functools.cache
def _made() -> _Made:
    make_tables()
    sqs = client("sqs")
    environment = {
        "URGENT_QUEUE_URL": sqs.create_queue(QueueName="urgent")["QueueUrl"],
        "BULK_QUEUE_URL": sqs.create_queue(QueueName="bulk")["QueueUrl"],
        "FEEDBACK_QUEUE_URL": sqs.create_queue(QueueName="feedback")["QueueUrl"],
        "NOTICES_QUEUE_URL": sqs.create_queue(QueueName="notices")["QueueUrl"],
        "BALANCES_QUEUE_URL": sqs.create_queue(QueueName="balances")["QueueUrl"],
        "SES_CONFIGURATION_SET": "klucznik",
        "AUDIT_LOG_GROUP": AUDIT_LOG,
    }
    client("ses").verify_domain_identity(Domain=MAIL_DOMAIN)
    return _Made(
        environment, _backend("dynamodb").tables, _backend("sqs").queues, _backend("ses").email_identities
    )


def make_tables() -> None:
    """Make the tables, as the template describes them."""
    variables = _TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    for variable, name in table_variables().items():
        properties = _TEMPLATE["Resources"][variables[variable]["Ref"]]["Properties"]
        client("dynamodb").create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=properties["AttributeDefinitions"],
            KeySchema=properties["KeySchema"],
            **{each: properties[each] for each in ("GlobalSecondaryIndexes",) if each in properties},
        )


def resource(name: str) -> Any:
    """The properties of one of the template's resources."""
    return _TEMPLATE["Resources"][name]["Properties"]


def _backend(service: Any) -> Any:
    return get_backend(service)[ACCOUNT][REGION]


def items(variable: str) -> list[dict[str, Any]]:
    """Everything in a table, as DynamoDB holds it."""
    name = table_variables()[variable]
    pages = client("dynamodb").get_paginator("scan").paginate(TableName=name)
    return [item for page in pages for item in page["Items"]]


def take_queued() -> list[str]:
    """The bodies of the messages in all queues, which are empty then."""
    bodies = []
    for queue in _backend("sqs").queues.values():
        bodies += [message.body for message in queue._messages]
        queue._messages = []
    return bodies


@functools.cache
def client(service: Any) -> Any:
    """A client of the tests' own; what it asks is not noted."""
    return boto3.client(service, REGION)


def audit_lines() -> list[dict[str, Any]]:
    """The lines of the audit log, oldest first."""
    events = client("logs").filter_log_events(logGroupName=AUDIT_LOG)["events"]
    return [json.loads(event["message"]) for event in events]


def sent_mails(after: int = 0) -> list[EmailMessage]:
    """The mails that SES has accepted, oldest first, without the first ones, which somebody saw already."""
    sent = _backend("ses").sent_messages[after:]
    return [message_from_bytes(each.raw_data.encode(), policy=policy.default) for each in sent]


def receipts() -> list[str]:
    """The ids that SES gave for the mails it has accepted, oldest first."""
    return [each.id for each in _backend("ses").sent_messages]


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

    aws._session().register("request-created", note, unique_id="tap")


@contextmanager
def watched(wire: Wire) -> Iterator[None]:
    """Note on `wire` what our clients ask."""
    _wires.append(wire)
    try:
        yield
    finally:
        _wires.remove(wire)


def _call(operation: str, data: Any) -> Call:
    text = _text(data or "")
    return Call(operation, json.loads(text) if text.startswith("{") else {})


def _text(data: str | bytes) -> str:
    return data.decode() if isinstance(data, bytes) else data


Act = Callable[[Call], Mapping[str, Any] | None]
Fault = Callable[[str], Mapping[str, Any] | None]


@contextmanager
def around_calls(act: Callable[[Call, Callable[[], Any]], Any]) -> Iterator[None]:
    """Let `act` answer each request of ours: with what its second argument, AWS, answers, or otherwise.

    An answer is status, headers and body; what `act` raises is what a broken connection looks like.
    Calls that `act` itself makes pass freely.
    """
    busy = False
    pass_on = BotocoreStubber.process_request

    def answered(stubber: BotocoreStubber, request: AWSPreparedRequest) -> Any:
        nonlocal busy
        operation = request.headers.get(_OURS)
        if operation is None or busy:
            return pass_on(stubber, request)

        def passed_on() -> Any:
            nonlocal busy
            busy = False
            return pass_on(stubber, request)

        busy = True
        try:
            return act(_call(_text(operation), request.body), passed_on)
        finally:
            busy = False

    with patch.object(BotocoreStubber, "process_request", answered):
        yield


def before_calls(act: Act) -> AbstractContextManager[None]:
    """Do something before each request of ours reaches AWS.

    If `act` returns the body of an error, that is the answer, and AWS never sees the request.
    """

    def answered(call: Call, pass_on: Callable[[], Any]) -> Any:
        error = act(call)
        return pass_on() if error is None else refusal(error)

    return around_calls(answered)


def refusal(error: Mapping[str, Any]) -> tuple[int, dict[str, str], str]:
    """An error's body as AWS answers it."""
    return 400, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(error)


def faults(choose: Fault) -> AbstractContextManager[None]:
    """Answer our clients' requests with an error body where `choose` gives one for the operation."""
    return before_calls(lambda call: choose(call.operation))
