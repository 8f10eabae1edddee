"""The first log-in of a fresh process, beside a bare function that makes the same calls.

Both run from the unpacked deployment package against the same local cloud, in turns, so that what
disturbs the machine disturbs both alike. Measured inside the process, from before the first import
to the answer: what Lambda calls init and the first invocation.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from local.client import Api
from local.options import Options
from local.stack import LocalStack
from tools.package import build

_FUNCTIONS = Path(__file__).parent / "functions"
_LOGIN, _PASSWORD = "bench", "Zimny-Start-2026"


def main() -> None:
    """Print both medians in milliseconds and their ratio."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=9, help="log-ins of each kind")
    runs = arguments.parse_args().runs
    with tempfile.TemporaryDirectory() as scratch:
        times = measure(Path(scratch), runs)
    medians = {name: round(statistics.median(each), 1) for name, each in times.items()}
    ratio = round(statistics.median(times["klucznik"]) / statistics.median(times["bare"]), 3)
    print(json.dumps({"bench": "cold-start", "runs": runs, "median_ms": medians, "ratio": ratio}))


def measure(scratch: Path, runs: int) -> dict[str, list[float]]:
    """The milliseconds of each run, of our function and of the bare one, taken in turns."""
    package = scratch / "package"
    # So many free attempts that every log-in takes the usual three calls.
    options = Options(0, 0, 0, directory=scratch / "stack", settings={"LOG_IN_FREE_ATTEMPTS": "100"})
    with LocalStack(options) as stack:
        zipfile.ZipFile(build().zip).extractall(package)
        customer = {"login": _LOGIN, "email": "bench@example.com", "password": _PASSWORD}
        Api(stack.description.panel_url).send("POST", "/v1/accounts", customer)
        environment = _environment(stack, package)
        times: dict[str, list[float]] = {"klucznik": [], "bare": []}
        for _ in range(runs):
            for name, taken in times.items():
                taken.append(_first_log_in(_FUNCTIONS / f"{name}.py", environment))
    return times


def _environment(stack: LocalStack, package: Path) -> dict[str, str]:
    functions = stack.session.client("lambda")
    name = stack.description.functions["APIHandler"]
    variables: Mapping[str, str] = functions.get_function_configuration(FunctionName=name)["Environment"][
        "Variables"
    ]
    return {
        **variables,
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": stack.description.aws_endpoint_url,
        "AWS_REGION": stack.description.region,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "BENCH_PACKAGE": str(package),
        "BENCH_LOGIN": _LOGIN,
        "BENCH_PASSWORD": _PASSWORD,
    }


def _first_log_in(function: Path, environment: Mapping[str, str]) -> float:
    # Isolated and without site-packages: only the package is there to be imported, as on Lambda.
    interpreter = getattr(sys, "_base_executable", sys.executable)
    answer = subprocess.run(
        [interpreter, "-I", "-S", str(function)], env=environment, check=True, capture_output=True, text=True
    )
    return float(answer.stdout.splitlines()[-1])  # our function's metrics stand before it


if __name__ == "__main__":
    main()
