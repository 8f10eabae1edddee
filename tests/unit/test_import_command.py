"""`python -m tools.operator import`: from a file to customers, in batches, through trouble, and again."""

import csv
import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.credentials import Credentials

from tests.unit import cloud
from tests.unit.accounts.people import settled
from tests.unit.clients import Customer
from tests.unit.staff import Staff, trail
from tools.operator import __main__ as command_line
from tools.operator import importing
from tools.operator.client import Operator, Refused, Unreachable
from tools.operator.importing import BATCH_ROWS

pytestmark = pytest.mark.usefixtures("aws_in_memory")

UNAVAILABLE = {"status": 503, "code": "unavailable", "title": "Unavailable", "detail": "Try again."}
FORBIDDEN = {"status": 403, "code": "forbidden", "title": "Forbidden", "detail": "You may not."}

Trouble = Callable[[int], Exception | None]


class Gateway(Operator):
    """Takes requests to the API in this process; `trouble` is what becomes of some, by their number."""

    def __init__(self, trouble: Trouble = lambda _: None) -> None:
        super().__init__("https://api.example", "eu-central-1", Credentials("ewa", "secret"))
        # Set so since the base is frozen.
        vars(self).update(trouble=trouble, one_by_one=threading.Lock(), requests=[])

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        own = vars(self)
        with own["one_by_one"]:
            own["requests"].append(body)
            if failure := own["trouble"](len(own["requests"])):
                raise failure
            answer = Staff().request("POST", path, body)
        if answer.status >= 400:
            raise Refused(answer.json)
        answered: dict[str, Any] = answer.json
        return answered

    @property
    def sizes(self) -> list[int]:
        """How many rows each request had."""
        return [len(body["rows"]) for body in vars(self)["requests"]]


class Import:
    """The command in a directory with a file of customers."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = directory / "customers.csv"
        self.report_path = directory / "customers.refused.csv"
        self.gateway = Gateway()
        monkeypatch.setattr(command_line, "operator_of", lambda *_: self.gateway)
        monkeypatch.setattr(importing, "_PAUSES_SECONDS", (0,) * 9)
        monkeypatch.setattr(importing, "BATCH_ROWS", 10)

    def write(self, *rows: str, header: str = "login,email") -> None:
        self.path.write_text("".join(f"{line}\n" for line in (header, *rows)))

    def customers(self, number: int) -> None:
        """Write a file of so many good rows."""
        self.write(*(f"klient-{each},klient-{each}@poczta.example" for each in range(number)))

    def run(self, *options: str, trouble: Trouble = lambda _: None) -> int:
        self.gateway = Gateway(trouble)
        return command_line.main(["import", str(self.path), *options])

    def report(self) -> list[list[str]]:
        with self.report_path.open(newline="") as lines:
            return list(csv.reader(lines))


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Import:
    return Import(tmp_path, monkeypatch)


def accounts() -> int:
    return len(cloud.items("ACCOUNTS_TABLE"))


def test_a_file_is_imported_in_batches_and_the_outcome_told(
    command: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    command.customers(25)
    assert command.run() == 0
    assert accounts() == 25
    assert sorted(command.gateway.sizes) == [5, 10, 10]
    told = capsys.readouterr()
    assert "25 rows: 25 imported, 0 unchanged, 0 refused\n" in told.out
    assert told.err == ""
    assert command.report() == [["line", "code", "problems"]]


def test_importing_again_is_harmless(command: Import, capsys: pytest.CaptureFixture[str]) -> None:
    command.customers(12)
    assert command.run() == 0
    assert command.run() == 0
    assert accounts() == 12
    assert "12 rows: 0 imported, 12 unchanged, 0 refused" in capsys.readouterr().out


def test_refused_rows_are_listed_with_line_and_reason_and_the_others_are_imported(
    command: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    settled("zofia", "zofia@poczta.example")
    command.write(
        "jan,jan@poczta.example,pl",
        "zofia,inna@poczta.example,pl",
        "j,jan@,de",
        "",
        "adam,adam@poczta.example",
        "ewa,ewa@poczta.example,en",
        header="login,email,language",
    )
    assert command.run() == 1
    assert accounts() == 3
    assert command.report() == [
        ["line", "code", "problems"],
        ["3", "login_taken", ""],
        ["4", "invalid_row", "login: too_short; email: invalid; language: invalid"],
        ["6", "invalid_row", "row: wrong_number_of_fields"],
    ]
    told = capsys.readouterr().out
    assert "5 rows: 2 imported, 0 unchanged, 3 refused" in told
    assert "        2  invalid_row\n" in told
    assert str(command.report_path) in told


def test_scripts_get_the_outcome_as_json(command: Import, capsys: pytest.CaptureFixture[str]) -> None:
    command.write("jan,jan@poczta.example", "x,x@poczta.example")
    assert command.run("--json", "--report", str(command.report_path)) == 1
    told = capsys.readouterr().out
    assert json.loads(told[told.index("{\n") :]) == {
        "dry_run": False,
        "rows": 2,
        "imported": 1,
        "unchanged": 0,
        "refused": 1,
        "refused_because": {"invalid_row": 1},
        "report": str(command.report_path),
    }


def test_a_dry_run_writes_nothing_and_finds_what_an_import_would_refuse(
    command: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    good = [f"klient-{each},klient-{each}@poczta.example,{600000000 + each}" for each in range(15)]
    twins = [
        "Klient-3,inny@poczta.example,",
        "klient-4,klient-4@poczta.example,600000004",
        "ktos,ktos@poczta.example,600000005",
        "x,y,z",
    ]
    command.write(*good, *twins, header="login,email,sip_number")
    assert command.run("--dry-run") == 1
    assert accounts() == 0
    foretold = command.report()
    assert foretold[1:] == [
        ["17", "login_taken", "login: of_another_row"],
        ["19", "number_taken", "sip_number: taken"],
        ["20", "invalid_row", "login: too_short; email: invalid; sip_number: invalid"],
    ]
    assert (
        "Nothing was written; an import would give: 19 rows: 15 imported, 1 unchanged, 3 refused"
        in capsys.readouterr().out
    )
    assert command.run() == 1
    assert command.report() == foretold
    assert accounts() == 15


def test_trouble_that_passes_is_waited_out(command: Import) -> None:
    command.customers(30)
    failures = {1: Refused(UNAVAILABLE), 2: Unreachable("no answer"), 4: Refused(UNAVAILABLE, 0)}
    assert command.run("--workers", "2", trouble=failures.get) == 0
    assert accounts() == 30
    assert len(command.gateway.sizes) == 6


def test_the_api_is_waited_for_as_long_as_it_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    shortest = 7.0
    assert shortest <= importing._pause(1, Refused(UNAVAILABLE, 7)) <= 1.5 * shortest
    assert 8 <= importing._pause(8, Refused(UNAVAILABLE, 7)) <= 12
    assert 1 <= importing._pause(1, Refused(UNAVAILABLE)) <= 1.5
    assert 1 <= importing._pause(1, Unreachable("no answer")) <= 1.5


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (Refused(FORBIDDEN), "Forbidden: You may not."),
        (Refused(UNAVAILABLE), "Unavailable: Try again."),
        (Unreachable("no answer from https://api.example"), "no answer from https://api.example"),
        (KeyboardInterrupt(), "stopped by you"),
    ],
)
def test_trouble_that_does_not_pass_stops_the_import_which_then_goes_on_from_there(
    command: Import, capsys: pytest.CaptureFixture[str], failure: Exception, told: str
) -> None:
    rows = [f"klient-{each},klient-{each}@poczta.example" for each in range(70)]
    rows[5] = "x,x"
    rows[65] = "y,y"
    command.write(*rows)
    assert command.run("--workers", "1", trouble=lambda number: failure if number > 3 else None) == 1
    complaint = capsys.readouterr().err
    assert complaint.startswith(told)
    assert "30 rows were done; go on with --from-line 32." in complaint
    assert accounts() == 29
    assert command.run("--from-line", "32") == 1
    assert command.gateway.sizes == [10] * 4
    assert accounts() == 68
    assert [line for line, *_ in command.report()] == ["line", "7", "67"]


def test_a_file_that_breaks_off_is_told_and_what_came_before_may_be_repeated(
    command: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    command.path.write_bytes(b"login,email\njan,jan@poczta.example\n\xbf\xf3\xb3w,zolw@poczta.example\n")
    assert command.run() == 1
    assert capsys.readouterr().err.startswith("line 3: not UTF-8")
    command.write("jan,jan@poczta.example", "żółw,zolw@poczta.example")
    assert command.run() == 0
    assert accounts() == 2


def test_a_file_that_is_not_there_or_none_of_customers_is_told(
    command: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.run() == 1
    assert "No such file" in capsys.readouterr().err
    command.write("jan,haslo", header="login,haslo")
    assert command.run() == 1
    assert "there is no column 'haslo'" in capsys.readouterr().err
    assert not command.report_path.exists()


def test_the_report_never_overwrites_the_customers(
    command: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    command.customers(1)
    before = command.path.read_text()
    assert command.run("--report", str(command.path)) == 1
    assert "would overwrite the customers" in capsys.readouterr().err
    assert command.path.read_text() == before


@pytest.mark.parametrize("workers", ["0", "17", "many", "-1"])
def test_an_odd_number_of_workers_is_refused(command: Import, workers: str) -> None:
    with pytest.raises(SystemExit) as exit_:
        command.run("--workers", workers)
    assert exit_.value.code == 2


def test_rows_of_the_greatest_size_fit_into_a_request(
    command: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH_ROWS", BATCH_ROWS)
    hash_ = "x" * 3900
    rows = (f"klient-{each},klient-{each}@poczta.example,{hash_}" for each in range(BATCH_ROWS))
    command.write(*rows, header="login,email,password_hash")
    assert command.run() == 1
    assert command.gateway.sizes == [BATCH_ROWS]
    assert {code for _, code, _ in command.report()[1:]} == {"invalid_row"}
    assert {problems for *_, problems in command.report()[1:]} == {"password_hash: unsupported"}


def test_at_a_terminal_a_line_tells_how_far_it_is(
    command: Import, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importing, "_BETWEEN_SIGNS_SECONDS", 0)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    command.customers(25)
    assert command.run() == 0
    line = capsys.readouterr().err
    assert line.startswith("\r")
    assert "25 rows, " in line
    assert line.rpartition("\r")[2].startswith("100%")
    assert line.endswith("\n")


def test_an_import_leaves_a_trail_of_who_was_brought_along_by_whom(command: Import) -> None:
    command.customers(3)
    assert command.run("--dry-run") == 0
    assert command.run() == 0
    lines = [line for line in cloud.audit_lines() if line["what"] == "import"]
    assert {line["outcome"] for line in lines} >= {"done"}
    assert trail()
    assert [len(line["accounts"]) for line in lines if "accounts" in line] == [0, 3]
    assert Customer().log_in("klient-1", "!").code == "invalid_credentials"
