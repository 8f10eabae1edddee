"""Where lives are lived: browsers of customers and thieves, the operator's staff. Every answer is judged."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from tests.unit.clients import Customer
from tests.unit.life.lives import MAY_ENTER, UNCONFIRMED, Link, Lives, Page, Person, mailbox
from tests.unit.staff import Staff

USE = {
    Page.CONFIRM: "/v1/accounts/confirm",
    Page.RESET: "/v1/password-resets/complete",
    Page.CONFIRM_NEW: "/v1/account/email/confirm",
    Page.UNDO: "/v1/account/email/undo",
}
WRONG = "Niczyje-Haslo-0"


@dataclass
class Town:
    """The people and their lives as they ought to be, and the deployed code that they meet."""

    lives: Lives
    secrets: list[str]
    tokens: list[tuple[Person, str]] = field(default_factory=list)
    """Every session that there ever was: its owner has it, and a thief."""
    _numbers: Iterator[int] = field(default_factory=count)

    def browser(self, token: str | None = None) -> Customer:
        """Somebody in a network that nobody called from before: limits are not what this is about."""
        number = next(self._numbers)
        return Customer(ip=f"10.{number // 250}.{number % 250}.1", token=token)

    def new_password(self) -> str:
        self.secrets.append(f"Mglisty-Poranek-{len(self.secrets):04}")
        return self.secrets[-1]

    # Customers.

    def register(self, login: str, email: str) -> None:
        password, free = self.new_password(), self.lives.is_free(login)
        answer = self.browser().register(login, email, password)
        assert answer.status == (201 if free else 409), answer.text
        if free:
            login, ends = unicodedata.normalize("NFKC", login), self.lives.now + UNCONFIRMED
            person = Person(answer.json["account_id"], login, email, password, ends)
            self.lives.people[person.account_id] = person

    def log_in(self, login: str, password: str) -> None:
        person, browser = self.lives.holder(login), self.browser()
        may = person is not None and self.lives.may_enter(person) and password == person.password
        answer = browser.log_in(login, password)
        assert answer.status == (201 if may else 401), answer.text
        if person is not None and browser.token is not None:
            self.secrets.append(browser.token)
            self.tokens.append((person, browser.token))
            self.lives.log_in(person, browser.token)

    def look(self, person: Person, token: str) -> None:
        """Use a session, as its owner or as a thief does."""
        alive = self._used(person, token)
        answer = self.browser(token).get("/v1/account")
        assert answer.status == (200 if alive else 401)
        if alive:
            pending = person.pending.new if person.pending else None
            told = answer.json["login"], answer.json["email"], answer.json["pending_email"]
            assert told == (person.login, person.email, pending)

    def _used(self, person: Person, token: str) -> bool:
        alive = self.lives.is_alive(person, token)
        if alive:
            self.lives.use_session(person, token)
        return alive

    def change(self, person: Person, token: str, current: str | None, **changes: str) -> None:
        """Change login, email or password; `current` is what is typed as the current password."""
        alive = self._used(person, token)
        answer = self.browser(token).patch("/v1/account", **changes, **typed(current))
        expected = self._answer_to_change(person, current, changes.get("login")) if alive else 401
        assert answer.status == expected, answer.text
        if expected != 200:
            return
        if "email" in changes:
            self.lives.ask_for_address(person, changes["email"])
        if "login" in changes:
            self.lives.change_login(person, changes["login"])
        if "password" in changes:
            self.lives.change_password(person, changes["password"], kept=token)
            self._try_former_password(person, current)

    def _try_former_password(self, person: Person, former: str | None) -> None:
        """Whoever knew it gets in no more."""
        if former is not None and former != person.password:
            self.log_in(person.login, former)

    def _answer_to_change(self, person: Person, current: str | None, login: str | None) -> int:
        own_address = person.confirmed and mailbox(login or "") == mailbox(person.email)
        if login is not None and "@" in login and not own_address:
            return 422
        if current is None or current != person.password:
            return 403
        taken = login is not None and self.lives.holder(login) is not person and not self.lives.is_free(login)
        return 409 if taken else 200

    def correct(self, person: Person, password: str, email: str) -> None:
        """Say that the address was mistyped."""
        may = self.lives.may_enter(person) and password == person.password
        expected = 401 if not may else 409 if person.confirmed else 202
        form = {"login": person.login, "password": password, "email": email}
        answer = self.browser().post("/v1/accounts/confirmation", **form)
        assert answer.status == expected, answer.text
        if expected == 202:
            person.move(email)

    def forget(self, identifier: str) -> None:
        known = self.lives.holder(identifier) or self.lives.recovered_by(identifier)
        answer = self.browser().post("/v1/password-resets", identifier=identifier)
        assert (answer.status, answer.json.get("code")) == ((202, None) if known else (404, "user_not_found"))

    def leave(self, person: Person, token: str, current: str) -> None:
        alive = self._used(person, token)
        expected = 401 if not alive else 204 if current == person.password else 403
        answer = self.browser(token).request("DELETE", "/v1/account", {"current_password": current})
        assert answer.status == expected, answer.text
        if expected == 204:
            self.lives.delete(person)

    # Links, whoever has them.

    def follow(self, link: Link) -> None:
        """Use a link for what it is for."""
        works, password = self.lives.works(link), self.new_password()
        form = {"password": password} if link.page is Page.RESET else {}
        answer = self.browser().post(USE[link.page], token=link.token, **form)
        assert answer.status == (204 if works else 410), answer.text
        if works:
            former = link.person.password
            self.lives.follow(link, password)
            self._try_former_password(link.person, former)

    def misuse(self, link: Link, page: Page) -> None:
        """Use a link for what it is not for."""
        form = {"password": self.new_password()} if page is Page.RESET else {}
        assert self.browser().post(USE[page], token=link.token, **form).code == "link_expired"

    def is_good(self, link: Link) -> bool:
        """Whether a reset link is said to be good."""
        return self.browser().post("/v1/password-resets/check", token=link.token).status == 200

    def open(self, link: Link) -> None:
        """Open a link as browsers, previews and scanners do."""
        page = self.lives.works(link) or link.page is not Page.RESET
        for method in ("GET", "HEAD", "GET"):
            answer = self.browser().request(method, f"/{link.page}", query={"token": link.token})
            assert answer.status == (200 if page else 410)

    # The operator's staff.

    def act(self, what: str, person: Person, **body: str) -> None:
        """Let staff do something about an account."""
        expected = self._answer_to_staff(what, person)
        answer = Staff().act(what, person.account_id, reason="zgłoszenie 7", **body)
        assert answer.status == expected, answer.text
        if expected >= 400:
            return
        match what:
            case "verify":
                person.status = "active" if person.status == "registered" else person.status
                assert person.number in {None, answer.json["sip_number"]}
                person.number = answer.json["sip_number"]
            case "block" | "unblock":
                person.status = "blocked" if what == "block" else "active"
            case "lock":
                self.lives.lock(person)
            case "unlock":
                person.status = person.before_lock if person.status == "locked" else person.status
            case "end-sessions":
                person.sessions.clear()
            case "set-address":
                self.lives.ask_for_address(person, body["email"])
            case "delete":
                self.lives.delete(person)

    def _answer_to_staff(self, what: str, person: Person) -> int:
        if not self.lives.exists(person):
            return 404
        status, done = person.status, {"send-reset": 202, "delete": 204}.get(what, 200)
        if what == "verify" and status == "registered" and not person.confirmed:
            return 409
        allowed = {
            "verify": {"registered", "active", "blocked"},
            "block": {"active", "blocked"},
            "unblock": {"active", "blocked"},
            "send-reset": MAY_ENTER,
        }
        return done if status in allowed.get(what, {status}) else 409


def typed(current: str | None) -> dict[str, str]:
    return {} if current is None else {"current_password": current}
