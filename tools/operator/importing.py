"""`python -m tools.operator import customers.csv`: bring the customers of a former system along.

Rows go out in batches, a few at once, and their outcomes are taken in the order of the file: when an
import stops, all before the line that it names was done, and all of it may safely be done again.
"""

import argparse
import csv
import random
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TextIO

from tools.operator.client import Operator, Refused, Unreachable
from tools.operator.customers_file import CustomersFile, Row, Unreadable, opened
from tools.operator.twins import Twins, refused

# Half of what the API takes: far from every time limit on the way, also when the database is slow.
BATCH_ROWS = 50
REPORT_COLUMNS = ("line", "code", "problems")

# After each failure that may pass, if the API does not ask for a longer pause: four minutes in all.
_PAUSES_SECONDS = (1, 2, 4, 8, 15, 30, 60, 60, 60)
_MOST_WORKERS = 16
_MAY_PASS = {429, 502, 503, 504}
_BETWEEN_SIGNS_SECONDS = 0.2


class Stopped(Exception):
    """The import cannot go on; the message says why, and from which line it goes on when it can."""


class _Report(Protocol):
    def writerow(self, row: Sequence[object], /) -> object: ...


@dataclass
class Tally:
    """What became of the rows so far."""

    rows: int = 0
    results: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)


def declare(parser: argparse.ArgumentParser) -> None:
    """What the command line may say."""
    parser.add_argument("file", type=Path, help="CSV in UTF-8; the README has the columns")
    parser.add_argument("--dry-run", action="store_true", help="look at every row alike, but write nothing")
    parser.add_argument("--report", type=Path, help="where refused rows are listed; FILE.refused.csv")
    parser.add_argument("--workers", type=_workers, default=4, help="requests at once (%(default)s)")
    parser.add_argument("--from-line", type=int, default=1, help="go on from here; the report goes on, too")


def import_file(operator: Operator, arguments: argparse.Namespace) -> dict[str, Any]:
    """Import a file, and tell how far it is; returns what became of its rows.

    Raises Stopped: the file is unreadable, the API refuses or stays silent, or somebody pressed Ctrl-C.
    """
    path: Path = arguments.file
    report: Path = arguments.report or path.with_suffix(".refused.csv")
    try:
        with (
            opened(path) as customers,
            _opened_report(report, path, resumed=arguments.from_line > 1) as lines,
        ):
            run = _Import(operator, csv.writer(lines), Progress(customers), dry_run=arguments.dry_run)
            tally = run.all(customers.rows(arguments.from_line), arguments.workers)
    except (OSError, Unreadable) as error:
        raise Stopped(str(error)) from None
    return {
        "dry_run": arguments.dry_run,
        "rows": tally.rows,
        **{result: tally.results[result] for result in ("imported", "unchanged", "refused")},
        "refused_because": dict(tally.codes.most_common()),
        "report": str(report),
    }


def _opened_report(report: Path, customers: Path, *, resumed: bool) -> TextIO:
    if report.exists() and report.samefile(customers):
        raise Unreadable("the report would overwrite the customers; name another file by --report")
    lines = report.open("a" if resumed else "w", encoding="utf-8", newline="")
    if not lines.tell():
        csv.writer(lines).writerow(REPORT_COLUMNS)
    return lines


def show(outcome: Mapping[str, Any]) -> str:
    """The outcome in words."""
    would = "Nothing was written; an import would give: " if outcome["dry_run"] else ""
    counts = ", ".join(f"{outcome[each]:,} {each}" for each in ("imported", "unchanged", "refused"))
    reasons = [f"  {number:>9,}  {code}" for code, number in outcome["refused_because"].items()]
    where = [f"The refused rows are listed in {outcome['report']}"] if reasons else []
    return "\n".join([f"{would}{outcome['rows']:,} rows: {counts}", *reasons, *where])


def is_done(outcome: Mapping[str, Any]) -> bool:
    """Whether no row was refused."""
    return not outcome["refused"]


class Progress:
    """A line at a terminal that tells how far it is; elsewhere nothing."""

    def __init__(self, customers: CustomersFile, to: TextIO | None = None) -> None:
        self._customers = customers
        self._to = sys.stderr if to is None else to
        self._began = self._told = time.monotonic()

    def tell(self, tally: Tally) -> None:
        """Tell it anew, unless that was just done."""
        now = time.monotonic()
        if not self._to.isatty() or now - self._told < _BETWEEN_SIGNS_SECONDS:
            return
        self._told = now
        pace = tally.rows / (now - self._began)
        refused = f"{tally.results['refused']:,} refused"
        share = self._customers.share_read
        self._to.write(f"\r{share:4.0%}  {tally.rows:,} rows, {pace:,.0f} a second, {refused} ")
        self._to.flush()

    def end(self) -> None:
        """Leave the line as it is."""
        if self._to.isatty():
            self._to.write("\n")


class _Import:
    """One run over a file."""

    def __init__(self, operator: Operator, report: _Report, progress: Progress, *, dry_run: bool) -> None:
        self._operator = operator
        self._report = report
        self._progress = progress
        self._twins = Twins() if dry_run else None
        self._dry_run = dry_run
        self._stopping = threading.Event()
        self._tally = Tally()

    def all(self, rows: Iterator[Row], workers: int) -> Tally:
        """Import all rows; a few batches are under way at once, and their outcomes wait for their turn."""
        pool = ThreadPoolExecutor(workers)
        under_way: deque[tuple[Sequence[Row], Future[list[Any]]]] = deque()
        try:
            for batch in _batches(rows):
                under_way.append((batch, pool.submit(self._sent, batch)))
                if len(under_way) > 2 * workers:
                    self._take(*under_way[0])
                    under_way.popleft()
            while under_way:
                self._take(*under_way[0])
                under_way.popleft()
        except (Refused, Unreachable, Unreadable, KeyboardInterrupt) as error:
            raise self._stopped(error, under_way) from None
        finally:
            self._stopping.set()
            pool.shutdown(cancel_futures=True)
            self._progress.end()
        return self._tally

    def _sent(self, batch: Sequence[Row]) -> list[Any]:
        """The API's results for the rows of the batch that can be sent."""
        rows = [row.values for row in batch if row.problem is None]
        if not rows:
            return []
        body = {"rows": rows, "dry_run": self._dry_run}
        pauses = iter(_PAUSES_SECONDS)
        while True:
            try:
                return list(self._operator.post("/operator/accounts/import", body)["results"])
            except (Refused, Unreachable) as failure:
                pause = next(pauses, None)
                if pause is None or not _may_pass(failure) or self._stopping.wait(_pause(pause, failure)):
                    raise

    def _take(self, batch: Sequence[Row], sent: Future[list[Any]]) -> None:
        results = iter(sent.result())
        for row in batch:
            result = refused("invalid_row", "row", row.problem) if row.problem else next(results)
            if self._twins and result["result"] == "imported":
                result = self._twins.foretold(row) or result
            self._note(row, result)
        self._progress.tell(self._tally)

    def _note(self, row: Row, result: Mapping[str, Any]) -> None:
        self._tally.rows += 1
        self._tally.results[result["result"]] += 1
        if result["result"] == "refused":
            self._tally.codes[result["code"]] += 1
            problems = "; ".join(f"{each['field']}: {each['code']}" for each in result["errors"])
            self._report.writerow([row.line, result["code"], problems])

    def _stopped(self, error: BaseException, under_way: deque[tuple[Sequence[Row], Any]]) -> Stopped:
        why = "stopped by you" if isinstance(error, KeyboardInterrupt) else str(error)
        next_step = f"go on with --from-line {under_way[0][0][0].line}" if under_way else "begin anew"
        return Stopped(
            f"{why}\n{self._tally.rows:,} rows were done; {next_step}. What was imported is recognised."
        )


def _batches(rows: Iterator[Row]) -> Iterator[Sequence[Row]]:
    while batch := list(islice(rows, BATCH_ROWS)):
        yield batch


def _may_pass(failure: Refused | Unreachable) -> bool:
    return isinstance(failure, Unreachable) or failure.status in _MAY_PASS


def _pause(seconds: float, failure: Refused | Unreachable) -> float:
    asked_for = failure.retry_after or 0 if isinstance(failure, Refused) else 0
    # Not in step with the other workers.
    return max(seconds, asked_for) * random.uniform(1, 1.5)  # noqa: S311 - no secret


def _workers(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_WORKERS:
        raise argparse.ArgumentTypeError(f"from 1 to {_MOST_WORKERS}")
    return int(text)
