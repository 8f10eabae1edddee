"""The front door, with a small server in the place of the cloud that says back what it was asked."""

import contextlib
import http.client
import json
from collections.abc import Iterator

import pytest

from local.client import Api
from local.front_door import FrontDoor
from local.ports import free_port
from local.serving import Answer, Handler, Server
from tests.e2e.stack import Deployed


class _Echo(Handler):
    def _answer(self) -> None:
        asked = {
            "method": self.command,
            "path": self.path,
            "headers": self.headers.items(),
            "body": self.read_body().decode(),
        }
        cookies = (("Set-Cookie", "session=1; HttpOnly"), ("Set-Cookie", "csrf=2; SameSite=Strict"))
        kept = ("Content-Type", "text/plain"), ("Connection", "close")
        self.send_answer(Answer(418, (*cookies, *kept), json.dumps(asked).encode()))

    do_GET = do_HEAD = do_POST = do_PATCH = _answer


@pytest.fixture
def panel() -> Iterator[Api]:
    """The API behind the front door."""
    with contextlib.ExitStack() as exits:
        cloud = exits.enter_context(Server("CLOUD_PORT", 0, _Echo))
        door = exits.enter_context(FrontDoor(0, cloud.port))
        exits.enter_context(cloud.serving())
        exits.enter_context(door.serving())
        door.lead_to("abc123", "api")
        yield Api(door.url)


def test_status_and_every_cookie_of_the_answer_come_through(panel: Api) -> None:
    reply = panel.get("/")
    assert reply.status == 418
    assert reply.values("Set-Cookie") == ["session=1; HttpOnly", "csrf=2; SameSite=Strict"]
    assert reply.headers["Content-Type"] == "text/plain"


def test_the_request_reaches_the_stage_as_it_was_sent(panel: Api) -> None:
    sent = {"X-Forwarded-For": "203.0.113.7, 10.0.0.1", "Cookie": "session=1"}
    asked = panel.patch("/v1/a%2Fb?x=1&x=ż".replace("ż", "%C5%BC"), b"za\xc5\xbc", headers=sent).json
    assert (asked["method"], asked["body"]) == ("PATCH", "zaż")
    assert asked["path"] == "/_aws/execute-api/abc123/api/v1/a%2Fb?x=1&x=%C5%BC"
    headers = dict(asked["headers"])
    assert (headers["X-Forwarded-For"], headers["Cookie"]) == (sent["X-Forwarded-For"], sent["Cookie"])
    assert headers["Host"] == panel.url.removeprefix("http://")


def test_a_connection_serves_several_requests(panel: Api) -> None:
    connection = http.client.HTTPConnection(panel.url.removeprefix("http://"), timeout=5)
    with contextlib.closing(connection):
        for method in ("HEAD", "GET", "HEAD", "POST"):
            connection.request(method, "/")
            reply = connection.getresponse()
            assert (reply.status, reply.read() == b"") == (418, method == "HEAD")


def test_a_cloud_that_is_down_is_a_problem_document() -> None:
    with FrontDoor(0, free_port()) as door, door.serving():
        door.lead_to("abc123", "api")
        reply = Api(door.url).get("/v1/health")
    assert (reply.status, reply.headers["Content-Type"]) == (502, "application/problem+json")
    assert (reply.json["status"], reply.json["code"]) == (502, "local_cloud_down")


def test_nothing_but_the_application_is_reached_before_it_is_deployed(deployed: Deployed) -> None:
    with FrontDoor(0, deployed.local.cloud.port) as door, door.serving():
        assert Api(door.url).get("/_ministack/health").status == 502


def test_the_deployed_api_answers_at_the_root(deployed: Deployed) -> None:
    health = deployed.caller().get("/v1/health")
    assert (health.status, health.json["status"]) == (200, "ok")
    assert deployed.caller().get("/_ministack/health").status == 404
