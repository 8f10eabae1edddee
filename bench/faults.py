"""A proxy before the local cloud that lets a share of the calls fail.

Half of them fail before they took effect, half after, as in a network that breaks at the wrong moment.
"""

import random
import threading
from collections import Counter
from http import HTTPStatus

from local.serving import Answer, Handler, Server, pass_on

_BROKEN = Answer(HTTPStatus.SERVICE_UNAVAILABLE, (("Content-Type", "application/json"),), b"{}")


class FaultyProxy(Server):
    """Passes requests on to a port of this machine, but for the share of them that fails."""

    def __init__(self, port: int, share: float, seed: int) -> None:
        super().__init__("PORT", 0, _Passing)
        self.upstream_port = port
        self.faults: Counter[str] = Counter()
        self.calls = 0
        self._share = share
        self._random = random.Random(seed)  # noqa: S311 - to be repeatable, not to be secret
        self._lock = threading.Lock()

    def fault(self) -> str:
        """What becomes of the next call: "" (nothing), "before" or "after" it took effect."""
        with self._lock:
            self.calls += 1
            if self._random.random() >= self._share:
                return ""
            moment = self._random.choice(("before", "after"))
            self.faults[moment] += 1
            return moment


class _Passing(Handler):
    server: FaultyProxy

    def _answer(self) -> None:
        body, moment = self.read_body(), self.server.fault()
        if moment == "before":
            self.send_answer(_BROKEN)
            return
        answer = pass_on(self, body, self.server.upstream_port)
        self.send_answer(_BROKEN if moment == "after" else answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _answer
