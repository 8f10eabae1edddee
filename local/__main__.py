"""`make run`: start the local cloud, show how to use it, show every mail, until Ctrl-C ends it.

python -m local [PANEL_PORT=8080] [MAIL_PORT=8025] [CLOUD_PORT=4566] [FRESH=1] [SETTING=value …]
"""

import os
import signal
import subprocess
import sys
import threading
import time
from types import FrameType

from botocore.exceptions import BotoCoreError, ClientError

from local.backstage import backstage_of
from local.client import NoMail
from local.demo import DEMO_CUSTOMERS, DemoCustomer, SeedingFailed, seed
from local.mails import Mail
from local.options import Options, UsageError, read
from local.stack import Description, LocalStack
from tools.package import PackageTooLarge
from tools.runtime import UnsupportedPython
from tools.stacks import DeploymentFailed

_WATCH_SECONDS = 0.5
_terminal = threading.Lock()


def main() -> None:
    """Run until told to end; the exit status is 1 when it could not start or the cloud broke."""
    for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signal_number, _interrupt)
    try:
        run(read(sys.argv[1:], os.environ))
    except KeyboardInterrupt:
        say("Stopped. Data and mails are kept; a clean start: make run FRESH=1")
    except (UsageError, UnsupportedPython, PackageTooLarge) as error:
        sys.exit(f"make run: {error}")
    except subprocess.CalledProcessError as error:
        sys.exit(f"make run: packaging failed: {error}")
    except (DeploymentFailed, ClientError, BotoCoreError, SeedingFailed, NoMail) as error:
        sys.exit(f"make run: {error}\nIf older data are the reason, start clean: make run FRESH=1")


def run(options: Options) -> None:
    """Start, seed, show, and wait.

    Raises KeyboardInterrupt when told to end, UsageError when the cloud ended by itself.
    """
    say("Starting the local cloud, packaging and deploying …")
    started = time.monotonic()
    with LocalStack(options, announce=_show_mail) as stack:
        seeded = seed(
            stack.description.panel_url,
            stack.description.mailbox_url,
            backstage_of(stack),
        )
        say(f"Ready after {time.monotonic() - started:.0f} s.\n\n{_how_to_use(stack.description, seeded)}")
        while stack.cloud.running:
            time.sleep(_WATCH_SECONDS)
        raise UsageError(f"The local cloud ended unexpectedly; its log: {stack.cloud.log}")


def say(text: str) -> None:
    """Print at once, not mixed with what other threads print."""
    with _terminal:
        print(text, flush=True)


def _interrupt(_signal_number: int, _frame: FrameType | None) -> None:
    for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signal_number, signal.SIG_IGN)  # let the ending end
    raise KeyboardInterrupt


def _show_mail(mail: Mail) -> None:
    at = mail.sent_at.astimezone().strftime("%H:%M:%S")
    links = [link for link in mail.links if "token=" in link]
    lines = [f"{at}  mail to {', '.join(mail.recipients)}: {mail.subject}", *links]
    say("\n          ".join(_printable(line) for line in lines))


def _printable(line: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in line)


def _how_to_use(description: Description, seeded: list[DemoCustomer]) -> str:
    logins = [f"    {customer.login:<20} {customer.password}" for customer in seeded]
    if left_out := len(DEMO_CUSTOMERS) - len(seeded):
        logins.append(f"    ({left_out} more, whose login or password was changed since)")
    example = next(iter(seeded), DEMO_CUSTOMERS[0])
    return "\n".join(
        [
            f"  Panel          {description.panel_url}/  (the API is below /v1)",
            f"  Mails          {description.mailbox_url}/",
            f"  AWS endpoint   {description.aws_endpoint_url} (region {description.region}, keys: test)",
            "",
            "  Customers to try it with (login, password; for demonstration only):",
            *logins,
            "",
            "  A first request to the API:",
            f"    curl -s {description.panel_url}/v1/sessions -H 'Content-Type: application/json' \\",
            f"""      -d '{{"login": "{example.login}", "password": "{example.password}"}}'""",
            "",
            "  Ctrl-C ends it all. Every mail is shown here as it is sent:",
            "",
        ]
    )


if __name__ == "__main__":
    main()
