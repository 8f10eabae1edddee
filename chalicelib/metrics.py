"""Counting what happened, for dashboard and alarms: CloudWatch's embedded metric format, one log line each.

A line costs no call: CloudWatch reads the metrics out of the function's log.
"""

import functools
import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import ParamSpec, TypeVar

from chalicelib import clock

_P = ParamSpec("_P")
_Result = TypeVar("_Result")


def count(name: str, value: int = 1, **dimensions: str) -> None:
    """Count `value` of what `name` says, by its dimensions; never anything personal."""
    line = {
        "_aws": {
            "Timestamp": int(clock.now().timestamp() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": os.environ.get("METRICS_NAMESPACE", "klucznik"),
                    "Dimensions": [list(dimensions)],
                    "Metrics": [{"Name": name, "Unit": "Count"}],
                }
            ],
        },
        name: value,
        **dimensions,
    }
    sys.stdout.write(json.dumps(line) + "\n")


def counted(
    name: str, dimension: str, *, done: str, refused: Mapping[type[Exception], str]
) -> Callable[[Callable[_P, _Result]], Callable[_P, _Result]]:
    """Count every call of a function: as `done`, or as what `refused` calls the exception that it raises.

    Other exceptions are not counted here: a request that makes no sense, or a failure that alarms by itself.
    """

    def decorated(function: Callable[_P, _Result]) -> Callable[_P, _Result]:
        @functools.wraps(function)
        def counting(*args: _P.args, **kwargs: _P.kwargs) -> _Result:
            try:
                result = function(*args, **kwargs)
            except tuple(refused) as refusal:
                count(name, 1, **{dimension: refused[type(refusal)]})
                raise
            count(name, 1, **{dimension: done})
            return result

        return counting

    return decorated
