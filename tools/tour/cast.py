"""The customers of the tour: one in each state that an account can be in and a page can show."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from ulid import ULID

from local.backstage import backstage_of, run_notifier
from local.client import Api, Letterbox, Reply
from local.demo import bills
from local.stack import LocalStack

# Of those who only make ready (RFC 6598's addresses are in nobody's network).
_NETWORK = "100.127.0.7"

_PASSWORD = "Spacer-po-Gdyni-4"  # noqa: S105 - of people who do not exist

# Messages of the last weeks, newest first: what they were about, and what became of them. With those that
# are sent on the way, they are more than fit on a page of the log.
_PAST = (
    *[("topped_up", "delivered"), ("low_balance", "delivered"), ("notice", "delivered")] * 5,
    ("topped_up", "soft_bounced"),
    ("low_balance", "complained"),
    ("notice", "bounced"),
    ("password_changed", "delayed"),
    ("login_changed", "sent"),
    ("notice", "rejected"),
)
_KEPT = timedelta(days=365)

_PATIENCE_SECONDS = 30
_LOOK_AGAIN_SECONDS = 0.1


class NotReady(Exception):
    """Something that the cast needs did not come about."""


class Role(StrEnum):
    """Who looks at a page."""

    NOBODY = "nobody"
    """Is not logged in."""
    SETTLED = "marek.kowalski"
    """Is verified, has balances of many days, more messages than a page holds, and a second session."""
    CHANGING = "zofia.nowak"
    """Waits for a new address to be confirmed; the balance is used up, and she was told of it."""
    NEW = "adam.lis"
    """Has not confirmed the address, has no balance, and wants no notices of it."""
    UNREACHABLE = "ewa.wrona"
    """Has an address that mail comes back from, and a log that cannot be read: a failure of ours."""


@dataclass(frozen=True)
class Cast:
    """What is known of the customers; their roles are their logins, and all have one password."""

    panel_url: str
    reset_token: str
    """Of a link that was mailed to the settled one."""
    password: str = _PASSWORD

    @property
    def api(self) -> Api:
        """The API as the customers call it when nobody looks."""
        return Api(self.panel_url, _NETWORK)


def gather(stack: LocalStack) -> Cast:
    """Register everybody on a running local cloud, and bring them where they shall be; takes seconds.

    Raises NotReady and NoMail.
    """
    where = stack.description
    cast = _Preparation(stack, Api(where.panel_url, _NETWORK), Letterbox(where.mailbox_url))
    # What takes long is asked for first, and waited for last.
    changing, unreachable, settled = cast.changing(), cast.unreachable(), cast.settled()
    cast.new()
    token = cast.reset_token()
    cast.wait_for_notice(changing)
    cast.wait_for(lambda: cast.account(settled)["balance"] is not None)
    cast.wait_for(lambda: not cast.account(unreachable)["email_reachable"])
    return Cast(where.panel_url, token)


@dataclass(frozen=True)
class _Preparation:
    """Makes the customers; each of them keeps a session, which is the result."""

    stack: LocalStack
    api: Api
    letterbox: Letterbox

    def settled(self) -> str:
        account_id, session = self._registered(Role.SETTLED)
        backstage = backstage_of(self.stack)
        backstage.verify(account_id)
        backstage.bill(list(bills(account_id, "23.40")))
        now = datetime.now(UTC)
        for number, (kind, status) in enumerate(_PAST, start=1):
            self._put_into_log(account_id, now - number * timedelta(days=2, hours=5), kind, status)
        return session

    def changing(self) -> str:
        account_id, session = self._registered(Role.CHANGING)
        change = {"email": "zofia@nowa-poczta.example", "current_password": _PASSWORD}
        _expect(self.api.patch("/v1/account", change, token=session), HTTPStatus.OK)
        backstage_of(self.stack).bill(list(bills(account_id, "-0.15"))[:5])
        return session

    def new(self) -> None:
        _, session = self._registered(Role.NEW, confirmed=False)
        unwanted = {"low_balance_notices": False}
        _expect(self.api.patch("/v1/account", unwanted, token=session), HTTPStatus.OK)
        _expect(self.api.delete("/v1/sessions/current", token=session), HTTPStatus.NO_CONTENT)

    def unreachable(self) -> str:
        bounces = f"bounce+{Role.UNREACHABLE}@simulator.amazonses.com"
        account_id, session = self._registered(Role.UNREACHABLE, bounces)
        self._put_raw(account_id, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ")
        return session

    def wait_for_notice(self, session: str) -> None:
        self.wait_for(lambda: self.account(session)["balance"] is not None)
        run_notifier(self.stack)
        self.wait_for(lambda: self.account(session)["last_balance_notice"] is not None)

    def reset_token(self) -> str:
        """Of a link that is mailed to the settled one."""
        before = self.letterbox.newest()
        _expect(self.api.post("/v1/password-resets", {"identifier": Role.SETTLED}), HTTPStatus.ACCEPTED)
        mail = self.letterbox.wait_for(f"{Role.SETTLED}@example.com", after=before, kind="password_reset")
        return mail.token("/reset")

    def _registered(self, role: Role, email: str = "", *, confirmed: bool = True) -> tuple[str, str]:
        """A customer's account id, and a session, which stays."""
        email = email or f"{role}@example.com"
        form = {"login": role, "email": email, "password": _PASSWORD}
        account_id = str(_expect(self.api.post("/v1/accounts", form), HTTPStatus.CREATED).json["account_id"])
        if confirmed:
            token = self.letterbox.wait_for(email, account_id=account_id).token("/confirm")
            confirm = self.api.post("/v1/accounts/confirm", {"token": token})
            _expect(confirm, HTTPStatus.NO_CONTENT)
        return account_id, self._log_in(role)

    def _log_in(self, role: Role) -> str:
        form = {"login": role, "password": _PASSWORD}
        return str(_expect(self.api.post("/v1/sessions", form), HTTPStatus.CREATED).json["token"])

    def account(self, session: str) -> Mapping[str, Any]:
        profile: Mapping[str, Any] = self.api.get("/v1/account", token=session).json
        return profile

    def _put_into_log(self, account_id: str, at: datetime, kind: str, status: str) -> None:
        """Log a message as if it had been sent then: time is the one thing that nobody can send back."""
        seconds, until = int(at.timestamp()), int((at + _KEPT).timestamp())
        self._put_raw(
            account_id,
            str(ULID.from_datetime(at)),
            kind={"S": kind},
            status={"S": status},
            recipient={"S": f"{Role.SETTLED}@example.com"},
            language={"S": "pl"},
            sent_at={"N": str(seconds)},
            expires_at={"N": str(until)},
            account_ids={"S": json.dumps([account_id])},
        )

    def _put_raw(self, account_id: str, notification_id: str, **attributes: Mapping[str, str]) -> None:
        key = {"account_id": {"S": account_id}, "notification_id": {"S": notification_id}}
        self.stack.session.client("dynamodb").put_item(
            TableName=self.stack.description.tables["NotificationsTable"], Item={**key, **attributes}
        )

    def wait_for(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                raise NotReady(f"not within {_PATIENCE_SECONDS} s: {condition}")
            time.sleep(_LOOK_AGAIN_SECONDS)


def _expect(reply: Reply, status: HTTPStatus) -> Reply:
    if reply.status != status:
        raise NotReady(f"expected {status}, got {reply.status}: {reply.body.decode(errors='replace')}")
    return reply
