"""The emulated cloud: ministack as a child process on loopback, with IAM enforced and its state kept.

Credentials. With AUTH=true ministack checks every call against IAM. It treats the keys `test`, an empty key
and account numbers as the account's root user, whose signature it does not even check; ours, below, is such
a key, and it is used for deploying only. A function gets the temporary credentials of its own role
(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN in its environment, as on AWS), and what that
role's policies do not allow is refused. No credentials of the developer's are read or passed on.
"""

import http
import http.client
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3

from local.options import PROJECT, UsageError
from local.ports import LOOPBACK

REGION = "eu-central-1"
ACCOUNT_ID = "000000000000"

_ROOT_KEY = "test"
_START_SECONDS = 60
_STOP_SECONDS = 20
_POLL_SECONDS = 0.05
# All that the emulator, and so every function, gets of our own environment.
_INHERITED = ("PATH", "LD_LIBRARY_PATH")


class Session:
    """What makes clients of the AWS services in the local cloud, as its root user, like a boto3 session."""

    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        self._session = boto3.Session(_ROOT_KEY, _ROOT_KEY, region_name=REGION)

    def client(self, *arguments: Any, **options: Any) -> Any:
        """A client of one AWS service."""
        return self._session.client(*arguments, **{"endpoint_url": self._endpoint_url, **options})


class Cloud:
    """One emulated AWS account in one region; a context manager that starts and stops it."""

    def __init__(self, port: int, directory: Path, variables: Mapping[str, str]) -> None:
        """`directory` keeps state and log; `variables` are added to the environment of all functions."""
        self.port = port
        self.endpoint_url = f"http://{LOOPBACK}:{port}"
        self.session = Session(self.endpoint_url)
        self.log = directory / "cloud.log"
        self._directory = directory
        self._variables = variables
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the emulator and wait until it answers.

        Raises UsageError when it does not.
        """
        scratch = self._directory / "tmp"
        scratch.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            # A session of its own: Ctrl-C reaches us alone, and we end things in their order.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "local.cloud_process"],
                cwd=PROJECT,
                env=self._environment(scratch),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait_until_it_answers()

    def stop(self) -> None:
        """End the emulator, which saves its state, and with it every function's process."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        self._process = None

    @property
    def process_id(self) -> int | None:
        """The emulator's process, or None while it is stopped."""
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        """Whether the emulator's process is alive."""
        return self._process is not None and self._process.poll() is None

    def _environment(self, scratch: Path) -> dict[str, str]:
        state = self._directory / "state"
        return {
            **{name: os.environ[name] for name in _INHERITED if name in os.environ},
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": LOOPBACK,
            "AUTH": "true",
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
            "PERSIST_STATE": "1",
            "STATE_DIR": str(state),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(state / "s3"),
            # Functions are unpacked here; what a hard end leaves behind is swept at the next start.
            "TMPDIR": str(scratch),
            # Listeners that we do not use, on ports of their own.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # No Docker, even where there is one: functions run as plain processes everywhere alike.
            "DOCKER_HOST": f"unix://{scratch}/no-docker.sock",
            "LAMBDA_EXECUTOR": "local",
            # As Lambda has it, so that no function comes to depend on this machine's settings.
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "HOME": str(scratch),
            "PYTHONNOUSERSITE": "1",
            **self._variables,
        }

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self.running:
            if self._answers():
                return
            time.sleep(_POLL_SECONDS)
        self.stop()
        raise UsageError(f"The local cloud did not start; its log: {self.log}\n{self._last_lines()}")

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=2)
        try:
            connection.request("GET", "/_ministack/health")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _last_lines(self, count: int = 15) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])
