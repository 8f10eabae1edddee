"""The operator's commands, each of which asks one route and shows its answer."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tools.operator import importing, tables
from tools.operator.client import Operator

Arguments = argparse.Namespace


@dataclass(frozen=True)
class Command:
    """How a command is called, what it asks, and how its answer is shown to people."""

    name: str
    help: str
    declare: Callable[[argparse.ArgumentParser], object]
    ask: Callable[[Operator, Arguments], Any]
    show: Callable[[Any], str]
    is_done: Callable[[Any], bool] = lambda _: True
    """Whether the answer says that all was done."""


def _declare_find(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--login")
    parser.add_argument("--email", help="the current address, or one that notifications went to last")
    parser.add_argument("--sip-number")
    parser.add_argument("--account-id")


def _find(operator: Operator, arguments: Arguments) -> Any:
    wanted = {name: getattr(arguments, name) for name in ("login", "email", "sip_number", "account_id")}
    return operator.post("/operator/accounts/find", _given(wanted))


def _show_found(answer: Mapping[str, Any]) -> str:
    return "\n\n".join(map(_show_dossier, answer["accounts"])) or "Nobody was found."


def _show_dossier(found: Mapping[str, Any]) -> str:
    address = found["address"] or {}
    parts = [tables.facts({**found["account"], "last_notified_at": address.get("last_notified_at")})]
    if found["waiting"]:
        parts.append("Waiting to be sent:\n" + _show_waiting(found["waiting"]))
    if found["log"]:
        parts.append("Sent:\n" + tables.columns(found["log"], "sent_at", "kind", "recipient", "status"))
    return "\n\n".join(parts)


def _show_waiting(messages: list[Mapping[str, Any]]) -> str:
    return tables.columns(
        messages, "message_id", "kind", "account_id", "created_at", "attempts", "last_error", "parked_at"
    )


def _act(name: str, sentence: str, *, reason_required: bool = False) -> Command:
    """A command about one account, whose name is that of its route."""

    def declare(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("account_id", help="as `find` shows it")
        if name == "set-address":
            parser.add_argument("email", help="the new address")
        parser.add_argument("--reason", required=reason_required, help="why; it goes into the audit log")

    def ask(operator: Operator, arguments: Arguments) -> Any:
        path = f"/operator/accounts/{quote(arguments.account_id, safe='')}/{name}"
        return operator.post(
            path, _given({"email": vars(arguments).get("email"), "reason": arguments.reason})
        )

    return Command(name, sentence, declare, ask, _show_outcome)


def _declare_outbox(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", type=int, default=25, help="how many at most, up to 100 (%(default)s)")


def _show_outbox(answer: Mapping[str, Any]) -> str:
    if not answer["messages"]:
        return "Nothing waits."
    return _show_waiting(answer["messages"]) + ("\nThere are more: --limit" if answer["more"] else "")


def _declare_resend(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("message_id", help="as `outbox` shows it")
    parser.add_argument("--reason", help="why; it goes into the audit log")


def _resend(operator: Operator, arguments: Arguments) -> Any:
    path = f"/operator/outbox/{quote(arguments.message_id, safe='')}/resend"
    return operator.post(path, _given({"reason": arguments.reason}))


def _show_outcome(answer: Mapping[str, Any]) -> str:
    return tables.facts(answer) if answer else "Done."


def _given(values: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}


COMMANDS = (
    Command(
        "find", "find customers, with their mail and what waits for them", _declare_find, _find, _show_found
    ),
    _act("send-reset", "mail the customer's address a link to set a new password"),
    _act("allow-address", "write to an address again that bounced or complained"),
    _act("verify", "make an account active and mail its SIP credentials"),
    _act("block", "block an account's services for want of funds"),
    _act("unblock", "give a blocked account its services back"),
    _act("lock", "let nobody into an account any more"),
    _act("unlock", "make a locked account again what it was"),
    _act("end-sessions", "log a customer out everywhere"),
    _act("set-address", "give an account a new address, which its owner confirms", reason_required=True),
    _act("delete", "delete an account", reason_required=True),
    Command(
        "import",
        "bring the customers of a former system along",
        importing.declare,
        importing.import_file,
        importing.show,
        importing.is_done,
    ),
    Command(
        "outbox",
        "list what waits to be sent, since when and why",
        _declare_outbox,
        lambda operator, arguments: operator.post("/operator/outbox", {"limit": arguments.limit}),
        _show_outbox,
    ),
    Command("resend", "try to send a waiting message again now", _declare_resend, _resend, _show_outcome),
    Command(
        "sip",
        "show what the SIP registrar is told of a number",
        lambda parser: parser.add_argument("number"),
        lambda operator, arguments: operator.post(f"/operator/sip/{quote(arguments.number, safe='')}"),
        _show_outcome,
    ),
)
