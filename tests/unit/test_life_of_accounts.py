"""I2 to I6 and I9 over generated lives: after every step, all is as the design says (lives.py).

Customers share addresses, forget, mistype and move. A thief has copies of all their sessions, but no
password; whoever reads an old mailbox tries every link in it. The operator's staff verify, lock and delete.
The mail comes late, in any order and twice, and time passes.
"""

from collections.abc import Callable

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from chalicelib import clock
from tests.unit.conftest import FrozenClock
from tests.unit.life import verdicts
from tests.unit.life.history import ADDRESSES, GONE, History
from tests.unit.life.lives import Page
from tests.unit.life.town import WRONG

pytestmark = pytest.mark.slow

LOGINS = ["jan", "ＪＡＮ", "ZOFIA", "groß", "GROSS", "ewa", "Ewa", "adam", "ola"]
OWN_ADDRESS = "@"
MOST_PEOPLE, MOST_SESSIONS = 6, 8
# How many of the newest links are tried after every step, if something has ended them.
KILLED_LINKS = 6
EXAMPLES, STEPS = 20, 28
HELP = ["verify", "block", "unblock", "send-reset", "end-sessions", "set-address", "set-address"]
HARM = ["lock", "unlock", "unlock", "delete"]
WAITS = [{"minutes": 1}, {"minutes": 20}, {"minutes": 61}, {"hours": 11}, {"hours": 25}, {"hours": 73}]
WAITS += [{"minutes": 20}, {"hours": 11}, {"days": 31}, {"days": 91}]
THEN = ["", "confirm", "confirm recover", "confirm undo", "recover", "undo confirm", "ask", "ask confirm"]

number = st.integers(0, GONE)
seldom = st.sampled_from([False, False, True])
address = st.sampled_from(ADDRESSES)
login = st.sampled_from(LOGINS)
page = st.sampled_from(list(Page))


class LivesOfAccounts(History):
    """Numbers choose among the people, sessions, links and messages that there are."""

    # Customers.

    @rule(login=login, address=address, meant=st.none() | address)
    def register(self, login: str, address: str, meant: str | None) -> None:
        """Register, and perhaps find out that the address was mistyped."""
        self._tick()
        if len(list(self._lives.existing())) < MOST_PEOPLE:
            self._town.register(login, address)
            person = self._lives.holder(login)
            if meant is not None and person is not None:
                self._post.deliver_everything()
                self._town.correct(person, person.password or WRONG, meant)

    @rule(login=login, who=number, right=st.booleans())
    def log_in(self, login: str, who: int, right: bool) -> None:
        self._tick()
        person = self._lives.holder(login) or self._person(who)
        if len(person.sessions) < MOST_SESSIONS:
            self._town.log_in(login, (right and person.password) or WRONG)

    @rule(who=number, address=address, right=st.booleans())
    def correct_the_address(self, who: int, address: str, right: bool) -> None:
        self._tick()
        person = self._person(who)
        if self._lives.exists(person):
            self._town.correct(person, (right and person.password) or WRONG, address)

    @rule(
        who=number,
        address=st.none() | address,
        login=st.none() | login | st.just(OWN_ADDRESS) | address,
        password=st.booleans(),
    )
    def change(self, who: int, address: str | None, login: str | None, password: bool) -> None:
        self._tick()
        person = self._person(who)
        changes = {
            "email": address,
            "login": login,
            "password": self._town.new_password() if password else None,
        }
        wanted = {name: value for name, value in changes.items() if value is not None}
        if wanted and (token := self._session_of(person)):
            self._town.change(person, token, person.password, **wanted)

    @rule(who=number, address=address, other=address, then=st.sampled_from(THEN))
    def move(self, who: int, address: str, other: str, then: str) -> None:
        """Ask for another address, read the mails about it, and do something about them, or nothing."""
        self._tick()
        person = self._person(who)
        self._ask_for_address(person, address)
        for step in then.split():
            match step:
                case "confirm":
                    self._follow_newest(Page.CONFIRM_NEW, person)
                case "undo":
                    self._follow_newest(Page.UNDO, person)
                case "recover":
                    self._recover(person)
                case "ask":
                    self._ask_for_address(person, other)

    @rule(who=number)
    def recover(self, who: int) -> None:
        self._tick()
        self._recover(self._person(who))

    @rule(identifier=address | login)
    def forget(self, identifier: str) -> None:
        self._tick()
        self._town.forget(identifier)

    @rule(who=number, right=seldom)
    def leave(self, who: int, right: bool) -> None:
        self._tick()
        person = self._person(who)
        if token := self._session_of(person):
            self._town.leave(person, token, (right and person.password) or WRONG)

    # A thief with copies of all sessions, and whoever reads old mailboxes.

    @rule(
        which=number,
        what=st.sampled_from(["login", "email", "password"]),
        typed=st.sampled_from([None, WRONG]),
    )
    def steal(self, which: int, what: str, typed: str | None) -> None:
        """Try what only the password allows."""
        self._tick()
        person, token = self._town.tokens[-1 - which % len(self._town.tokens)]
        change = {
            "login": "zlodziej",
            "email": "zlodziej@poczta.example",
            "password": self._town.new_password(),
        }
        self._town.change(person, token, typed, **{what: change[what]})
        self._town.leave(person, token, WRONG)

    @rule(which=number)
    def look(self, which: int) -> None:
        self._tick()
        self._town.look(*self._town.tokens[-1 - which % len(self._town.tokens)])

    @rule(which=number)
    def follow(self, which: int) -> None:
        """Use a link that still works, whoever reads the mailbox that it went to."""
        self._tick()
        if link := self._link(which, works=True):
            self._town.follow(link)

    @rule(which=number)
    def try_a_dead_link(self, which: int) -> None:
        self._tick()
        if link := self._link(which, works=False):
            self._town.follow(link)

    @rule(which=number, works=st.booleans(), page=page)
    def misuse(self, which: int, works: bool, page: Page) -> None:
        """Use a link for what it is not for."""
        self._tick()
        if (link := self._link(which, works)) and link.page is not page:
            self._town.misuse(link, page)

    @rule(which=number, works=st.booleans())
    def open(self, which: int, works: bool) -> None:
        """Open a link, as scanners do, which changes nothing (I4)."""
        self._tick()
        if link := self._link(which, works):
            before = verdicts.everything()
            self._town.open(link)
            assert verdicts.everything() == before

    # The operator, the post, and time.

    @rule(who=number, what=st.sampled_from(HELP), address=address)
    def help(self, who: int, what: str, address: str) -> None:
        self._tick()
        self._town.act(what, self._person(who), **({"email": address} if what == "set-address" else {}))

    @rule(who=number, what=st.sampled_from(HARM))
    def shut_out(self, who: int, what: str) -> None:
        self._tick()
        self._town.act(what, self._person(who))

    @rule(first=number, most=number)
    def relay(self, first: int, most: int) -> None:
        self._tick()
        self._post.relay(slice(first, first + most + 1))

    @rule(which=number)
    def deliver(self, which: int) -> None:
        self._tick()
        if queued := self._post.queued:
            self._post.hand_out(queued.pop(which % len(queued)))

    @rule(which=number)
    def deliver_again(self, which: int) -> None:
        self._tick()
        if handed_out := self._post.handed_out:
            self._post.hand_out(handed_out[-1 - which % len(handed_out)])

    @rule()
    def deliver_everything(self) -> None:
        self._tick()
        self._post.deliver_everything()

    @rule(wait=st.sampled_from(WAITS))
    def wait(self, wait: dict[str, float]) -> None:
        self._tick(**wait)

    # What is always true.

    @invariant()
    def all_is_as_it_ought_to_be(self) -> None:
        self._eavesdropper.hears_no_secret()
        verdicts.addresses_are_right(self._lives)
        verdicts.logins_are_right(self._lives)
        verdicts.accounts_are_right(self._lives)
        self._ask_for_an_address_that_nobody_has()
        for link in filter(self._lives.was_killed, self._lives.links[-KILLED_LINKS:]):
            self._town.follow(link)
        for link in [link for link in self._lives.links if link.page is Page.RESET][-1:]:
            assert self._town.is_good(link) == self._lives.works(link)


def test_whatever_happens_in_the_lives_of_accounts_all_is_as_the_design_says(
    aws_in_memory: None,
    frozen_clock: FrozenClock,
    with_settings: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(History, "clock", frozen_clock, raising=False)
    monkeypatch.setattr(clock, "pause", lambda _: None)  # only what is done here lets time pass
    with_settings(
        PASSWORD_CHECKS_PER_HOUR="1000",
        MAILS_PER_RECIPIENT_PER_HOUR="100",
        RESETS_PER_IDENTIFIER_PER_HOUR="1000",
    )
    # Making a failing history shorter takes minutes.
    phases = [Phase.explicit, Phase.reuse, Phase.generate]
    run_state_machine_as_test(
        LivesOfAccounts,
        settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS, phases=phases),
    )
