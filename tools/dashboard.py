"""The template's dashboard: log-ins, resets and mails as the functions count them, queues, functions, API."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tools.resources import dead_letter_queues, functions, working_queues

_PERIOD_SECONDS = 300
_COLUMNS = 24
_HEIGHT = 6
_ALARMS_HEIGHT = 4
# CloudFormation fills these in; the body is one long string.
_REGION = "${AWS::Region}"
_STACK = "${AWS::StackName}"
_AGE = "ApproximateAgeOfOldestMessage"
_WAITING = "ApproximateNumberOfMessagesVisible"

Json = dict[str, Any]


def dashboard(template: Mapping[str, Any], alarms: Sequence[str]) -> Json:
    """The dashboard resource for a template, with the state of the alarms of these logical names on top."""
    body = {"widgets": [_alarm_states(alarms), *_placed(list(_charts(template)))]}
    return {
        "Type": "AWS::CloudWatch::Dashboard",
        "Properties": {
            "DashboardName": {"Ref": "AWS::StackName"},
            "DashboardBody": {"Fn::Sub": json.dumps(body)},
        },
    }


def _charts(template: Mapping[str, Any]) -> Iterator[Json]:
    yield _chart("Log-ins by outcome", _counted("LogIns", "Outcome"))
    yield _chart("Resets asked for and completed", _counted("Resets", "Step"))
    yield _chart("Mails sent, by kind", _counted("Mails", "Kind", "Outcome"))
    yield _chart("Mails failed or skipped, and why", _counted("Mails", "Kind", "Outcome", "Reason"))
    yield _chart("What became of mails", _counted("Feedback", "Status"))
    yield _chart("Notices of other systems", _counted("Notices", "Outcome"))
    yield _chart("Balances of billing", _counted("Balances", "Outcome"))
    yield _chart("Low balances told, or passed over and why", _counted("LowBalances", "Outcome"))
    yield _chart("Handed out again, parked", [[_STACK, "Requeued"], [_STACK, "Parked"]])
    yield _chart("Deleted accounts erased, left", [[_STACK, "Erased"], [_STACK, "ErasuresLeft"]])
    yield _chart("Bounces and complaints, of all mail of the account", _reputation(), statistic="Average")
    waiting, ends = working_queues(template), dead_letter_queues(template)
    yield _chart("Waiting messages", _of_queues(_WAITING, waiting), "Maximum")
    yield _chart("Oldest waiting message, seconds", _of_queues(_AGE, waiting), "Maximum")
    yield _chart("Dead letters", _of_queues(_WAITING, ends), "Maximum")
    yield _chart("Requests and refusals", _of_the_api("Count", "4XXError", "5XXError"))
    yield _chart("Time to answer, milliseconds (95 %)", _of_the_api("Latency"), "p95")
    names = functions(template)
    failures = _of_functions("Errors", names) + _of_functions("Throttles", names)
    yield _chart("Errors and throttles of functions", failures)
    yield _chart("Time functions take, milliseconds (95 %)", _of_functions("Duration", names), "p95")
    yield _chart("Functions at work", _of_functions("ConcurrentExecutions", names), "Maximum")


def _counted(metric: str, *dimensions: str) -> list[Any]:
    """All that functions count under a name, by dimensions: a search, since kinds and reasons come and go."""
    schema = ",".join([f'"{_STACK}"', *dimensions])
    search = f"SEARCH('{{{schema}}} MetricName=\"{metric}\"', 'Sum', {_PERIOD_SECONDS})"
    return [[{"expression": search, "id": "found"}]]


def _reputation() -> list[Any]:
    return [["AWS/SES", f"Reputation.{metric}"] for metric in ("BounceRate", "ComplaintRate")]


def _of_queues(metric: str, queues: Sequence[str]) -> list[Any]:
    return [["AWS/SQS", metric, "QueueName", f"${{{queue}.QueueName}}", {"label": queue}] for queue in queues]


def _of_functions(metric: str, names: Sequence[str]) -> list[Any]:
    return [
        ["AWS/Lambda", metric, "FunctionName", f"${{{name}}}", {"label": f"{name} {metric}"}]
        for name in names
    ]


def _of_the_api(*metrics: str) -> list[Any]:
    return [["AWS/ApiGateway", metric, "ApiName", _STACK, "Stage", "api"] for metric in metrics]


def _chart(title: str, metrics: Sequence[Any], statistic: str = "Sum") -> Json:
    properties = {
        "title": title,
        "region": _REGION,
        "view": "timeSeries",
        "stacked": False,
        "stat": statistic,
        "period": _PERIOD_SECONDS,
        "metrics": metrics,
    }
    return {"type": "metric", "width": _COLUMNS // 2, "height": _HEIGHT, "properties": properties}


def _alarm_states(alarms: Sequence[str]) -> Json:
    properties = {"title": "Alarms", "alarms": [f"${{{name}.Arn}}" for name in alarms]}
    place = {"x": 0, "y": 0, "width": _COLUMNS, "height": _ALARMS_HEIGHT}
    return {"type": "alarm", **place, "properties": properties}


def _placed(charts: Sequence[Json]) -> list[Json]:
    """The charts in two columns, below the alarms."""
    half = _COLUMNS // 2
    return [
        {**chart, "x": position % 2 * half, "y": _ALARMS_HEIGHT + position // 2 * _HEIGHT}
        for position, chart in enumerate(charts)
    ]
