"""What telling of low balances costs among ten thousand, a hundred thousand and a million customers.

Of each crowd, 1 % are due; and, apart, a thousand. Billing tells their balances, and those of as many
others that stay as they were; then the notifier runs. Intake and notifier are processes of their own, as
is the store (bench/store.py), which counts calls and capacity units.
"""

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any

from bench import crowd
from tools.paths import ROOT

_SIZES = (10_000, 100_000, 1_000_000)
_FIXED_DUE = 1000
_LIST = 100

# On-demand prices of DynamoDB, in USD for a million units (us-east-1, 2025).
_USD_WRITE, _USD_READ = 0.625, 0.125

Json = dict[str, Any]


def main() -> None:
    """Print a line for each crowd, and how cost grows with it; exits with 1 when it does, beyond 5 %."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sizes", type=int, nargs="+", default=_SIZES)
    arguments.add_argument(
        "--work", choices=_WORK, help="what a worker process does; for the benchmark itself"
    )
    arguments.add_argument("--due", type=int, nargs=2, help="how many of how many; for the benchmark itself")
    given = arguments.parse_args()
    if given.work:
        print(json.dumps(_WORK[given.work](*given.due)))
        return
    flat = True
    for share in ("1 %", "fixed"):
        results = [measure(size, size // 100 if share == "1 %" else _FIXED_DUE) for size in given.sizes]
        grown = growth(results)
        print(json.dumps({"bench": "notifier", "due": share, "customers": given.sizes, **grown}), flush=True)
        flat = flat and grown["usd_per_million_notices_spread"] <= 0.05  # noqa: PLR2004 - what is asked for
        flat = flat and not any(each["reads_of_customers_not_due"] for each in results)
    sys.exit(not flat)


def measure(customers: int, due: int) -> Json:
    """What intake and notifier did and cost among so many customers of whom so many are due."""
    with _served_crowd(customers) as port:
        taken = _worker("take", port, due, customers)
        intake = _counts(port, due_at=crowd.NOON.timestamp())
        told = _worker("tell", port, due, customers)
        cost = _counts(port)
    result = {
        "bench": "notifier",
        "customers": customers,
        "due": due,
        "told": told["told"],
        "calls_per_notice": round(cost["calls"] / due, 4),
        "write_units_per_notice": cost["write_units"] / due,
        "read_units_per_notice": round(cost["read_units"] / due, 4),
        "usd_per_million_notices": round(_usd(cost) / due * 1_000_000, 3),
        "reads_of_customers_not_due": cost.get("read_not_due", 0),
        "notices_per_second": round(due / told["seconds"]),
        "peak_memory_mb": told["peak_memory_mb"],
        "intake_calls_per_balance": round(intake["calls"] / taken["balances"], 4),
        "intake_write_units_per_balance": intake["write_units"] / taken["balances"],
        "intake_read_units_per_balance": intake["read_units"] / taken["balances"],
        "intake_balances_per_second": round(taken["balances"] / taken["seconds"]),
    }
    print(json.dumps(result), flush=True)
    return result


def _usd(cost: Mapping[str, float]) -> float:
    return (cost["write_units"] * _USD_WRITE + cost["read_units"] * _USD_READ) / 1_000_000


def growth(results: Sequence[Json]) -> Json:
    """How each figure grows: the fitted power of the number of customers, and the largest over the least."""
    figures = ("calls_per_notice", "usd_per_million_notices", "peak_memory_mb")
    grown: Json = {}
    for figure in figures:
        values = [each[figure] for each in results]
        grown[f"{figure}_power"] = round(_power([each["customers"] for each in results], values), 4)
        grown[f"{figure}_spread"] = round(max(values) / min(values) - 1, 4)
    return grown


def _power(sizes: Sequence[float], values: Sequence[float]) -> float:
    """The exponent of the power law that fits best (least squares over the logarithms)."""
    xs, ys = [math.log(each) for each in sizes], [math.log(each) for each in values]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - mean_x) ** 2 for x in xs)
    return sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread if spread else 0.0


@contextmanager
def _served_crowd(customers: int) -> Iterator[int]:
    """A store with so many customers, in a process of its own; its port."""
    command = [sys.executable, "-m", "bench.crowd", "--customers", str(customers)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def _counts(port: int, due_at: float | None = None) -> Json:
    """What was asked of the store since it was asked last; `due_at` is from when on it watches reads."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("POST", "/", json.dumps({"due_at": due_at}), {"X-Amz-Target": "Bench.Counts"})
    counts: Json = json.load(connection.getresponse())
    connection.close()
    return counts


def _worker(work: str, port: int, due: int, customers: int) -> Json:
    """Let a process of its own do the work; what it tells of it."""
    environment = os.environ | crowd.TABLES
    environment |= {
        "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{port}",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
    }
    command = [sys.executable, "-m", "bench.notifier", "--work", work, "--due", str(due), str(customers)]
    finished = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True, text=True
    )
    result: Json = json.loads(finished.stdout.splitlines()[-1])  # before it, what was counted
    return result


def take(due: int, customers: int) -> Json:
    """Be the intake: balances that are low, and as many that are not, in lists of a hundred."""
    from chalicelib import clock
    from chalicelib.balances.intake import take_balances

    clock.source = lambda: crowd.NOON
    step = customers // due
    updates = [
        {"account_id": crowd.account_id(number * step + late), "balance": balance, "as_of": _AS_OF}
        for number in range(due)
        for late, balance in ((0, "3.20"), (step // 2, "19.50"))
    ]
    began = time.perf_counter()
    for start in range(0, len(updates), _LIST):
        take_balances(updates[start : start + _LIST])
    return {"balances": len(updates), "seconds": time.perf_counter() - began}


_AS_OF = crowd.NOON.isoformat()


def tell(due: int, customers: int) -> Json:
    """Be the notifier: one run; the peak memory is the whole process's, imports and client included."""
    from chalicelib import clock
    from chalicelib.balances.notifier import notify

    clock.source = lambda: crowd.NOON
    began = time.perf_counter()
    run = notify(lambda: True)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if run.told != due:
        raise SystemExit(f"{run} of {customers} customers, where {due} are due")
    return {"told": run.told, "seconds": seconds, "peak_memory_mb": round(peak, 1)}


_WORK = {"take": take, "tell": tell}

if __name__ == "__main__":
    main()
