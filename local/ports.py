"""Ports on the loopback interface: the only place where the local cloud listens."""

import socket

from local.options import HIGHEST_PORT, UsageError

LOOPBACK = "127.0.0.1"


class PortBusy(UsageError):
    """Something else listens on a port that we need."""

    def __init__(self, name: str, port: int) -> None:
        super().__init__(
            f"Port {port} on {LOOPBACK} is already in use (or not allowed). "
            f"Stop what uses it, or choose another: make run {name}={_another(port)}"
        )
        self.port = port


def require_free(name: str, port: int) -> None:
    """Do nothing if we may listen on the port; port 0 is always free.

    Raises PortBusy, naming the option that chooses another port.
    """
    with socket.socket() as probe:
        # As the servers do: connections of an earlier run that are still closing do not count as busy.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise PortBusy(name, port) from error


def free_port() -> int:
    """A port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _another(port: int) -> int:
    return port + 1 if port < HIGHEST_PORT else port - 1
