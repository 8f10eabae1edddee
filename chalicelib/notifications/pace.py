"""Not faster than SES takes it: each worker leaves its share of a second between two mails."""

from datetime import datetime, timedelta

from chalicelib import clock
from chalicelib.settings import settings

_LANES = 2
# With too many workers for the rate, SES throttles, which is waited out; waiting for the turn itself
# must not use up the function's time limit.
_LONGEST = timedelta(seconds=10)


class Pace:
    """When this process sent last. All workers together keep below `SES_PER_SECOND`.

    There are at most `DELIVER_CONCURRENCY` workers for each lane, so each may send that fraction of the
    rate. A worker that did not send for a while need not wait.
    """

    def __init__(self) -> None:
        self._next: datetime | None = None

    def wait(self) -> None:
        """Return when the next mail may be sent."""
        now = clock.now()
        share = timedelta(seconds=_LANES * settings().deliver_concurrency / settings().ses_per_second)
        share = min(share, _LONGEST)
        # Never longer than a share, also when the clock was set back.
        turn = min(max(self._next or now, now), now + share)
        if turn > now:
            clock.pause((turn - now).total_seconds())
        self._next = turn + share
