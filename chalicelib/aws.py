"""AWS clients: made on first use, once per process, and only in functions that need them."""

import functools
import os
from typing import Any

_CONNECT_SECONDS = 2
_READ_SECONDS = 5
# A second try mends a connection that broke. More would add up, with the pauses of `storage`'s own
# tries, to more than a function's time limit: it would end without an answer.
_ATTEMPTS = 2


@functools.cache
def _session() -> Any:
    import botocore.session

    return botocore.session.get_session()


@functools.cache
def client(service: str) -> Any:
    """The client of an AWS service, with short timeouts: our callers wait for us, and can retry."""
    from botocore.config import Config

    return _session().create_client(
        service,
        region_name=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"),
        config=Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            parameter_validation=False,
        ),
    )
