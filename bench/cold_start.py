"""The first log-in of a fresh process, beside a bare function that makes the same calls.

Both run from the unpacked deployment package; "plain" is the bare function with its requirements as pip
installs them, of which the package leaves out much. All use the same local cloud, in turns, so that what
disturbs the machine disturbs them alike. Measured inside the process, from before the first import to the
answer: what Lambda calls init and the first invocation.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import sysconfig
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
    """Print the medians in milliseconds, and the ratio of ours to each of the others."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=9, help="log-ins of each kind")
    runs = arguments.parse_args().runs
    with tempfile.TemporaryDirectory() as scratch:
        times = measure(Path(scratch), runs)
    medians = {kind: round(statistics.median(taken), 1) for kind, taken in times.items()}
    ours = medians["klucznik"]
    ratios = {kind: round(ours / median, 3) for kind, median in medians.items() if kind != "klucznik"}
    print(json.dumps({"bench": "cold-start", "runs": runs, "median_ms": medians, "ratio_to": ratios}))


def measure(scratch: Path, runs: int) -> dict[str, list[float]]:
    """The milliseconds of each run, of our function and of the bare ones, taken in turns."""
    package = scratch / "package"
    kinds = {
        "klucznik": ("klucznik.py", package),
        "bare": ("bare.py", package),
        "plain": ("bare.py", Path(sysconfig.get_path("purelib"))),
    }
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    # A customer for each turn: no throttle, and no eleventh session, makes ours take more calls.
    settings = {"REGISTRATIONS_PER_NETWORK_PER_HOUR": str(1 + runs)}
    options = Options(0, 0, 0, directory=scratch / "stack", settings=settings)
    with LocalStack(options) as stack:
        zipfile.ZipFile(build().zip).extractall(package)
        environment = _environment(stack)
        for turn in range(1 + runs):
            login = f"{_LOGIN}-{turn}"
            customer = {"login": login, "email": f"{login}@example.com", "password": _PASSWORD}
            Api(stack.description.panel_url).send("POST", "/v1/accounts", customer)
            for kind, (function, packages) in kinds.items():
                taken = _first_log_in(function, packages, {**environment, "BENCH_LOGIN": login})
                if turn > 0:  # in the first one, what pip installed is compiled
                    times[kind].append(taken)
    return times


def _environment(stack: LocalStack) -> dict[str, str]:
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
        "BENCH_PASSWORD": _PASSWORD,
    }


def _first_log_in(function: str, packages: Path, environment: Mapping[str, str]) -> float:
    # Isolated and without site-packages: only what is in `packages` can be imported, as on Lambda.
    interpreter = getattr(sys, "_base_executable", sys.executable)
    answer = subprocess.run(
        [interpreter, "-I", "-S", str(_FUNCTIONS / function)],
        env={**environment, "BENCH_PACKAGE": str(packages)},
        check=True,
        capture_output=True,
        text=True,
    )
    return float(answer.stdout.splitlines()[-1])  # our function's metrics stand before it


if __name__ == "__main__":
    main()
