"""Importing customers by the command line into the deployed stack, IAM enforced, as an operator does it."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local.cloud import REGION
from tests.e2e.stack import Deployed
from tools.paths import ROOT

COLUMNS = "login;email;last_notified_email;status;sip_number;balance;as_of;threshold;language;password_hash"
# Of "Zielony-Rower-7".
BCRYPT = "$2y$04$i/qmSu6oF785ly5yMKMydOug6pP6BCRH9S/PRu16HZZVi2qwNIKx."


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("import") / "customers.csv"
    path.write_text(
        "\n".join(
            [
                COLUMNS,
                "Jan.Import;jan.import@example.com;jan.dawny@example.com;active;700123456;12.50;"
                f"2026-01-01T10:00:00Z;5.00;pl;{BCRYPT}",
                "zofia.import;zofia.import@example.com;;blocked;;-3.07;;;;",
                "jan.import;inny.jan@example.com;;;;;;;;",
                "x;;;;;;;;;",
            ]
        )
    )
    return path


def run(deployed: Deployed, path: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """The exit status, and what the command told."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.operator", "import", str(path), "--json", *options],
        cwd=ROOT,
        env=os.environ
        | {
            "KLUCZNIK_URL": deployed.where.api_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    told: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, told


def counts(told: dict[str, Any]) -> tuple[int, int, int]:
    return told["imported"], told["unchanged"], told["refused"]


def test_customers_of_a_former_system_come_along(deployed: Deployed, path: Path) -> None:
    status, told = run(deployed, path, "--dry-run")
    assert (status, counts(told)) == (1, (2, 0, 2))
    caller = deployed.caller()
    jan = {"login": "jan.import", "password": "Zielony-Rower-7"}
    assert caller.post("/v1/sessions", jan).status == 401

    status, told = run(deployed, path)
    assert (status, counts(told)) == (1, (2, 0, 2))
    with Path(told["report"]).open(newline="") as lines:
        assert list(csv.reader(lines))[1:] == [
            ["4", "login_taken", "login: of_another_row"],
            ["5", "invalid_row", "login: too_short; email: invalid"],
        ]

    # The password of before opens the panel; so does its successor, which the first log-in made.
    for _ in range(2):
        opened = caller.post("/v1/sessions", jan)
        assert opened.status == 201, opened.body
    assert opened.json["account"]["sip_number"] == "700123456"

    # Whoever has no password yet gets one by mail; the address notified last recovers the account.
    for identifier, address in (
        ("zofia.import", "zofia.import@example.com"),
        ("jan.dawny@example.com", "jan.dawny@example.com"),
    ):
        before = deployed.letterbox.newest()
        assert caller.post("/v1/password-resets", {"identifier": identifier}).status == 202
        assert deployed.letterbox.wait_for(address, after=before).token("/reset")

    status, told = run(deployed, path)
    assert (status, counts(told)) == (1, (0, 2, 2))
