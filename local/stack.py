"""The whole system on one machine: cloud, deployed application, front door and mailbox."""

import contextlib
import fcntl
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from chalicelib.settings import Settings
from local.cloud import REGION, Cloud, Session
from local.front_door import FrontDoor
from local.mailbox import Mailbox
from local.mails import Mail, Mails
from local.options import Options, UsageError
from local.ports import free_port, require_free
from local.post_office import PostOffice
from local.ses_events import SesEvents
from tools.deploy import deploy, parameters_from
from tools.package import build

STACK_NAME = "klucznik"
_BUCKET = "klucznik-packages"
_KEPT = ("state", "mails", "stack.json", "cloud.log")


@dataclass(frozen=True)
class Description:
    """Where everything is; what `.local/stack.json` holds."""

    panel_url: str
    api_url: str
    mailbox_url: str
    aws_endpoint_url: str
    region: str
    stack_name: str
    functions: Mapping[str, str]
    """Logical name → deployed name."""
    queues: Mapping[str, str]
    """Logical name → URL."""
    tables: Mapping[str, str]
    """Logical name → deployed name."""


class LocalStack:
    """A running local cloud with the application deployed; a context manager that starts and ends it."""

    cloud: Cloud
    mails: Mails
    _events: SesEvents
    description: Description

    def __init__(self, options: Options, announce: Callable[[Mail], None] | None = None) -> None:
        """`announce` is called with every mail as it is sent."""
        self._options = options
        self._announce = announce
        self.post_office_url = ""
        self._exits = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Start everything, deploy, and write stack.json.

        Raises UsageError (PortBusy among them) and what packaging and deploying raise.
        """
        with self._exits as exits:
            self._start(exits)
            self._exits = exits.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything, in the reverse order."""
        self._exits.close()

    @property
    def directory(self) -> Path:
        """Where state, mails and stack.json are."""
        return self._options.directory

    @property
    def session(self) -> Session:
        """Makes clients of the local cloud's services, with all rights."""
        return self.cloud.session

    def _start(self, exits: contextlib.ExitStack) -> None:
        options = self._options
        exits.enter_context(_only_user_of(options.directory))
        require_free("PANEL_PORT", options.panel_port)
        require_free("MAIL_PORT", options.mail_port)
        require_free("CLOUD_PORT", options.cloud_port)
        _sweep(options.directory, everything=options.fresh)
        cloud_port = options.cloud_port or free_port()
        self.mails = Mails(options.directory / "mails", self._sent)
        door = exits.enter_context(FrontDoor(options.panel_port, cloud_port))
        mailbox = exits.enter_context(Mailbox(options.mail_port, self.mails))
        post_office = exits.enter_context(PostOffice(cloud_port, self.mails))
        for server in (door, mailbox, post_office):
            exits.enter_context(server.serving())
        self.post_office_url = post_office.url
        self.cloud = Cloud(cloud_port, options.directory, {"AWS_ENDPOINT_URL_SESV2": post_office.url})
        exits.callback(self.cloud.stop)
        self.cloud.start()
        self._events = SesEvents(self.session)
        exits.callback(self._events.close)
        self._verify_sender(options.settings.get("MAIL_FROM") or Settings.mail_from)
        outputs = self._deploy({"PANEL_URL": door.url, **options.settings})
        api_id, stage = outputs["RestAPIId"], urlsplit(outputs["EndpointURL"]).path.strip("/")
        door.lead_to(api_id, stage)
        self.description = _describe(self.session, door, mailbox, self.cloud)
        _write_description(self.description, options.directory / "stack.json")

    def _sent(self, mail: Mail) -> None:
        if self._announce is not None:
            self._announce(mail)
        self._events.follow(mail)

    def _deploy(self, settings: Mapping[str, str]) -> Mapping[str, str]:
        s3 = self.session.client("s3")
        with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
            s3.create_bucket(Bucket=_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        package = build()
        parameters = parameters_from(settings, package.template)
        return deploy(
            STACK_NAME, _BUCKET, parameters, self.session, package=package, keep_other_parameters=False
        )

    def _verify_sender(self, address: str) -> None:
        """What the operator does on AWS once, by DNS records: prove to SES that the domain is theirs."""
        self.session.client("sesv2").create_email_identity(EmailIdentity=address.rpartition("@")[2])


@contextlib.contextmanager
def _only_user_of(directory: Path) -> Iterator[None]:
    """Keep a second local cloud from using the same state.

    Raises UsageError when there is one.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"A local cloud is already running on {directory}. Stop it first (Ctrl-C there)."
            raise UsageError(message) from error
        yield


def _sweep(directory: Path, *, everything: bool) -> None:
    for name in ("tmp", *(_KEPT if everything else ())):
        path = directory / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _describe(session: Any, door: FrontDoor, mailbox: Mailbox, cloud: Cloud) -> Description:
    sqs = session.client("sqs")
    resources = _resources(session)
    queues = resources.get("AWS::SQS::Queue", {})
    return Description(
        panel_url=door.url,
        api_url=cloud.endpoint_url + door.stage_path,
        mailbox_url=mailbox.url,
        aws_endpoint_url=cloud.endpoint_url,
        region=REGION,
        stack_name=STACK_NAME,
        functions=resources.get("AWS::Lambda::Function", {}),
        # Asked for anew: the cloud may listen on another port than when the queue was made.
        queues={
            logical_name: sqs.get_queue_url(QueueName=url.rpartition("/")[2])["QueueUrl"]
            for logical_name, url in queues.items()
        },
        tables=resources.get("AWS::DynamoDB::Table", {}),
    )


def _resources(session: Any) -> dict[str, dict[str, str]]:
    """The stack's resources: type → logical name → physical name."""
    found: dict[str, dict[str, str]] = {}
    for page in (
        session.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK_NAME)
    ):
        for resource in page["StackResourceSummaries"]:
            names = found.setdefault(resource["ResourceType"], {})
            names[resource["LogicalResourceId"]] = resource["PhysicalResourceId"]
    return found


def _write_description(description: Description, path: Path) -> None:
    path.write_text(json.dumps(asdict(description), indent=2, sort_keys=True) + "\n")
