"""An import of 100,000 customers: how fast one process takes them, and what memory the client needs.

The whole path is measured but for AWS itself: the command line, a process of its own, reads, signs and
asks over HTTP; the application answers, as in one function that serves one request at a time; what it asks
of DynamoDB is answered in the same process (see fast_store.py). So the rate is what our own code and the
AWS client make possible on this machine. The client's memory must not grow with the file: its peak is
the kernel's word, at a tenth of the rows and at all of them.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.fast_store import FastStore
from local.serving import Answer, Handler, Server
from tools.paths import ROOT

# As many PHP applications keep passwords.
_HASH = "$2y$10$wV2n5tAvc3sKVYV4p6e5yOYb6uhUO0HGvWz7gAQkmV7fPzVYx6P5K"
_COLUMNS = "login,email,last_notified_email,status,sip_number,balance,threshold,language,password_hash"
_FORMER_EVERY = 10

# In so many rows there is one whose login is taken, and one whose login is none.
_BAD_EVERY = 100

_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "PSEUDONYM_SECRET_ARN": "pseudonyms",
    "AUDIT_LOG_GROUP": "audit",
}

_CLIENT = """
import sys
from tools.operator.__main__ import main
status = main(sys.argv[1:])
print(*(line for line in open("/proc/self/status") if "VmHWM" in line), file=sys.stderr)
sys.exit(status)
"""
_PEAK = re.compile(r"VmHWM:\s+([0-9]+) kB")


def main() -> None:
    """Print rate and memory; exits with 1 when a row is missing."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--workers", type=int, default=4)
    given = arguments.parse_args()
    os.environ.update(_ENVIRONMENT)
    api = Api()
    with tempfile.TemporaryDirectory() as scratch, api.serving():
        result = measure(api, Path(scratch), given.rows, given.workers)
    print(json.dumps({"bench": "importing", **result}))
    sys.exit(result["missing"] != 0)


def measure(api: "Api", scratch: Path, rows: int, workers: int) -> dict[str, Any]:
    """Import a tenth of the rows, then all of them anew; compare what was told with what is stored."""
    few, _ = _import(api, scratch / "few.csv", rows // 10, workers)
    api.store.tables.clear()
    api.store.calls = 0
    whole, seconds = _import(api, scratch / "whole.csv", rows, workers)
    return {
        **{name: whole[name] for name in ("rows", "imported", "unchanged", "refused", "refused_because")},
        "missing": rows - whole["refused"] - api.store.count("accounts_table"),
        "workers": workers,
        "seconds": round(seconds, 1),
        "rows_per_second": round(rows / seconds, 1),
        "aws_calls_per_row": round(api.store.calls / rows, 2),
        "client_peak_mib": {str(each["rows"]): round(each["peak_kib"] / 1024, 1) for each in (few, whole)},
        "client_peak_ratio": round(whole["peak_kib"] / few["peak_kib"], 3),
    }


def _import(api: "Api", path: Path, rows: int, workers: int) -> tuple[dict[str, Any], float]:
    with path.open("w") as lines:
        lines.writelines(f"{line}\n" for line in _lines(rows))
    command = [sys.executable, "-c", _CLIENT, "import", str(path), "--json", f"--workers={workers}"]
    began = time.monotonic()
    done = subprocess.run(
        [*command, f"--url={api.url}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    seconds = time.monotonic() - began
    peak = _PEAK.search(done.stderr)
    if not done.stdout or not peak:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout) | {"peak_kib": int(peak[1])}, seconds


def _lines(rows: int) -> Iterator[str]:
    yield _COLUMNS
    for number in range(rows):
        login = f"Klient.{number:07}"
        match number % _BAD_EVERY:
            case 1:
                login = f"KLIENT.{number - 1:07}"
            case 2:
                login = "x"
        former = f"dawny.{number}@poczta.example" if number % _FORMER_EVERY == 0 else ""
        sip_number, balance = 600_000_000 + number, f"{number % 90}.50"
        yield (
            f"{login},klient.{number}@poczta.example,{former},active,{sip_number},{balance},5.00,pl,{_HASH}"
        )


class Api(Server):
    """The application behind HTTP, as one function that serves one request after the other."""

    def __init__(self) -> None:
        super().__init__("", 0, _Caller)
        self.store = FastStore()
        self.store.take_over()
        self.one_by_one = threading.Lock()

    def answer(self, path: str, body: bytes) -> Answer:
        """What the application answers to a request that IAM has let in."""
        from app import app

        event = {
            "requestContext": {
                "httpMethod": "POST",
                "resourcePath": path,
                "path": path,
                "requestId": "bench",
                "identity": {"sourceIp": "127.0.0.1", "userArn": "arn:aws:iam::000000000000:user/bench"},
            },
            "headers": {"content-type": "application/json"},
            "multiValueQueryStringParameters": None,
            "pathParameters": {},
            "stageVariables": None,
            "body": body.decode(),
            "isBase64Encoded": False,
        }
        with self.one_by_one:
            answer = app(event, None)
        headers = tuple((name, str(value)) for name, value in answer["headers"].items())
        return Answer(answer["statusCode"], headers, answer["body"].encode())


class _Caller(Handler):
    server: Api

    def do_POST(self) -> None:
        self.send_answer(self.server.answer(self.path, self.read_body()))


if __name__ == "__main__":
    main()
