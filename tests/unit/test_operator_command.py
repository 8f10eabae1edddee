"""The operator's command line: what it asks, how it is signed, what it shows, and its exit status."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import EndpointConnectionError

from chalicelib.accounts.models import Account, Status
from tests.unit import cloud
from tests.unit.accounts.people import JAN, as_stored, settled
from tests.unit.clients import PostOffice
from tests.unit.notifications.messages import a_change
from tests.unit.staff import Staff
from tools.operator import client, deployments
from tools.operator.__main__ import main
from tools.operator.commands import COMMANDS

URL = "https://abc123.execute-api.eu-central-1.amazonaws.com/api"


class Gateway:
    """Takes signed requests for API Gateway, and has the application answer them."""

    def __init__(self) -> None:
        self.requests: list[AWSPreparedRequest] = []
        self.broken = False

    def send(self, request: AWSPreparedRequest) -> Any:
        self.requests.append(request)
        if self.broken:
            raise EndpointConnectionError(endpoint_url=request.url)
        assert request.url.startswith(URL)
        answer = Staff().post(urlsplit(request.url).path.removeprefix("/api"), **json.loads(request.body))
        return SimpleNamespace(
            status_code=answer.status, headers=answer.headers, content=answer.text.encode()
        )


@pytest.fixture
def gateway(aws_in_memory: None, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    gateway = Gateway()
    monkeypatch.setattr(client, "URLLib3Session", lambda **_: gateway)
    monkeypatch.setenv("KLUCZNIK_URL", URL)
    return gateway


@pytest.fixture
def jan(gateway: Gateway) -> Account:
    return settled()


Shown = Callable[..., str]


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str]) -> Shown:
    """What a command that succeeds prints."""

    def shown(*arguments: str) -> str:
        status = main(arguments)
        printed = capsys.readouterr()
        assert (status, printed.err) == (0, "")
        return printed.out

    return shown


# What it asks.


def test_a_request_is_signed_for_api_gateway_in_the_region_of_the_url(
    gateway: Gateway, jan: Account, shown: Shown
) -> None:
    shown("end-sessions", jan.account_id)
    [request] = gateway.requests
    assert request.url == f"{URL}/operator/accounts/{jan.account_id}/end-sessions"
    signature = str(request.headers["Authorization"])
    assert re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=\w+/\d{8}/eu-central-1/execute-api/aws4_request, "
        r"SignedHeaders=accept-language;content-type;host;x-amz-date, Signature=[0-9a-f]{64}",
        signature,
    )


def test_a_region_that_is_not_in_the_url_is_the_configured_one(
    gateway: Gateway, jan: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    operator = deployments.operator_of("https://panel.example/", profile=None)
    assert (operator.url, operator.region) == ("https://panel.example", "eu-west-1")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(deployments.NotConfigured, match="AWS_DEFAULT_REGION"):
        deployments.operator_of("https://panel.example", profile=None)


def test_every_act_is_done_and_says_what_the_account_is_then(gateway: Gateway, shown: Shown) -> None:
    jan = settled(status=Status.REGISTERED)
    for act, status in (
        ("verify", "active"), ("block", "blocked"), ("unblock", "active"), ("lock", "locked"),
        ("unlock", "active"), ("end-sessions", "active"),
    ):  # fmt: skip
        assert re.search(
            rf"^status +{status}$", shown(act, jan.account_id, "--reason", "ticket 7"), re.MULTILINE
        )
        assert as_stored(jan).status == status
    assert {line.get("reason") for line in cloud.audit_lines()} == {"ticket 7"}
    assert shown("send-reset", jan.account_id) == "Done.\n"
    changed = shown("set-address", jan.account_id, "nowy@poczta.example", "--reason", "ticket 8")
    assert re.search(r"^pending email +nowy@poczta.example$", changed, re.MULTILINE)
    assert shown("delete", jan.account_id, "--reason", "asked by letter") == "Done.\n"
    assert as_stored(jan).status == "deleted"


def test_a_customer_is_shown_with_what_was_sent_and_what_waits(
    jan: Account, shown: Shown, post_office: PostOffice
) -> None:
    a_change(jan)
    post_office.deliver_all()
    message = a_change(jan)
    [facts, waiting, sent] = shown("find", "--email", JAN).rstrip().split("\n\n")
    assert re.search(r"^created at +2026-11-22 10:00:00Z$", facts, re.MULTILINE)
    assert re.search(r"^last notified at +2026-11-22 10:00:00Z$", facts, re.MULTILINE)
    title, _, row = waiting.splitlines()
    assert title == "Waiting to be sent:"
    assert row.split()[:2] == [message.message_id, "password_changed"]
    assert sent.splitlines()[-1].split() == ["2026-11-22", "10:00:00Z", "password_changed", JAN, "sent"]


def test_nobody_and_nothing_are_said_in_words(gateway: Gateway, shown: Shown) -> None:
    assert shown("find", "--login", "nobody") == "Nobody was found.\n"
    assert shown("outbox") == "Nothing waits.\n"


def test_the_outbox_is_listed_and_a_message_resent(jan: Account, shown: Shown) -> None:
    message, _ = a_change(jan), a_change(jan)
    lines = shown("outbox", "--limit", "1").splitlines()
    assert lines[0].split() == [
        "message", "id", "kind", "account", "id", "created", "at", "attempts", "last", "error", "parked", "at"
    ]  # fmt: skip
    assert lines[-1] == "There are more: --limit"
    assert shown("resend", message.message_id) == "Done.\n"


def test_the_columns_stand_under_each_other(jan: Account, shown: Shown) -> None:
    for _ in range(3):
        a_change(jan)
    titles, *rows = shown("outbox").splitlines()
    assert len(rows) == 3
    for row in rows:
        assert row.index("password_changed") == titles.index("kind")


def test_what_a_customer_typed_cannot_move_the_cursor(gateway: Gateway, shown: Shown) -> None:
    settled("jan", "\x1b]0;x\x07jan@poczta.example")
    assert "?]0;x?jan@poczta.example" in shown("find", "--login", "jan")


def test_a_script_gets_the_answer_as_it_is(jan: Account, shown: Shown) -> None:
    found = json.loads(shown("find", "--login", "jan", "--json"))
    assert found["accounts"][0]["account"]["account_id"] == jan.account_id
    assert json.loads(shown("send-reset", jan.account_id, "--json")) == {}


# When it is refused.


def test_a_refusal_is_explained_and_the_status_is_1(jan: Account, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["unlock", "01M80000000000000000000000"]) == 1
    assert capsys.readouterr() == ("", "Not found: There is nothing here.\n")
    assert main(["delete", jan.account_id, "--reason", ""]) == 1
    assert capsys.readouterr().err.splitlines()[1:] == ["  reason: invalid"]


def test_an_answer_that_is_none_of_ours_is_not_explained_away(
    gateway: Gateway, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    html = SimpleNamespace(status_code=502, headers={}, content=b"<html>")
    monkeypatch.setattr(gateway, "send", lambda _: html)
    assert main(["outbox"]) == 1
    assert capsys.readouterr().err.startswith("HTTP 502: ")


def test_an_api_that_does_not_answer_is_named(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.broken = True
    assert main(["outbox"]) == 1
    assert URL in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["lock"], ["delete", "x"], ["outbox", "--limit", "many"], ["find", "--x"]]
)
def test_a_command_line_that_makes_no_sense_is_refused_with_status_2(
    arguments: list[str], gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err
    assert gateway.requests == []


def test_every_route_has_its_command() -> None:
    assert len(COMMANDS) == len({each.name for each in COMMANDS}) == 15


# Which deployment.


def test_without_any_url_the_deployment_of_make_run_is_asked_with_its_own_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KLUCZNIK_URL", raising=False)
    local = tmp_path / "stack.json"
    local.write_text(json.dumps({"api_url": "http://127.0.0.1:4566/x/api", "region": "eu-central-1"}))
    operator = deployments.operator_of(None, None, local)
    assert operator.url == "http://127.0.0.1:4566/x/api"
    assert operator.credentials.access_key == "test"


def test_where_nothing_is_known_it_says_how_to_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KLUCZNIK_URL", raising=False)
    with pytest.raises(deployments.NotConfigured, match="make run"):
        deployments.operator_of(None, None, tmp_path / "stack.json")


def test_without_credentials_it_says_so_and_the_status_is_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", "/nonexistent")
    assert main(["outbox", "--url", URL]) == 2
    assert "credentials" in capsys.readouterr().err
    assert main(["outbox", "--url", URL, "--profile", "nobody"]) == 2
    assert "nobody" in capsys.readouterr().err
