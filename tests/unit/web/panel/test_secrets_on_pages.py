"""I2 on the pages: no password is ever shown again, and a session's token is in its cookie only."""

import json
import logging
from collections.abc import Mapping

import pytest

from tests.unit import cloud
from tests.unit.accounts.people import JAN, NEW_ADDRESS
from tests.unit.browser import Browser, Page
from tests.unit.clients import PASSWORD, PostOffice, links_in
from tests.unit.leaks import MEANT_TO_CARRY, leaked, texts
from tests.unit.web.panel.visitors import FORM, SESSION

SECOND, THIRD = "Zażółć Gęślą Jaźń 8", "Czerwony Tramwaj+9"
WRONG, WEAK = "Wrong-Passw0rd-here", "slabehaslo-żółw"
PASSWORDS = [PASSWORD, SECOND, THIRD, WRONG, WEAK]

DENIED = {"__type": "com.amazonaws.dynamodb.v20120810#AccessDeniedException", "message": "not allowed"}


class Remembering(Browser):
    """Keeps every answer, and every session's token, that it ever got."""

    def __init__(self) -> None:
        super().__init__(language="en")
        self.answers: list[Page] = []
        self.sessions: set[str] = set()

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Page:
        answer = super().request(method, path, query=query, body=body, headers=headers)
        self.cookies["__Host-language"] = "en"
        self.answers.append(answer)
        self.sessions |= {value for name, value in self.cookies.items() if name == SESSION}
        return answer


def mailed(post_office: PostOffice, page: str) -> str:
    """The token of the newest link that leads to this page."""
    links = [link for mail in post_office.mails_to(JAN) for link in links_in(mail)]
    return [link.partition("token=")[2] for link in links if f"/{page}?" in link][-1]


def begin(browser: Remembering, post_office: PostOffice) -> None:
    form = browser.open("/register")
    typed = {"login": "jan", "email": JAN}
    weak = browser.send(form, "Register", **typed, password=WEAK, password_again=WRONG)
    assert weak.status == 422
    assert browser.send(weak, "Register", password=PASSWORD, password_again=PASSWORD).status == 201
    assert browser.send(form, "Register", **typed, password=SECOND, password_again=SECOND).status == 409
    browser.send(browser.open("/confirm", token=mailed(post_office, "confirm")), "Confirm the address")
    form = browser.open("/login")
    assert browser.send(form, "Log in", login="jan", password=WRONG).status == 422
    assert browser.send(form, "Log in", login="jan", password=PASSWORD).path == "/data"


def change(browser: Remembering) -> None:
    form = browser.open("/data/password")
    button = "Change the password"
    for current, password, again, status in (
        (WRONG, SECOND, SECOND, 403),
        (PASSWORD, WEAK, WEAK, 422),
        (PASSWORD, SECOND, WRONG, 422),
        (PASSWORD, SECOND, SECOND, 200),
        (PASSWORD, SECOND, SECOND, 200),  # sent twice
    ):
        typed = {"current_password": current, "password": password, "password_again": again}
        assert browser.send(form, button, **typed).status == status
    form = browser.open("/data/email")
    assert browser.send(form, "Change the address", email=NEW_ADDRESS, current_password=WRONG).status == 403
    assert browser.send(form, "Change the address", email=NEW_ADDRESS, current_password=SECOND).status == 200
    assert (
        browser.send(browser.open("/data/delete"), "Delete the account", current_password=SECOND).status
        == 422
    )
    for path in ("/data/sessions", "/data/export", "/notifications", "/balance", "/ticket"):
        assert browser.open(path).status == 200


def recover(browser: Remembering, post_office: PostOffice) -> None:
    assert browser.send(browser.open("/data"), "Log out").path == "/login"
    browser.send(browser.open("/forgot"), "Send me the message", identifier="jan")
    form = browser.open("/reset", token=mailed(post_office, "reset"))
    tries = [
        (WEAK, WEAK, 422),
        (THIRD, WRONG, 422),
        (THIRD, THIRD, 200),
        (WRONG, WRONG, 410),
        (SECOND, SECOND, 410),
    ]
    for password, again, status in tries:
        assert browser.send(form, "Next", password=password, password_again=again).status == status
    assert browser.send(browser.open("/login"), "Log in", login="jan", password=THIRD).path == "/data"


def fail(browser: Remembering) -> None:
    with cloud.faults(lambda _: DENIED):
        assert browser.post("/login", login="jan", password=THIRD).status == 500
        assert browser.post("/data/password", current_password=THIRD, password=SECOND).status in (422, 500)
        assert browser.open("/data").status == 500
    browser.sends = {"origin": "null"}
    assert browser.post("/login", login="jan", password=THIRD).status == 403


def test_after_a_whole_visit_no_secret_can_be_read_on_a_page_or_in_the_log(
    wire: cloud.Wire,
    post_office: PostOffice,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for ours in ("chalicelib", "klucznik"):
        caplog.set_level(logging.DEBUG, ours)
    browser = Remembering()
    begin(browser, post_office)
    change(browser)
    recover(browser, post_office)
    fail(browser)
    assert len(browser.answers) > 40
    assert len(browser.sessions) == 2

    secrets = [*PASSWORDS, *browser.sessions]
    assert [page for page in browser.answers if leaked(secrets, page.text)] == []
    without_cookies = [
        json.dumps({name: values for name, values in page.headers.items() if name != "Set-Cookie"})
        for page in browser.answers
    ]
    assert leaked(secrets, "".join(without_cookies)) == []
    set_cookies = [line for page in browser.answers for line in page.headers.get("Set-Cookie", [])]
    assert leaked(PASSWORDS, "".join(set_cookies)) == []
    assert {line.partition("=")[0] for line in set_cookies if leaked(secrets, line)} == {SESSION}

    form_token = browser.cookies[FORM]
    asked = [call for call in wire.requests if call.operation not in MEANT_TO_CARRY]
    assert [call for call in asked if leaked([*secrets, form_token], "\n".join(texts(call.body)))] == []
    assert "Traceback" in caplog.text
    assert leaked([*secrets, form_token], caplog.text) == []
    assert leaked([*secrets, form_token], "".join(capfd.readouterr())) == []
