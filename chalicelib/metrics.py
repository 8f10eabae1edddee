"""Counting what happened, for dashboard and alarms: CloudWatch's embedded metric format, one log line each.

A line costs no call: CloudWatch reads the metrics out of the function's log.
"""

import json
import os
import sys

from chalicelib import clock


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
