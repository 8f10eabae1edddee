"""An account's life from a mistyped address to its end, over HTTP and mail only, and what it leaves."""

import base64
import json
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from local.client import Api, Letter, Reply
from tests.e2e.stack import Deployed
from tests.sip_device import Device, Known, device_set_up_by
from tools.operator.client import Operator

LOGIN = "zofia.zycie"
# What she typed at first and what she meant; where she moves, mistyped and not.
TYPO, EMAIL = "zofai.zycie@example.com", "zofia.zycie@example.com"
NEW_TYPO, NEW_EMAIL = "zofia.zyice@example.org", "zofia.zycie@example.org"
PASSWORD, NEW_PASSWORD = "Lody-na-Patyku-9", "Kompot-z-Wisni-10"
# A form as browsers send it from a page of the same site.
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}


@dataclass
class Life:
    """Zofia's browser and mailboxes, and the operator's staff; it keeps every secret that comes by."""

    deployed: Deployed
    secrets: list[str] = field(default_factory=lambda: [PASSWORD, NEW_PASSWORD])
    account_id: str = ""
    session: str = ""
    device: Device = field(default_factory=lambda: Device("", ""))
    before: int = 0
    """The number of the newest mail before what is going on now."""

    @cached_property
    def browser(self) -> Api:
        return self.deployed.caller()

    @cached_property
    def support(self) -> Operator:
        return self.deployed.staff("support-of-a-life", "SupportPolicyArn")

    @cached_property
    def registrar(self) -> Operator:
        return self.deployed.staff("registrar-of-a-life", "RegistrarPolicyArn")

    def all_mail_is_out(self) -> None:
        """Wait until nothing waits; the mails looked for from here on are those to come."""
        self.deployed.wait_until(lambda: not self.deployed.items("OutboxTable"))
        self.before = self.deployed.letterbox.newest()

    def post(self, path: str, expected: int, *, session: str = "", **body: str) -> Reply:
        reply = self.browser.post(path, body, token=session)
        assert reply.status == expected, reply.body
        return reply

    def mail(self, address: str, page: str = "") -> Letter:
        """The mail to an address, with a link to this page of the panel if it is given."""
        found: list[Letter] = []

        def came() -> bool:
            letters = self.deployed.letterbox.letters(address, self.before)
            found[:] = [each for each in letters if any(f"{page}?token=" in link for link in each.links)]
            found[:] = found if page else letters
            return bool(found)

        self.deployed.wait_until(came)
        return found[0]

    def link(self, address: str, page: str) -> str:
        """The token of the link to this page that was mailed to an address."""
        token = self.mail(address, page).token(page)
        self.secrets.append(token)
        return token

    def log_in(self, password: str) -> None:
        opened = self.post("/v1/sessions", 201, login=LOGIN, password=password)
        self.session = opened.json["token"]
        self.secrets.append(self.session)

    def profile(self) -> Reply:
        return self.browser.get("/v1/account", token=self.session)

    def forgets(self, identifier: str) -> str:
        """The code with which somebody who forgot is refused, or nothing."""
        reply = self.browser.post("/v1/password-resets", {"identifier": identifier})
        return "" if reply.status == 202 else str(reply.json["code"])

    def asks_for_address(self, email: str) -> None:
        self.all_mail_is_out()
        changes = {"email": email, "current_password": PASSWORD}
        changed = self.browser.patch("/v1/account", changes, token=self.session)
        assert changed.status == 200, changed.body
        assert (changed.json["email"], changed.json["pending_email"]) == (EMAIL, email)

    def opens_and_presses(self, page: str, token: str) -> None:
        """Open a link, as scanners and browsers do, which changes nothing; then press its button, twice."""
        before = self.profile().json
        for method in ("GET", "HEAD", "GET"):
            assert self.browser.send(method, f"{page}?token={token}").status == 200
        assert self.profile().json == before
        form = urlencode({"token": token}).encode()
        # After an undo the browser is sent on, to where the mail with the link for a password is told of.
        assert self.browser.post(page, form, headers=FORM).status in (200, 303)
        assert self.browser.post(page, form, headers=FORM).status == 410

    def lets_in(self) -> set[str]:
        """The algorithms by which the registrar lets the telephone in."""
        known = Known(**self.registrar.post(f"/operator/sip/{self.device.number}"))
        return {algorithm for algorithm in ("MD5", "SHA-256") if self.device.is_let_in(known, algorithm)}

    def registers_with_a_typo_and_corrects_it(self) -> None:
        registered = self.post("/v1/accounts", 201, login=LOGIN, email=TYPO, password=PASSWORD)
        self.account_id = registered.json["account_id"]
        strangers = self.link(TYPO, "/confirm")
        own = {"login": LOGIN, "password": PASSWORD}
        self.post("/v1/accounts/confirmation", 202, **own, email=EMAIL)
        confirmation = self.link(EMAIL, "/confirm")
        self.post("/v1/accounts/confirm", 410, token=strangers)
        assert self.forgets(TYPO) == "user_not_found"
        self.post("/v1/accounts/confirm", 204, token=confirmation)
        assert self.post("/v1/accounts/confirmation", 409, **own).json["code"] == "already_confirmed"
        self.log_in(PASSWORD)
        assert self.profile().json["email_confirmed"] is True

    def is_verified_and_telephones(self) -> None:
        self.all_mail_is_out()
        self.post("/v1/account/sip-password", 403, session=self.session, current_password=PASSWORD)
        number = self.support.post(f"/operator/accounts/{self.account_id}/verify")["sip_number"]
        self.device = device_set_up_by(self.mail(EMAIL).text)
        self.secrets.append(self.device.password)
        assert self.device.number == number
        # The mail is on its way a moment before its password is valid.
        self.deployed.wait_until(lambda: self.lets_in() == {"MD5", "SHA-256"})

    def moves_with_a_typo_and_loses_nothing(self) -> str:
        """Ask for an address that is nobody's; the link that a stranger might find there."""
        self.asks_for_address(NEW_TYPO)
        strangers = self.link(NEW_TYPO, "/email/confirm")
        self.link(EMAIL, "/email/undo")
        assert self.forgets(NEW_TYPO) == "user_not_found"
        assert self.forgets(EMAIL) == ""
        assert LOGIN in self.mail(EMAIL, "/reset").text
        self.link(EMAIL, "/reset")
        self.log_in(PASSWORD)
        return strangers

    def moves(self, strangers: str) -> None:
        self.asks_for_address(NEW_EMAIL)
        confirmation = self.link(NEW_EMAIL, "/email/confirm")
        self.post("/v1/account/email/confirm", 410, token=strangers)
        self.all_mail_is_out()
        self.opens_and_presses("/email/confirm", confirmation)
        profile = self.profile().json
        assert (profile["email"], profile["pending_email"]) == (NEW_EMAIL, None)
        assert NEW_EMAIL in self.mail(NEW_EMAIL).recipients
        assert self.forgets(EMAIL) == "user_not_found"

    def takes_it_back_from_the_old_mailbox(self) -> None:
        undo = self.link(EMAIL, "/email/undo")
        self.all_mail_is_out()
        self.opens_and_presses("/email/undo", undo)
        assert self.profile().json["code"] == "not_logged_in"
        self.post("/v1/sessions", 401, login=LOGIN, password=PASSWORD)
        assert self.forgets(NEW_EMAIL) == "user_not_found"
        reset = self.link(EMAIL, "/reset")
        assert self.post("/v1/password-resets/check", 200, token=reset).json["login"] == LOGIN
        self.post("/v1/password-resets/complete", 204, token=reset, password=NEW_PASSWORD)
        self.log_in(NEW_PASSWORD)
        assert self.profile().json["email"] == EMAIL
        assert self.lets_in() == {"MD5", "SHA-256"}

    def leaves(self) -> None:
        self.all_mail_is_out()
        forms = [({"current_password": PASSWORD}, 403), ({"current_password": NEW_PASSWORD}, 204)]
        for form, status in forms:
            assert self.browser.delete("/v1/account", form, token=self.session).status == status
        assert LOGIN in self.mail(EMAIL).text
        self.all_mail_is_out()

    def is_as_unknown_as_anybody(self) -> None:
        assert self.profile().json["code"] == "not_logged_in"
        assert self.lets_in() == set()
        for login in (LOGIN, EMAIL):
            known, unknown = ({"login": each, "password": NEW_PASSWORD} for each in (login, "nikt.zycie"))
            assert self.refused("/v1/sessions", known) == self.refused("/v1/sessions", unknown)
        for identifier in (LOGIN, EMAIL, TYPO, NEW_EMAIL, NEW_TYPO):
            answer = self.refused("/v1/password-resets", {"identifier": identifier})
            assert answer == self.refused("/v1/password-resets", {"identifier": "nikt@example.com"})
        again = {"login": LOGIN.upper(), "email": "inna@example.com", "password": PASSWORD}
        assert self.refused("/v1/accounts", again)["code"] == "login_taken"
        assert self.deployed.letterbox.letters(after=self.before) == []

    def refused(self, path: str, form: dict[str, str]) -> Any:
        """How somebody is refused who calls from anywhere."""
        reply = self.deployed.caller().post(path, form)
        assert reply.status >= 400
        return reply.json


@pytest.fixture(scope="module")
def lived(deployed: Deployed) -> Life:
    """Zofia, whose account has come to its end."""
    zofia = Life(deployed)
    zofia.registers_with_a_typo_and_corrects_it()
    zofia.is_verified_and_telephones()
    strangers_link = zofia.moves_with_a_typo_and_loses_nothing()
    zofia.moves(strangers_link)
    zofia.takes_it_back_from_the_old_mailbox()
    zofia.leaves()
    return zofia


def test_who_left_is_as_unknown_as_anybody_and_nobody_gets_the_login(lived: Life) -> None:
    lived.is_as_unknown_as_anybody()


def test_a_whole_life_leaves_no_readable_secret_behind_and_nothing_that_waits(lived: Life) -> None:
    deployed = lived.deployed
    stored = deployed.everything_stored()
    assert lived.account_id in stored, "the dump must hold what the life stored"
    assert deployed.log_lines(), "the dump must hold what the functions logged"
    assert len(set(lived.secrets)) == len(lived.secrets) == 14
    for secret in lived.secrets:
        encoded = base64.b64encode(secret.encode()).decode()
        for form in (secret, quote(secret), encoded, json.dumps(secret)[1:-1]):
            assert form not in stored
    assert deployed.items("OutboxTable") == []
    waiting = deployed.waiting()
    assert not waiting["UrgentDeadLetters"]
    assert not waiting["BulkDeadLetters"]


def test_the_log_tells_the_whole_life_and_each_mail_once(lived: Life) -> None:
    entries = [
        item
        for item in lived.deployed.items("NotificationsTable")
        if item["account_id"]["S"] == lived.account_id
    ]
    kinds = Counter(entry["kind"]["S"] for entry in entries)
    assert kinds == Counter(
        confirm_email=2,
        sip_credentials=1,
        confirm_new_email=2,
        email_change_asked=2,
        password_reset=2,
        email_replaced=1,
        email_changed=1,
        password_changed=1,
        account_deleted=1,
    )
