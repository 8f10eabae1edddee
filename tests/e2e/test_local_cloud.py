"""The local cloud itself: its process, ports, front door and mailbox, and where it must be like AWS."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from pathlib import Path

import pytest

from local.backstage import backstage_of
from local.client import Api, Letterbox
from local.demo import DEMO_CUSTOMERS, seed
from local.options import PROJECT, Options, UsageError, read
from local.ports import LOOPBACK
from local.stack import LocalStack
from tests.e2e.stack import Deployed

_START_SECONDS = 60
_END_SECONDS = 30


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as other_program:
        other_program.bind((LOOPBACK, 0))
        other_program.listen()
        yield other_program.getsockname()[1]


@pytest.mark.parametrize("option", ["PANEL_PORT", "MAIL_PORT", "CLOUD_PORT"])
def test_a_busy_port_is_named_with_the_way_to_choose_another(
    option: str, busy_port: int, tmp_path: Path
) -> None:
    ports = {"PANEL_PORT": "0", "MAIL_PORT": "0", "CLOUD_PORT": "0", option: str(busy_port)}
    options = read([f"{name}={port}" for name, port in ports.items()] + [f"LOCAL_DIR={tmp_path}"], {})
    with pytest.raises(UsageError, match=rf"{busy_port} .* make run {option}="), LocalStack(options):
        pass


def test_a_busy_port_ends_the_command_without_a_traceback(busy_port: int, tmp_path: Path) -> None:
    ended = _run_command(f"PANEL_PORT={busy_port}", f"LOCAL_DIR={tmp_path}").communicate(
        timeout=_START_SECONDS
    )
    assert str(busy_port) in ended[0]
    assert "Traceback" not in ended[0]


def test_a_busy_port_leaves_what_is_kept_untouched(busy_port: int, tmp_path: Path) -> None:
    kept = tmp_path / "state" / "kept.json"
    kept.parent.mkdir()
    kept.touch()
    options = Options(panel_port=0, mail_port=busy_port, cloud_port=0, fresh=True, directory=tmp_path)
    with pytest.raises(UsageError), LocalStack(options):
        pass
    assert kept.exists()


def test_two_local_clouds_never_share_their_state(deployed: Deployed) -> None:
    directory = deployed.local.cloud.log.parent
    options = Options(panel_port=0, mail_port=0, cloud_port=0, fresh=True, directory=directory)
    with pytest.raises(UsageError, match="already running"), LocalStack(options):
        pass


@pytest.mark.parametrize(
    ("argument", "complaint"),
    [
        ("PANEL_PRT=80", "no setting PANEL_PRT.*PANEL_PORT"),
        ("PANEL_PORT=99999", "PANEL_PORT must be a port"),
        ("FRESH=yes", "FRESH must be 1"),
        ("UNKNOWN_USER=ignore", "UNKNOWN_USER must be one of reveal, hide"),
        ("hide", "not of the form NAME=value"),
    ],
)
def test_a_setting_that_cannot_be_used_is_explained(argument: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        read([argument], {})


def test_what_is_typed_wins_over_the_environment() -> None:
    environment = {"PANEL_PORT": "8081", "UNKNOWN_USER": "hide", "HOME": "/home/jan"}
    options = read(["PANEL_PORT=8082"], environment)
    assert (options.panel_port, options.settings) == (8082, {"UNKNOWN_USER": "hide"})


def test_the_demonstration_customers_are_made_once(deployed: Deployed) -> None:
    def made() -> tuple[int, int]:
        deployed.wait_until(lambda: not deployed.items("OutboxTable"))
        # Jan's balance is low, of which the schedule may tell him at any moment.
        letters = [each for each in deployed.letterbox.letters() if each.tags.get("kind") != "low_balance"]
        return len(letters), len(deployed.items("AccountsTable"))

    panel, mailbox = deployed.where.panel_url, deployed.where.mailbox_url
    backstage = backstage_of(deployed.local)
    assert seed(panel, mailbox, backstage) == list(DEMO_CUSTOMERS)
    deployed.wait_until(lambda: len(deployed.items("BalancesTable")) >= len(DEMO_CUSTOMERS))
    after_the_first_time = made()
    assert seed(panel, mailbox, backstage) == list(DEMO_CUSTOMERS)
    assert made() == after_the_first_time
    assert len(deployed.items("SipAccountsTable")) >= sum(each.verified for each in DEMO_CUSTOMERS)


def test_data_mail_and_delivery_survive_even_a_hard_end_and_a_change_of_settings(tmp_path: Path) -> None:
    first = _run_command("PANEL_PORT=0", "MAIL_PORT=0", "CLOUD_PORT=0", f"LOCAL_DIR={tmp_path}")
    _wait_until_ready(first)
    first.kill()
    first.communicate()
    _wait_until(lambda: not _processes_of(tmp_path), _END_SECONDS)
    settings = ("UNKNOWN_USER=hide", "OPERATOR_NAME=Głośna Żaba")
    second = _run_command("PANEL_PORT=0", "MAIL_PORT=0", "CLOUD_PORT=0", f"LOCAL_DIR={tmp_path}", *settings)
    told = _wait_until_ready(second)
    api, letterbox = Api(_url(told, "Panel")), Letterbox(_url(told, "Mails"))

    confirmations = [each for each in letterbox.letters() if each.tags["kind"] == "confirm_email"]
    assert [each.recipients[0] for each in confirmations].count("dom@example.com") == 2
    jan = {"login": DEMO_CUSTOMERS[1].login, "password": DEMO_CUSTOMERS[1].password}
    assert api.post("/v1/sessions", jan).status == HTTPStatus.CREATED
    assert api.post("/v1/password-resets", {"identifier": "nikt"}).status == HTTPStatus.ACCEPTED
    mark = letterbox.newest()
    assert api.post("/v1/password-resets", {"identifier": "jan"}).status == HTTPStatus.ACCEPTED
    assert "Głośna Żaba" in letterbox.wait_for("dom@example.com", after=mark, kind="password_reset").subject

    second.send_signal(signal.SIGINT)
    second.communicate(timeout=_END_SECONDS)
    assert second.returncode == 0
    _wait_until(lambda: not _processes_of(tmp_path), _END_SECONDS)


def _run_command(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "local", *arguments],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _wait_until_ready(process: "subprocess.Popen[str]") -> str:
    """What the command said until it was ready. It ends in any case, so this does, too."""
    assert process.stdout
    told = ""
    for line in process.stdout:
        told += line
        if "Ctrl-C ends it all" in line:
            return told
    raise AssertionError(told)


def _url(told: str, name: str) -> str:
    found = re.search(rf"{name} +(http://[\d.:]+)", told)
    assert found, told
    return found[1]


def _processes_of(directory: Path) -> Sequence[str]:
    """Processes whose command line or environment names the directory: emulator and functions."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            about = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue  # ended meanwhile, or somebody else's
        if os.fsencode(directory) in about and process.name != str(os.getpid()):
            found.append(process.name)
    return found


def _wait_until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)
