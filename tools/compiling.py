"""Compile Python files so that the result stays valid inside a zip, and is the same at every build."""

import os
import subprocess
import sys
from pathlib import Path

# Where Lambda unpacks a function's code: the file names in tracebacks.
_TASK_ROOT = "/var/task"


def compile_tree(root: Path, *, keep_sources: bool) -> None:
    """Compile every Python file under `root` into an unchecked-hash `.pyc`.

    A zip keeps no useful time stamps, so time-stamped files would be compiled anew at every cold start.
    With `keep_sources` false each `.pyc` takes the place of its source. Raises CalledProcessError when
    a file does not compile.
    """
    command = [sys.executable, "-I", "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(root), "-p", _TASK_ROOT]
    if not keep_sources:
        command.append("-b")
    # One process, in sorted order: what is already interned decides a few bits of a .pyc.
    subprocess.run([*command, str(root)], check=True, env={**os.environ, "PYTHONHASHSEED": "0"})
    if not keep_sources:
        for source in root.rglob("*.py"):
            source.unlink()
