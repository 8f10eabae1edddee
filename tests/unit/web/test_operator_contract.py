"""Every operation of the operator's staff succeeds as documented, and refuses as documented.

That the answers are as documented, to the last field, is checked of every answer that `Staff` get.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from chalicelib import storage
from chalicelib.accounts.lifecycle import lock_account
from chalicelib.accounts.models import Account, Status
from chalicelib.accounts.verification import verify_account
from chalicelib.notifications.models import OutboxMessage
from chalicelib.web.import_schemas import MOST_BYTES
from chalicelib.web.operation import Operation
from chalicelib.web.operator_operations import OPERATOR_OPERATIONS
from chalicelib.web.request import MAX_BODY_BYTES
from tests.unit import cloud
from tests.unit.accounts.people import settled
from tests.unit.clients import Answer
from tests.unit.notifications.messages import a_change
from tests.unit.ses_says import ses_suppresses
from tests.unit.staff import Staff

UNKNOWN = "01M80000000000000000000000"
MANY = 10


@dataclass(frozen=True)
class Request:
    """What is sent of an operation: whom or what it concerns, and the body."""

    about: str = ""
    body: dict[str, Any] = field(default_factory=dict)


@pytest.fixture
def ewa(aws_in_memory: None) -> Iterator[Staff]:
    with ses_suppresses():
        yield Staff()


def about_jan(status: Status = Status.ACTIVE, /, **body: Any) -> Callable[[], Request]:
    return lambda: Request(settled(status=status).account_id, body)


def about_a_message() -> Request:
    return Request(a_change(settled()).message_id, {"reason": "SES works again"})


def about_a_number() -> Request:
    return Request(str(verify_account(settled(status=Status.REGISTERED).account_id).sip_number))


REASON: dict[str, Any] = {"reason": "ticket 7"}

# A request of each operation that succeeds.
REQUESTS: dict[str, Callable[[], Request]] = {
    "find_accounts": lambda: Request(body={"login": settled().login}),
    "send_reset": about_jan(),
    "allow_address": about_jan(),
    "verify_account": about_jan(Status.REGISTERED, **REASON),
    "block_account": about_jan(**REASON),
    "unblock_account": about_jan(Status.BLOCKED),
    "lock_account": about_jan(**REASON),
    "unlock_account": lambda: Request(lock_account(settled().account_id).account_id),
    "end_sessions": about_jan(),
    "set_address": about_jan(email="nowy@poczta.example", **REASON),
    "delete_account_for_customer": about_jan(**REASON),
    "import_accounts": lambda: Request(body={"rows": [{"login": "jan", "email": "jan@poczta.example"}]}),
    "list_waiting": lambda: Request(body={"limit": 1}),
    "resend": about_a_message,
    "sip_registration": about_a_number,
}


def after(sent: Request, change: Any) -> Request:
    storage.write(storage.update(Account(sent.about), change))
    return sent


def after_all_numbers(sent: Request) -> Request:
    verify_account(settled("zofia", "zofia@poczta.example", status=Status.REGISTERED).account_id)
    return sent


# How to spoil it, so that it is refused with this code.
SPOILT: dict[tuple[str, str], Callable[[Request], Request]] = {
    **{
        (each.name, "not_found"): lambda sent: replace(sent, about=UNKNOWN)
        for each in OPERATOR_OPERATIONS
        if "not_found" in each.refusals
    },
    ("send_reset", "wrong_status"): lambda sent: after(sent, Account.status.set(Status.LOCKED)),
    ("verify_account", "wrong_status"): lambda sent: after(sent, Account.status.set(Status.LOCKED)),
    ("verify_account", "address_not_confirmed"): lambda sent: after(
        sent, Account.email_confirmed_at.remove()
    ),
    ("verify_account", "no_number_free"): after_all_numbers,
    ("block_account", "wrong_status"): lambda sent: after(sent, Account.status.set(Status.REGISTERED)),
    ("unblock_account", "wrong_status"): lambda sent: after(sent, Account.status.set(Status.LOCKED)),
    ("set_address", "invalid_email"): lambda sent: replace(sent, body=sent.body | {"email": "x"}),
    ("set_address", "too_many_attempts"): lambda sent: sent,
}


def path_of(operation: Operation, request: Request) -> str:
    path = operation.path
    for name in ("{account_id}", "{message_id}", "{number}"):
        path = path.replace(name, request.about)
    return path


def send(staff: Staff, operation: Operation, request: Request, body: Any = None) -> Answer:
    return staff.request("POST", path_of(operation, request), request.body if body is None else body)


def aws_answers(error: str) -> Callable[[str], dict[str, str] | None]:
    """What DynamoDB answers, while the audit log can be written and secrets be had."""

    def answer(operation: str) -> dict[str, str] | None:
        if operation in {"CreateLogStream", "PutLogEvents", "GetSecretValue"}:
            return None
        return {"__type": f"com.amazonaws.dynamodb.v20120810#{error}", "message": operation}

    return answer


def refused(staff: Staff, operation: Operation, request: Request, code: str) -> Answer:
    """Have a request refused with one of the codes that operations have in common."""
    most = MOST_BYTES if operation.name == "import_accounts" else MAX_BODY_BYTES
    match code:
        case "unsupported_media_type":
            in_plain_text = Staff()
            in_plain_text.headers = {"content-type": "text/plain"}
            return send(in_plain_text, operation, request)
        case "malformed_body":
            return send(staff, operation, request, body='{"surprise": 1}')
        case "body_too_large":
            return send(staff, operation, request, body=" " * (most + 1))
        case "forbidden":
            return send(Staff(arn=""), operation, request)
        case "internal_error":
            with cloud.faults(aws_answers("AccessDeniedException")):
                return send(staff, operation, request)
        case "unavailable":
            with cloud.faults(aws_answers("ProvisionedThroughputExceededException")):
                return send(staff, operation, request)
    raise AssertionError(f"how {code} is had is not said here")


@pytest.mark.parametrize("operation", OPERATOR_OPERATIONS, ids=lambda each: each.name)
def test_an_operation_refused_as_all_may_be_succeeds_when_it_is_sent_again(
    operation: Operation, ewa: Staff
) -> None:
    request = REQUESTS[operation.name]()
    for code in sorted(operation.codes.difference(operation.refusals)):
        assert refused(ewa, operation, request, code).code == code
    assert send(ewa, operation, request).status == operation.success[0]


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        pytest.param(each, code, id=f"{each.name}-{code}")
        for each in OPERATOR_OPERATIONS
        for code in each.refusals
    ],
)
def test_an_operation_refuses_as_documented(
    operation: Operation, code: str, ewa: Staff, with_settings: Callable[..., None]
) -> None:
    with_settings(SIP_NUMBER_RANGE="600-600")
    request = SPOILT[operation.name, code](REQUESTS[operation.name]())
    answers = (send(ewa, operation, request) for _ in range(MANY))
    if code == "too_many_attempts":
        assert any(answer.code == code for answer in answers if answer.status == 429)
    else:
        assert next(answers).code == code


def test_requests_are_spoilt_in_the_documented_ways_only() -> None:
    assert SPOILT.keys() == {(each.name, code) for each in OPERATOR_OPERATIONS for code in each.refusals}


@pytest.mark.parametrize(
    "operation", [each for each in OPERATOR_OPERATIONS if each.parameters], ids=lambda each: each.name
)
@pytest.mark.parametrize("about", ["x", "0" * 3000, "ł" * 26, "01M8000000000000000000000%"])
def test_what_can_be_no_id_is_not_found_and_never_an_error_of_ours(
    operation: Operation, about: str, ewa: Staff
) -> None:
    request = REQUESTS[operation.name]()
    [parameter] = operation.parameters
    answer = ewa.request(
        "POST",
        operation.path,
        request.body,
        resource=operation.path,
        path_parameters={parameter["name"]: about},
    )
    assert answer.code == "not_found"
    assert cloud.audit_lines() == []


def test_the_outbox_is_as_it_was_when_a_resend_is_refused(ewa: Staff) -> None:
    message = a_change(settled())
    before = cloud.items("OUTBOX_TABLE")
    assert ewa.post(f"/operator/outbox/{UNKNOWN}/resend").code == "not_found"
    assert cloud.items("OUTBOX_TABLE") == before
    assert storage.get(OutboxMessage, message.message_id) is not None
