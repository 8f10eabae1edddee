"""What end-to-end tests need of the deployed application: callers, mail, and all that it stored."""

import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

from botocore.credentials import Credentials

from local.client import Api, Letterbox
from local.cloud import REGION, Session
from local.stack import Description, LocalStack
from tools.operator.client import Operator

_LOOK_AGAIN_SECONDS = 0.1

PASSWORD = "Rower-nad-Wisla-7"


def _other_networks() -> Iterator[str]:
    """Addresses in as many networks (RFC 2544's, which nobody uses), so that limits count apart."""
    return (f"198.{18 + high}.{low}.7" for high, low in itertools.product(range(2), range(256)))


@dataclass(frozen=True)
class Customer:
    """A registered customer with a confirmed address, and the network that they call from."""

    account_id: str
    login: str
    email: str
    password: str
    api: Api

    def log_in(self) -> str:
        """A new session's token."""
        reply = self.api.post("/v1/sessions", {"login": self.login, "password": self.password})
        assert reply.status == HTTPStatus.CREATED, reply.body
        return str(reply.json["token"])


@dataclass(frozen=True)
class Deployed:
    """The application, deployed and running."""

    local: LocalStack
    _networks: Iterator[str] = field(default_factory=_other_networks, repr=False)

    @property
    def where(self) -> Description:
        """URLs and names."""
        return self.local.description

    @property
    def directory(self) -> Path:
        """What `make run` has as .local."""
        return self.local.directory

    @property
    def letterbox(self) -> Letterbox:
        """The mail that was sent."""
        return Letterbox(self.where.mailbox_url)

    @property
    def session(self) -> Session:
        """Makes clients of the AWS services, with all rights."""
        return self.local.session

    def caller(self, network: str = "") -> Api:
        """The API as called from a network: from one that nobody else calls from, unless given."""
        return Api(self.where.panel_url, network or next(self._networks))

    def customer(
        self, login: str, email: str = "", password: str = PASSWORD, language: str = "pl"
    ) -> Customer:
        """Register a customer and confirm their address, all over HTTP and mail."""
        api, email = self.caller(), email or f"{login}@example.com"
        form = {"login": login, "email": email, "password": password, "language": language}
        registered = api.post("/v1/accounts", form)
        assert registered.status == HTTPStatus.CREATED, registered.body
        account_id = registered.json["account_id"]
        mail = self.letterbox.wait_for(email, account_id=account_id)
        confirmed = api.post("/v1/accounts/confirm", {"token": mail.token("/confirm")})
        assert confirmed.status == HTTPStatus.NO_CONTENT, confirmed.body
        return Customer(account_id, login, email, password, api)

    @property
    def outputs(self) -> dict[str, str]:
        """What the stack tells of itself: ARNs and names."""
        cloudformation = self.session.client("cloudformation")
        [stack] = cloudformation.describe_stacks(StackName=self.where.stack_name)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    def staff(self, name: str, *policies: str) -> Operator:
        """An IAM user with some of the stack's policies; what they ask is signed by their own key."""
        outputs, iam = self.outputs, self.session.client("iam")
        iam.create_user(UserName=name)
        for policy in policies:
            iam.attach_user_policy(UserName=name, PolicyArn=outputs[policy])
        key = iam.create_access_key(UserName=name)["AccessKey"]
        credentials = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
        return Operator(self.where.api_url, REGION, credentials)

    def items(self, table: str) -> list[dict[str, Any]]:
        """All items of a table, given by its logical name."""
        pages = (
            self.session.client("dynamodb").get_paginator("scan").paginate(TableName=self.where.tables[table])
        )
        return [item for page in pages for item in page["Items"]]

    def waiting(self) -> dict[str, list[Any]]:
        """What waits in each queue, visible or not, without taking it: logical name → messages."""
        peeked = Api(self.where.aws_endpoint_url).get("/_ministack/sqs/messages").json["messages"]
        queues = {
            url.rpartition("/")[2]: messages
            for regions in peeked.values()
            for of_region in regions.values()
            for url, messages in of_region.items()
        }
        return {name: queues[url.rpartition("/")[2]] for name, url in self.where.queues.items()}

    def wait_until(self, condition: Callable[[], bool], seconds: float = 20) -> None:
        """Wait for the deployed functions to bring something about."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not come about in time"
            time.sleep(_LOOK_AGAIN_SECONDS)

    def log_lines(self) -> list[str]:
        """Every line that the functions logged."""
        logs = self.session.client("logs")
        groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
        pages = (logs.get_paginator("filter_log_events").paginate(logGroupName=group) for group in groups)
        return [event["message"] for each in pages for page in each for event in page["events"]]

    def everything_stored(self) -> str:
        """All tables, queues and log groups as one text, to look for what must not be there."""
        tables = {table: self.items(table) for table in self.where.tables}
        return json.dumps([tables, self.waiting(), self.log_lines()], default=str)
