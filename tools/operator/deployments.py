"""Which deployment is asked, and as whom."""

import json
import os
import re
from pathlib import Path

import botocore.session
from botocore.credentials import Credentials

from tools.operator.client import Operator
from tools.paths import ROOT

_LOCAL = ROOT / ".local" / "stack.json"
_REGION_IN_URL = re.compile(r"\.execute-api\.([a-z0-9-]+)\.amazonaws\.com")


class NotConfigured(Exception):
    """It is not known which deployment is meant, or who asks; the message says how to tell."""


def operator_of(url: str | None, profile: str | None, local: Path = _LOCAL) -> Operator:
    """The client of the deployment at `url` or KLUCZNIK_URL, or else of the one of `make run`.

    Credentials come from AWS's usual places; the local cloud has its own. Raises NotConfigured.
    """
    url = url or os.environ.get("KLUCZNIK_URL")
    if url:
        return _deployed(url.rstrip("/"), botocore.session.Session(profile=profile))
    if not local.exists():
        raise NotConfigured(
            "which deployment? Name it by --url or KLUCZNIK_URL (the output ApiUrl of `make deploy`), "
            "or start a local one by `make run`"
        )
    description = json.loads(local.read_text())
    return as_root_of_local(description["api_url"], description["region"])


def as_root_of_local(api_url: str, region: str) -> Operator:
    """The client of a local cloud, as its root user."""
    return Operator(api_url, region, Credentials("test", "test"))


def _deployed(url: str, session: botocore.session.Session) -> Operator:
    credentials = session.get_credentials()
    if credentials is None:
        raise NotConfigured("who are you? AWS's credentials are in none of their usual places")
    match = _REGION_IN_URL.search(url)
    region = match[1] if match else session.get_config_variable("region")
    if not region:
        raise NotConfigured("which region? It is not in the URL: name it by AWS_DEFAULT_REGION")
    return Operator(url, region, credentials)
