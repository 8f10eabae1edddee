"""Counting for dashboard and alarms: lines that CloudWatch understands, and nothing in them but counts."""

import json

import pytest

from chalicelib import metrics
from tests.unit import emf
from tests.unit.conftest import FrozenClock


class Refused(Exception):
    pass


class Refusal(Exception):
    pass


@metrics.counted("Doors", "Outcome", done="opened", refused={Refused: "refused"})
def open_door(*, key: bool = True, broken: bool = False) -> str:
    if broken:
        raise Refusal
    if not key:
        raise Refused
    return "open"


def test_what_is_counted_is_one_line_in_cloudwatchs_format(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.count("Mails", Kind="password_reset", Outcome="sent")
    line = capsys.readouterr().out
    assert line.count("\n") == 1
    assert line.endswith("\n")
    assert list(emf.read(line)) == [("Mails", {"Kind": "password_reset", "Outcome": "sent"}, 1)]


def test_a_count_may_be_of_several_and_without_dimensions(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.count("Requeued", 7)
    assert list(emf.read(capsys.readouterr().out)) == [("Requeued", {}, 7)]


def test_nothing_counts_as_nothing_so_that_the_alarm_sees_that_somebody_looked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    metrics.count("Parked", 0)
    assert list(emf.read(capsys.readouterr().out)) == [("Parked", {}, 0)]


def test_the_stack_names_the_namespace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("METRICS_NAMESPACE", "klucznik-prod")
    metrics.count("Parked")
    [directive] = json.loads(capsys.readouterr().out)["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "klucznik-prod"


def test_the_time_is_the_clocks_in_milliseconds(
    frozen_clock: FrozenClock, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics.count("Parked")
    timestamp = json.loads(capsys.readouterr().out)["_aws"]["Timestamp"]
    assert timestamp == frozen_clock.time.timestamp() * 1000


def test_a_decorated_function_is_counted_when_it_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert open_door() == "open"
    assert emf.counted(capsys.readouterr().out) == {("Doors", "Outcome=opened"): 1}


def test_a_refusal_is_counted_by_its_name_and_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Refused):
        open_door(key=False)
    assert emf.counted(capsys.readouterr().out) == {("Doors", "Outcome=refused"): 1}


def test_a_failure_that_nobody_named_is_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Refusal):
        open_door(broken=True)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "broken",
    [
        {"Dimensions": []},
        {"Namespace": ""},
        {"Metrics": []},
        {"Metrics": [{"Name": "Parked", "Unit": "Letters"}]},
        {"Metrics": [{"Name": "Kind"}]},
        {"Dimensions": [["Parked"]]},
    ],
)
def test_the_judge_of_these_tests_knows_a_broken_line(broken: dict[str, object]) -> None:
    directive = {"Namespace": "klucznik", "Dimensions": [[]], "Metrics": [{"Name": "Parked"}], **broken}
    document = {"_aws": {"Timestamp": 1, "CloudWatchMetrics": [directive]}, "Parked": 1, "Kind": "notice"}
    with pytest.raises(emf.NotEmf):
        list(emf.read(json.dumps(document)))
