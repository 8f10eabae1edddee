"""Pin every package that requirements.in and requirements-dev.in bring in, resolved together.

`python -m tools.lock` keeps the pins there are and adds what is missing; with `--upgrade` it takes
the newest versions that fit together.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from tools.paths import ROOT

_NOTE = "# Made by `make lock` from {source}; change that file instead.\n"
_PINS = (ROOT / "requirements.txt", ROOT / "requirements-dev.txt")
_SHIPPED, _ALL = ("requirements.in",), ("requirements.in", "requirements-dev.in")


def lock(*, upgrade: bool) -> None:
    """Write requirements.txt (what ships) and requirements-dev.txt (everything else).

    Raises CalledProcessError when no set of versions fits together.
    """
    everything = _resolve(_ALL, [] if upgrade else _present_pins())
    shipped = _resolve(_SHIPPED, everything)
    _PINS[0].write_text(_NOTE.format(source=_SHIPPED[0]) + _lines(shipped))
    rest = _lines(pin for pin in everything if pin not in shipped)
    _PINS[1].write_text(_NOTE.format(source=_ALL[1]) + "-r requirements.txt\n" + rest)


def _resolve(sources: Sequence[str], constraints: Iterable[str]) -> list[str]:
    """What pip would install into an empty environment, as `name==version`."""
    with tempfile.TemporaryDirectory() as scratch:
        constraint_file, report = Path(scratch, "constraints.txt"), Path(scratch, "report.json")
        constraint_file.write_text(_lines(constraints))
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        command += [f"--report={report}", f"--constraint={constraint_file}"]
        command += [f"--requirement={ROOT / source}" for source in sources]
        subprocess.run(command, check=True)
        found = [item["metadata"] for item in json.loads(report.read_text())["install"]]
    return sorted((f"{package['name']}=={package['version']}" for package in found), key=str.lower)


def _present_pins() -> list[str]:
    lines = [line for path in _PINS if path.exists() for line in path.read_text().splitlines()]
    return [line for line in lines if "==" in line]


def _lines(pins: Iterable[str]) -> str:
    return "".join(f"{pin}\n" for pin in pins)


if __name__ == "__main__":
    lock(upgrade="--upgrade" in sys.argv[1:])
