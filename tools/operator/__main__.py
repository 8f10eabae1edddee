"""`python -m tools.operator COMMAND …`: what the operator's staff do, from a terminal or a script.

The exit status is 0 when it was done, 1 when it was refused (standard error says why), 2 when the command
line makes no sense.
"""

import argparse
import json
import sys
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError

from tools.operator.client import Refused, Unreachable
from tools.operator.commands import COMMANDS
from tools.operator.deployments import NotConfigured, operator_of
from tools.operator.importing import Stopped

_REFUSED, _USAGE = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit status."""
    asked = _parser().parse_args(arguments)
    try:
        operator = operator_of(asked.url, asked.profile)
        answer = asked.command.ask(operator, asked)
    except (NotConfigured, BotoCoreError) as error:
        return _complain(str(error), _USAGE)
    except (Refused, Unreachable, Stopped) as error:
        return _complain(_explained(error), _REFUSED)
    print(json.dumps(answer, indent=2) if asked.json else asked.command.show(answer))
    return 0 if asked.command.is_done(answer) else _REFUSED


def _explained(error: Refused | Unreachable | Stopped) -> str:
    fields = error.fields if isinstance(error, Refused) else {}
    return "\n  ".join([str(error), *(f"{name}: {code}" for name, code in fields.items())])


def _complain(message: str, status: int) -> int:
    print(message, file=sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--url", help="the deployment; KLUCZNIK_URL, or the one of `make run`, unless given")
    common.add_argument("--profile", help="the AWS profile with your credentials")
    common.add_argument("--json", action="store_true", help="the answer as it is, for scripts")
    parser = argparse.ArgumentParser(
        prog="python -m tools.operator", description="What the operator's staff do."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        parser_of_command = commands.add_parser(
            command.name, help=command.help, description=command.help, parents=[common]
        )
        command.declare(parser_of_command)
        parser_of_command.set_defaults(command=command)
    return parser


if __name__ == "__main__":
    sys.exit(main())
