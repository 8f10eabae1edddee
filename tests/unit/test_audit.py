"""The trail: a line before each act of staff and one after it, and no act without the first."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.accounts.models import Account
from chalicelib.audit import Act
from chalicelib.errors import Unavailable
from tests.unit import cloud
from tests.unit.accounts.people import JAN, as_stored, settled
from tests.unit.conftest import FrozenClock
from tests.unit.staff import EWA, Staff, trail

DENIED = {"__type": "AccessDeniedException", "message": "not you"}


@pytest.fixture
def jan(aws_in_memory: None) -> Account:
    return settled()


@pytest.fixture
def ewa(aws_in_memory: None) -> Staff:
    return Staff()


def log_refuses(lines_before: int = 0, error: dict[str, Any] | None = None) -> Callable[[str], Any]:
    """The audit log takes so many lines, and then none."""
    left = lines_before

    def answer(operation: str) -> Any:
        nonlocal left
        if operation != "PutLogEvents":
            return None
        left -= 1
        return None if left >= 0 else (error or DENIED)

    return answer


def test_a_line_says_who_did_what_to_which_account_and_why(jan: Account, ewa: Staff) -> None:
    assert ewa.act("lock", jan, reason="stolen card, ticket 7").status == 200
    asked, done = cloud.audit_lines()
    assert asked == {
        "at": "2026-11-22T10:00:00.000+00:00",
        "outcome": "asked",
        "who": EWA,
        "what": "lock",
        "account_id": jan.account_id,
        "reason": "stolen card, ticket 7",
        "request_id": "00000000-0000-4000-8000-000000000000",
    }
    assert done == asked | {"outcome": "done"}


def test_a_refused_act_is_in_the_trail_with_its_code(jan: Account, ewa: Staff) -> None:
    assert ewa.act("unblock", jan).status == 200
    assert ewa.act("lock", jan).status == 200
    assert ewa.act("unblock", jan).code == "wrong_status"
    assert cloud.audit_lines()[-1]["code"] == "wrong_status"
    assert trail()[-2:] == [("unblock", "asked"), ("unblock", "refused")]


def test_an_act_that_fails_is_in_the_trail_with_the_name_of_the_error(jan: Account, ewa: Staff) -> None:
    with cloud.faults(lambda operation: DENIED if operation == "GetItem" else None):
        assert ewa.act("block", jan).status == 500
    assert trail() == [("block", "asked"), ("block", "failed")]
    assert cloud.audit_lines()[-1]["error"] == "ClientError"


@pytest.mark.parametrize("act", ["lock", "block", "delete", "end-sessions", "send-reset"])
def test_nothing_is_done_that_cannot_be_written_down_before(
    act: str, jan: Account, ewa: Staff, caplog: pytest.LogCaptureFixture
) -> None:
    before = {variable: cloud.items(variable) for variable in cloud.table_variables()}
    with cloud.faults(log_refuses()):
        answer = ewa.act(act, jan, reason="ticket 7")
    assert answer.code == "unavailable"
    assert {variable: cloud.items(variable) for variable in cloud.table_variables()} == before
    assert "the audit log cannot be written" in caplog.text
    assert cloud.audit_lines() == []


@pytest.mark.parametrize(
    "error",
    [
        DENIED,
        {"__type": "ResourceNotFoundException", "message": "no such group"},
        {"__type": "ThrottlingException", "message": "slower"},
    ],
    ids=lambda error: error["__type"],
)
def test_whatever_the_log_answers_staff_are_told_to_try_again(
    error: dict[str, Any], jan: Account, ewa: Staff, sleep_moves_the_clock: None
) -> None:
    with cloud.faults(log_refuses(error=error)):
        assert ewa.act("lock", jan).code == "unavailable"
    assert ewa.act("lock", jan).status == 200
    assert trail() == [("lock", "asked"), ("lock", "done")]


def test_a_line_that_the_log_drops_counts_as_not_written(jan: Account, ewa: Staff) -> None:
    def dropped(call: cloud.Call, pass_on: Callable[[], Any]) -> Any:
        if call.operation != "PutLogEvents":
            return pass_on()
        return 200, {}, json.dumps({"rejectedLogEventsInfo": {"tooNewLogEventStartIndex": 0}})

    with cloud.around_calls(dropped):
        assert ewa.act("lock", jan).code == "unavailable"
    assert as_stored(jan).status == "active"


def test_what_was_done_is_told_although_the_second_line_is_lost(
    jan: Account, ewa: Staff, caplog: pytest.LogCaptureFixture
) -> None:
    with cloud.faults(log_refuses(lines_before=1)):
        assert ewa.act("lock", jan).status == 200
    assert as_stored(jan).status == "locked"
    assert trail() == [("lock", "asked")]
    [lost] = [each for each in caplog.records if "lacks" in each.getMessage()]
    assert lost.levelno == logging.ERROR
    assert "00000000-0000-4000-8000-000000000000 was done" in lost.getMessage()


def test_a_refusal_is_told_although_the_second_line_is_lost(jan: Account, ewa: Staff) -> None:
    ewa.act("lock", jan)
    with cloud.faults(log_refuses(lines_before=1)):
        assert ewa.act("block", jan).code == "wrong_status"


def test_who_was_found_is_shown_only_once_it_is_written_down(jan: Account, ewa: Staff) -> None:
    with cloud.faults(log_refuses(lines_before=1)):
        answer = ewa.post("/operator/accounts/find", login="jan")
    assert answer.code == "unavailable"
    assert jan.account_id not in answer.text
    assert ewa.find(login="jan")
    assert cloud.audit_lines()[-1]["accounts"] == [jan.account_id]


def test_what_was_typed_to_find_somebody_is_not_in_the_trail(jan: Account, ewa: Staff) -> None:
    assert ewa.find(email=JAN)
    assert ewa.find(email="nobody@poczta.example") == []
    assert ewa.find(login="jan", sip_number="600000001")
    lines = cloud.audit_lines()
    assert [line.get("by") for line in lines] == [
        None, ["email"], None, ["email"], None, ["login", "sip_number"]
    ]  # fmt: skip
    everything = json.dumps(lines)
    for typed in (JAN, "nobody", '"jan"', "600000001"):
        assert typed not in everything


def test_an_address_typed_as_a_reason_is_left_out(jan: Account, ewa: Staff) -> None:
    ewa.act("set-address", jan, email="nowy@poczta.example", reason=f"wrote from <{JAN}>, not nowy@o2.pl: ok")
    assert {line["reason"] for line in cloud.audit_lines()} == {"wrote from <[address]>, not [address] ok"}
    assert "@" not in json.dumps(cloud.audit_lines())


@pytest.mark.parametrize("reason", ["", " ", "\n", "line\nline", "bell\x07", "x" * 501, "\u2028", None, 7])
def test_what_is_no_reason_is_refused_before_anything_is_done(
    reason: object, jan: Account, ewa: Staff
) -> None:
    answer = ewa.act("delete", jan, reason=reason)
    assert answer.code == "malformed_body"
    assert answer.json["errors"] == [{"field": "reason", "code": "invalid"}]
    assert cloud.audit_lines() == []
    assert as_stored(jan).status == "active"


def test_an_act_that_needs_a_reason_is_refused_without_one(jan: Account, ewa: Staff) -> None:
    for act, body in (("delete", {}), ("set-address", {"email": "nowy@poczta.example"})):
        answer = ewa.act(act, jan, **body)
        assert answer.json["errors"] == [{"field": "reason", "code": "missing"}]


def test_a_caller_whom_iam_did_not_name_is_refused_and_leaves_no_trail(jan: Account) -> None:
    for stranger in (Staff(arn=""), Staff()):
        stranger.arn = None
        assert stranger.act("lock", jan).code == "forbidden"
        assert stranger.post("/operator/sip/600000001").code == "forbidden"
    assert cloud.audit_lines() == []
    assert as_stored(jan).status == "active"


def test_each_process_writes_to_a_stream_of_its_own_and_to_a_new_one_each_day(
    jan: Account, ewa: Staff, frozen_clock: FrozenClock, wire: cloud.Wire
) -> None:
    ewa.act("end-sessions", jan)
    ewa.act("end-sessions", jan)
    frozen_clock.advance(days=1)
    ewa.act("end-sessions", jan)
    streams = cloud.client("logs").describe_log_streams(logGroupName=cloud.AUDIT_LOG)["logStreams"]
    assert sorted(each["logStreamName"][:11] for each in streams) == ["2026-11-22/", "2026-11-23/"]
    assert wire.counted()["CreateLogStream"] == 2
    assert wire.counted()["PutLogEvents"] == 6


def test_registrars_leave_no_trail_since_they_ask_all_day_long(ewa: Staff) -> None:
    assert ewa.post("/operator/sip/600000001").code == "not_found"
    assert cloud.audit_lines() == []


def test_an_act_is_asked_for_before_it_is_begun_and_not_begun_where_that_cannot_be_written(
    aws_in_memory: None,
) -> None:
    with Act(EWA, "lock", "request-1", "jan"):
        assert trail() == [("lock", "asked")]
    with cloud.faults(log_refuses()), pytest.raises(Unavailable), Act(EWA, "lock", "request-2", "jan"):
        pytest.fail("it was done unaudited")
    assert trail() == [("lock", "asked"), ("lock", "done")]
