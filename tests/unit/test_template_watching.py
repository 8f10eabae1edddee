"""Alarms and dashboard in the template: whatever can go wrong has one, and a page that says what to do."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.unit import packaged
from tests.unit.packaged import Json, properties, resources

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("package")]

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
HOUR = 3600


@pytest.fixture(scope="module")
def template() -> Json:
    return packaged.template()


@pytest.fixture(scope="module")
def alarms(template: Json) -> dict[str, Json]:
    return {name: each["Properties"] for name, each in resources(template, "AWS::CloudWatch::Alarm").items()}


@pytest.fixture(scope="module")
def widgets(template: Json) -> list[Any]:
    body = properties(template, "Dashboard")["DashboardBody"]["Fn::Sub"]
    found: list[Any] = json.loads(body)["widgets"]
    return found


def dimensions(alarm: Json) -> dict[str, Any]:
    return {each["Name"]: each["Value"] for each in alarm["Dimensions"]}


def test_every_alarm_goes_to_the_operator(alarms: dict[str, Json]) -> None:
    assert alarms
    assert {json.dumps(alarm["AlarmActions"]) for alarm in alarms.values()} == {'[{"Ref": "Alarms"}]'}


def test_the_operator_is_told_by_mail_if_there_is_an_address(template: Json) -> None:
    assert template["Parameters"]["AlarmAddress"]["Default"] == ""
    assert template["Conditions"]["TellsOfAlarms"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "AlarmAddress"}, ""]}]
    }
    subscription = template["Resources"]["AlarmsByMail"]
    assert subscription["Condition"] == "TellsOfAlarms"
    assert subscription["Properties"] == {
        "TopicArn": {"Ref": "Alarms"},
        "Protocol": "email",
        "Endpoint": {"Ref": "AlarmAddress"},
    }


def test_the_operations_page_says_of_every_alarm_what_to_do(alarms: dict[str, Json]) -> None:
    page = OPERATIONS.read_text()
    for name, alarm in alarms.items():
        chapter = re.sub(r"^[A-Za-z]+(?=Errors$|Throttles$)", "…", name)
        assert f"`{chapter}`" in page, name
        assert alarm["AlarmDescription"].endswith(f"docs/operations.md, {name}.")


def test_the_operations_page_knows_no_alarm_that_is_not_there(alarms: dict[str, Json]) -> None:
    rows = re.findall(r"^\| `([A-Za-z]+)`", OPERATIONS.read_text(), re.MULTILINE)
    assert set(rows) <= alarms.keys()


@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_every_function_is_watched(template: Json, alarms: dict[str, Json], metric: str) -> None:
    for function in resources(template, "AWS::Serverless::Function"):
        alarm = alarms[f"{function}{metric}"]
        assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", metric)
        assert dimensions(alarm) == {"FunctionName": {"Ref": function}}
        assert (alarm["Statistic"], alarm["ComparisonOperator"], alarm["Threshold"]) == (
            "Sum",
            "GreaterThanThreshold",
            0,
        )


def test_every_queue_where_messages_end_is_watched(template: Json, alarms: dict[str, Json]) -> None:
    ends = {name for name, each in resources(template, "AWS::SQS::Queue").items() if not goes_on(each)}
    assert ends == {
        "UrgentDeadLetters",
        "BulkDeadLetters",
        "FeedbackDeadLetters",
        "NoticesDeadLetters",
        "BalancesDeadLetters",
        "RelayFailures",
    }
    for queue in ends:
        alarm = alarms[f"{queue}NotEmpty"]
        assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
        assert dimensions(alarm) == {"QueueName": {"Fn::GetAtt": [queue, "QueueName"]}}
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)


def goes_on(queue: Json) -> bool:
    return "RedrivePolicy" in queue["Properties"]


@pytest.mark.parametrize(
    ("name", "metric", "beyond"),
    [
        ("UrgentWaits", "ApproximateAgeOfOldestMessage", 5 * 60),
        ("BulkWaits", "ApproximateAgeOfOldestMessage", 6 * HOUR),
        ("BalancesWait", "ApproximateAgeOfOldestMessage", HOUR),
        ("MessagesParked", "Parked", 0),
        ("NotifierBehind", "LowBalanceShardsLeft", 0),
        ("ApiFails", "5XXError", 0),
    ],
)
def test_what_is_too_much_alarms(alarms: dict[str, Json], name: str, metric: str, beyond: float) -> None:
    alarm = alarms[name]
    assert (alarm["MetricName"], alarm["Threshold"]) == (metric, beyond)
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert alarm["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize(
    ("name", "metric", "rate"),
    [
        ("BounceRateHigh", "Reputation.BounceRate", 0.02),
        ("BounceRateCritical", "Reputation.BounceRate", 0.05),
        ("ComplaintRateHigh", "Reputation.ComplaintRate", 0.0005),
        ("ComplaintRateCritical", "Reputation.ComplaintRate", 0.001),
    ],
)
def test_the_reputation_alarms_before_and_when_ses_steps_in(
    alarms: dict[str, Json], name: str, metric: str, rate: float
) -> None:
    alarm = alarms[name]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Threshold"]) == ("AWS/SES", metric, rate)
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert alarm["TreatMissingData"] == "ignore"


def test_a_sweep_that_does_not_happen_alarms(alarms: dict[str, Json]) -> None:
    alarm = alarms["SweepSilent"]
    assert (alarm["MetricName"], alarm["ComparisonOperator"]) == ("Invocations", "LessThanThreshold")
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 15 * 60
    assert alarm["TreatMissingData"] == "breaching"


def test_a_notifier_that_does_not_run_alarms_and_one_that_never_gets_to_the_end(
    alarms: dict[str, Json],
) -> None:
    silent, behind = alarms["NotifierSilent"], alarms["NotifierBehind"]
    assert (silent["MetricName"], silent["ComparisonOperator"]) == ("Invocations", "LessThanThreshold")
    assert silent["Period"] * silent["EvaluationPeriods"] == 45 * 60
    assert silent["TreatMissingData"] == "breaching"
    assert (behind["Statistic"], behind["Period"] * behind["EvaluationPeriods"]) == ("Minimum", HOUR)


def test_alarm_and_functions_mean_the_same_namespace(template: Json, alarms: dict[str, Json]) -> None:
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    assert alarms["MessagesParked"]["Namespace"] == variables["METRICS_NAMESPACE"]


def test_the_api_has_the_stacks_name_so_that_two_stacks_count_apart(
    template: Json, alarms: dict[str, Json]
) -> None:
    api = properties(template, "RestAPI")
    assert api["DefinitionBody"]["info"]["title"] == {"Ref": "AWS::StackName"}
    assert dimensions(alarms["ApiFails"]) == {"ApiName": {"Ref": "AWS::StackName"}, "Stage": api["StageName"]}


def test_the_dashboard_finds_all_that_functions_count(widgets: list[Any]) -> None:
    expressions = re.findall(r"SEARCH\('(.*?)', 'Sum', 300\)", json.dumps(widgets).replace('\\"', '"'))
    assert set(expressions) == {
        '{"${AWS::StackName}",Outcome} MetricName="LogIns"',
        '{"${AWS::StackName}",Step} MetricName="Resets"',
        '{"${AWS::StackName}",Kind,Outcome} MetricName="Mails"',
        '{"${AWS::StackName}",Kind,Outcome,Reason} MetricName="Mails"',
        '{"${AWS::StackName}",Status} MetricName="Feedback"',
        '{"${AWS::StackName}",Outcome} MetricName="Notices"',
        '{"${AWS::StackName}",Outcome} MetricName="Balances"',
        '{"${AWS::StackName}",Outcome} MetricName="LowBalances"',
    }


def test_the_dashboard_names_only_what_the_template_has(template: Json, widgets: list[Any]) -> None:
    names = set(re.findall(r"\$\{([A-Za-z]+)[.}]", json.dumps(widgets)))
    assert names <= template["Resources"].keys()
    assert names >= resources(template, "AWS::SQS::Queue").keys()
    assert names >= resources(template, "AWS::Serverless::Function").keys()
    assert names >= resources(template, "AWS::CloudWatch::Alarm").keys()


def test_no_widget_covers_another(widgets: list[Any]) -> None:
    cells = [
        (x, y)
        for each in widgets
        for x in range(each["x"], each["x"] + each["width"])
        for y in range(each["y"], each["y"] + each["height"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
