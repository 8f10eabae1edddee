"""Notices in a burst, while a share of all that `deliver` asks of AWS fails: nothing may be missing.

Every notice must end in the log once, the outbox must be empty, and each mail beyond one for a notice
must have a failure after SES's acceptance to explain it.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.faults import FaultyProxy
from local.client import Api
from local.options import Options
from local.stack import LocalStack

_CUSTOMERS = 20
_ENTRIES = 10
_PASSWORD = "Zima-na-Kasprowym-4"  # noqa: S105 - of customers who do not exist
_LIMIT_SECONDS = 1500


def main() -> None:
    """Print what became of the notices; exits with 1 when one is missing."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--notices", type=int, default=2000)
    arguments.add_argument("--faults", type=float, default=0.2, help="share of deliver's calls that fail")
    arguments.add_argument("--seed", type=int, default=7)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        result = measure(Path(scratch), given.notices, given.faults, given.seed)
    print(json.dumps({"bench": "delivery", **result}))
    sys.exit(bool(result["missing"] or result["left_in_outbox"]))


def measure(scratch: Path, notices: int, share: float, seed: int) -> dict[str, Any]:
    """Queue the notices, wait until they are delivered, and compare outbox, log and mailbox."""
    options = Options(0, 0, 0, directory=scratch, settings={"SES_PER_SECOND": "1000"})
    with ExitStack() as exits:
        stack = exits.enter_context(LocalStack(options))
        accounts = [_register(stack, number) for number in range(_CUSTOMERS)]
        _wait(stack, _CUSTOMERS)
        before = len(stack.mails.newest_first())
        dynamodb, ses = _let_deliver_fail(stack, exits, share, seed)
        began = time.monotonic()
        _queue(stack, accounts, notices)
        _wait(stack, _CUSTOMERS + notices)
        seconds = time.monotonic() - began
        mails = stack.mails.newest_first()[: len(stack.mails.newest_first()) - before]
        per_notice = Counter(mail.tags["notification_id"] for mail in mails)
        logged = [item for item in _items(stack, "NotificationsTable") if item["kind"]["S"] == "notice"]
        return {
            "notices": notices,
            "logged": len(logged),
            "missing": notices - len(logged),
            "left_in_outbox": len(_items(stack, "OutboxTable")),
            "mails": len(mails),
            "mailed_twice": sum(count - 1 for count in per_notice.values()),
            # SES had taken the mail, and nobody heard of it: the one place where a mail may be doubled.
            "ses_answers_lost": ses.faults["after"],
            "calls": dynamodb.calls + ses.calls,
            "calls_failed": dynamodb.faults.total() + ses.faults.total(),
            "seconds": round(seconds, 1),
        }


def _register(stack: LocalStack, number: int) -> str:
    api = Api(stack.description.panel_url, f"198.18.{number}.1")
    form = {"login": f"bench-{number}", "email": f"bench-{number}@example.com", "password": _PASSWORD}
    account_id: str = api.post("/v1/accounts", form).json["account_id"]
    return account_id


def _let_deliver_fail(stack: LocalStack, exits: ExitStack, share: float, seed: int) -> list[FaultyProxy]:
    functions = stack.session.client("lambda")
    name = stack.description.functions["Deliver"]
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    upstream = {
        "AWS_ENDPOINT_URL_DYNAMODB": stack.description.aws_endpoint_url,
        "AWS_ENDPOINT_URL_SESV2": stack.post_office_url,
    }
    proxies = []
    for variable, url in upstream.items():
        proxy = exits.enter_context(FaultyProxy(urlsplit(url).port or 0, share, seed))
        exits.enter_context(proxy.serving())
        variables[variable] = proxy.url
        proxies.append(proxy)
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
    return proxies


def _queue(stack: LocalStack, accounts: list[str], notices: int) -> None:
    sqs, queue = stack.session.client("sqs"), stack.description.queues["NoticesQueue"]
    for start in range(0, notices, _ENTRIES):
        entries = [
            {"Id": str(number), "MessageBody": json.dumps(_notice(accounts, number))}
            for number in range(start, min(start + _ENTRIES, notices))
        ]
        sqs.send_message_batch(QueueUrl=queue, Entries=entries)


def _notice(accounts: list[str], number: int) -> dict[str, str]:
    return {
        "message_id": f"bench-{number}",
        "account_id": accounts[number % len(accounts)],
        "kind": "notice",
        "subject": f"Notice {number}",
        "text": "The office is closed tomorrow.",
    }


def _wait(stack: LocalStack, entries: int) -> None:
    deadline = time.monotonic() + _LIMIT_SECONDS
    while time.monotonic() < deadline:
        if len(_items(stack, "NotificationsTable")) >= entries and not _items(stack, "OutboxTable"):
            return
        time.sleep(1)


def _items(stack: LocalStack, table: str) -> list[dict[str, Any]]:
    pages = stack.session.client("dynamodb").get_paginator("scan")
    name = stack.description.tables[table]
    return [item for page in pages.paginate(TableName=name) for item in page["Items"]]


if __name__ == "__main__":
    main()
