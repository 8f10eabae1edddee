"""The template's alarms: one for everything that needs the operator's eyes.

What each means, and what to do, stands in docs/operations.md under the same name (a test compares them).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.resources import dead_letter_queues, functions

_MINUTE = 60
_HOUR = 60 * _MINUTE
_FIVE_MINUTES = 5 * _MINUTE
_STAGE = "api"
_OWN_METRICS = {"Ref": "AWS::StackName"}

Json = dict[str, Any]


@dataclass(frozen=True)
class _Alarm:
    """A metric, and from which value on (`at_least`) or beyond which (`above`) it alarms."""

    says: str
    namespace: Any
    metric: str
    dimensions: Mapping[str, Any] = field(default_factory=dict)
    statistic: str = "Sum"
    period: int = _FIVE_MINUTES
    periods: int = 1
    threshold: float = 0
    comparison: str = "GreaterThanThreshold"
    # Nothing is counted while nothing happens, and that is well.
    missing: str = "notBreaching"

    def resource(self, name: str) -> Json:
        """The alarm as the template has it."""
        return {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": {"Fn::Sub": f"${{AWS::StackName}}-{name}"},
                "AlarmDescription": f"{self.says} What to do: docs/operations.md, {name}.",
                "AlarmActions": [{"Ref": "Alarms"}],
                "Namespace": self.namespace,
                "MetricName": self.metric,
                "Dimensions": [{"Name": key, "Value": value} for key, value in self.dimensions.items()],
                "Statistic": self.statistic,
                "Period": self.period,
                "EvaluationPeriods": self.periods,
                "Threshold": self.threshold,
                "ComparisonOperator": self.comparison,
                "TreatMissingData": self.missing,
            },
        }


def alarms(template: Mapping[str, Any]) -> dict[str, Json]:
    """The alarm resources for a template: for each function, each dead-letter queue, and the whole."""
    found = {**_of_lanes(), **_of_sending(), **_of_balances(), **_of_the_api(), **_of_reputation()}
    for queue in dead_letter_queues(template):
        found[f"{queue}NotEmpty"] = _dead_letters(queue)
    for function in functions(template):
        found[f"{function}Errors"] = _of_function(function, "Errors", f"{function} broke off or timed out.")
        found[f"{function}Throttles"] = _of_function(
            function, "Throttles", f"Lambda did not run {function} at once: too much runs already."
        )
    return {name: alarm.resource(name) for name, alarm in found.items()}


def _of_lanes() -> dict[str, _Alarm]:
    return {
        "UrgentWaits": _oldest(
            "UrgentQueue", 5 * _MINUTE, "Somebody waits for a mail for over five minutes."
        ),
        "BulkWaits": _oldest("BulkQueue", 6 * _HOUR, "Notices wait for over six hours."),
        "BalancesWait": _oldest("BalancesQueue", _HOUR, "Balances of billing wait for over an hour."),
    }


def _oldest(queue: str, seconds: int, says: str) -> _Alarm:
    return _Alarm(
        says,
        "AWS/SQS",
        "ApproximateAgeOfOldestMessage",
        {"QueueName": {"Fn::GetAtt": [queue, "QueueName"]}},
        statistic="Maximum",
        threshold=seconds,
    )


def _of_sending() -> dict[str, _Alarm]:
    return {
        "MessagesParked": _Alarm(
            "Messages could not be sent for a day and are not tried again.", _OWN_METRICS, "Parked"
        ),
        "SweepSilent": _Alarm(
            "The outbox was not swept for a quarter of an hour.",
            "AWS/Lambda",
            "Invocations",
            {"FunctionName": {"Ref": "SweepOutbox"}},
            periods=3,
            threshold=1,
            comparison="LessThanThreshold",
            missing="breaching",
        ),
    }


def _of_balances() -> dict[str, _Alarm]:
    return {
        "NotifierSilent": _Alarm(
            "Nobody looked for low balances for three quarters of an hour.",
            "AWS/Lambda",
            "Invocations",
            {"FunctionName": {"Ref": "NotifyLowBalances"}},
            period=15 * _MINUTE,
            periods=3,
            threshold=1,
            comparison="LessThanThreshold",
            missing="breaching",
        ),
        "NotifierBehind": _Alarm(
            "For an hour, no run of the notifier got to the end of those who must be told.",
            _OWN_METRICS,
            "LowBalanceShardsLeft",
            statistic="Minimum",
            period=15 * _MINUTE,
            periods=4,
        ),
    }


def _of_the_api() -> dict[str, _Alarm]:
    dimensions = {"ApiName": {"Ref": "AWS::StackName"}, "Stage": _STAGE}
    return {"ApiFails": _Alarm("Callers got a 5xx answer.", "AWS/ApiGateway", "5XXError", dimensions)}


def _of_reputation() -> dict[str, _Alarm]:
    return {
        "BounceRateHigh": _reputation("BounceRate", 0.02, "2 % of our mail bounces."),
        "BounceRateCritical": _reputation(
            "BounceRate", 0.05, "5 % of our mail bounces: SES puts the account under review."
        ),
        "ComplaintRateHigh": _reputation("ComplaintRate", 0.0005, "0.05 % of our mail is called spam."),
        "ComplaintRateCritical": _reputation(
            "ComplaintRate", 0.001, "0.1 % of our mail is called spam: SES puts the account under review."
        ),
    }


def _reputation(metric: str, threshold: float, says: str) -> _Alarm:
    return _Alarm(
        says,
        "AWS/SES",
        f"Reputation.{metric}",
        statistic="Average",
        period=_HOUR,
        threshold=threshold,
        comparison="GreaterThanOrEqualToThreshold",
        # An hour without mail does not mend a reputation.
        missing="ignore",
    )


def _dead_letters(queue: str) -> _Alarm:
    return _Alarm(
        f"What could not be done after many tries waits in {queue}.",
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        {"QueueName": {"Fn::GetAtt": [queue, "QueueName"]}},
        statistic="Maximum",
    )


def _of_function(function: str, metric: str, says: str) -> _Alarm:
    return _Alarm(says, "AWS/Lambda", metric, {"FunctionName": {"Ref": function}})
