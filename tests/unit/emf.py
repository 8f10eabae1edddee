"""What CloudWatch reads out of a function's log, by the rules of the embedded metric format (EMF)."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

_MOST_DIMENSIONS = 30
_MOST_METRICS = 100
_UNITS = {"Count", "Seconds", "Milliseconds", "Bytes", "Percent", "None"}

Counted = tuple[str, ...]


class NotEmf(AssertionError):
    """A line that CloudWatch would take for a metric, and could not read."""


def counted(log: str) -> Counter[Counted]:
    """How often what was counted: the metric's name, then `dimension=value` of each dimension."""
    found: Counter[Counted] = Counter()
    for line in log.splitlines():
        if '"_aws"' in line:
            for name, dimensions, value in read(line):
                found[name, *(f"{key}={each}" for key, each in dimensions.items())] += int(value)
    return found


def read(line: str) -> Iterator[tuple[str, dict[str, str], float]]:
    """The metrics of one line: name, dimensions, value. Raises NotEmf."""
    document = json.loads(line)
    metadata = document["_aws"]
    _require(type(metadata["Timestamp"]) is int, "Timestamp is whole milliseconds since 1970")
    _require(bool(metadata["CloudWatchMetrics"]), "there is a directive")
    for directive in metadata["CloudWatchMetrics"]:
        _require(1 <= len(directive["Namespace"]) <= 1024, "Namespace has 1 to 1024 characters")
        _require(1 <= len(directive["Metrics"]) <= _MOST_METRICS, "1 to 100 metrics")
        _require(len(directive["Dimensions"]) >= 1, "there is a set of dimensions, be it empty")
        for names in directive["Dimensions"]:
            dimensions = _dimensions(document, names)
            for metric in directive["Metrics"]:
                yield metric["Name"], dimensions, _value(document, metric)


def _dimensions(document: dict[str, Any], names: list[str]) -> dict[str, str]:
    _require(len(names) <= _MOST_DIMENSIONS, "at most 30 dimensions")
    dimensions = {name: document[name] for name in names}
    for name, value in dimensions.items():
        _require(1 <= len(name) <= 250 and name != "_aws", f"{name} is a name")
        _require(isinstance(value, str) and 1 <= len(value) <= 1024, f"{name} is a string of 1 to 1024")
    return dimensions


def _value(document: dict[str, Any], metric: dict[str, Any]) -> float:
    _require(1 <= len(metric["Name"]) <= 1024, "a metric's name has 1 to 1024 characters")
    _require(metric.get("Unit", "None") in _UNITS, f"{metric.get('Unit')} is a unit")
    value = document[metric["Name"]]
    _require(isinstance(value, int | float) and not isinstance(value, bool), "a metric's value is a number")
    return float(value)


def _require(holds: bool, rule: str) -> None:
    if not holds:
        raise NotEmf(rule)
