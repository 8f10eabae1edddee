"""The process of the AWS emulator: ministack, repaired, and with two habits of ours.

- Lambda functions run in an empty virtual environment, so they find what the deployment package brings
  and nothing else, as on AWS.
- The process ends (and saves its state) when its standard input closes: whoever started it holds the
  other end, so it cannot outlive them, however they end. Its functions end with it in the same way.
"""

import os
import signal
import sys
import tempfile
import threading
import venv
from pathlib import Path

from ministack import app as ministack
from ministack.core import lambda_runtime

from local import repairs


def _python_without_packages() -> str:
    home = Path(tempfile.gettempdir(), "python")
    venv.create(home, symlinks=True)
    return str(home / "bin" / "python")


def _end_with_the_parent() -> None:
    # Not sys.stdin: the interpreter cannot shut down while a thread holds its lock.
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.executable = _python_without_packages()
    repairs.apply()
    threading.Thread(target=_end_with_the_parent, name="end-with-the-parent", daemon=True).start()
    try:
        ministack.main()
    finally:
        lambda_runtime.reset()  # ends the functions' processes
