"""What botocore reads to make a client, without what no function needs of it.

It reads the whole description of a service, most of which is documentation, and a file with the endpoints
of every AWS service: together a seventh of what a first log-in has to do.
"""

import gzip
import json
from pathlib import Path
from typing import Any


def trim(data: Path) -> None:
    """Rewrite what is left of botocore's `data` directory: no documentation, no other services' endpoints."""
    prefixes = {_without_documentation(path) for path in data.glob("*/*/service-2.json.gz")}
    path = data / "endpoints.json"
    endpoints = json.loads(path.read_text())
    for partition in endpoints["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in services if name in prefixes}
    path.write_text(_compact(endpoints))


def _without_documentation(path: Path) -> str:
    """Rewrite a service's description; returns what its endpoints begin with, which names it among them."""
    described = _undocumented(json.loads(gzip.decompress(path.read_bytes())))
    path.write_bytes(gzip.compress(_compact(described).encode(), mtime=0))
    return str(described["metadata"]["endpointPrefix"])


def _undocumented(described: Any) -> Any:
    if isinstance(described, list):
        return [_undocumented(each) for each in described]
    if isinstance(described, dict):
        return {name: _undocumented(each) for name, each in described.items() if not _is_text(name, each)}
    return described


def _is_text(name: str, value: Any) -> bool:
    # A shape's member may bear the same name, but is no text.
    return name == "documentation" and isinstance(value, str)


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
