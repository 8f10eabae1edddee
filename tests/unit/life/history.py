"""A history of lives: it begins with two customers and ends when all mail is delivered; and what chooses."""

from contextlib import ExitStack
from itertools import cycle
from typing import ClassVar

from hypothesis.stateful import RuleBasedStateMachine, initialize

from tests.unit import cloud, quick_dynamodb
from tests.unit.conftest import FrozenClock
from tests.unit.life import verdicts
from tests.unit.life.lives import Link, Lives, Page, Person
from tests.unit.life.slow_post import SlowPost
from tests.unit.life.town import WRONG, Town

ADDRESSES = ["jan@poczta.example", "Jan@poczta.example", "zofia@poczta.example", "dom@poczta.example"]
# The number that chooses somebody who is gone.
GONE = 5


class History(RuleBasedStateMachine):
    """Tables of its own, people and post; nothing happens by itself."""

    clock: ClassVar[FrozenClock]

    def __init__(self) -> None:
        super().__init__()
        self._start = self.clock.time
        self._ending = ExitStack()
        self._ending.enter_context(quick_dynamodb.in_place_of_motos())
        cloud.make_tables()
        self._wire = cloud.Wire()
        self._ending.enter_context(cloud.watched(self._wire))
        self._lives, self._secrets = Lives(self._start), [WRONG]
        self._post = SlowPost(self._wire, self._lives, self._secrets)
        self._town = Town(self._lives, self._secrets)
        self._eavesdropper = verdicts.Eavesdropper(self._wire, self._secrets)
        self._addresses = cycle(ADDRESSES)

    @initialize()
    def two_customers(self) -> None:
        """One of them has a telephone."""
        self._arrive("jan")
        self._arrive("zofia")
        self._town.act("verify", self._person(0))

    def _arrive(self, login: str) -> None:
        """Somebody registers, confirms the address and logs in."""
        self._town.register(login, ADDRESSES[len(self._lives.people) % len(ADDRESSES)])
        self._post.deliver_everything()
        person = list(self._lives.people.values())[-1]
        self._follow_newest(Page.CONFIRM, person)
        self._session_of(person)

    def teardown(self) -> None:
        try:
            self._post.deliver_everything()
            verdicts.the_log_is_right(self._post.log)
            self._eavesdropper.finds_no_secret()
        finally:
            self._ending.close()
            self.clock.time = self._start

    def _tick(self, **wait: float) -> None:
        self.clock.advance(**(wait or {"seconds": 1}))
        self._lives.now = self.clock.time

    def _person(self, which: int) -> Person:
        """Somebody; now and then somebody who is gone."""
        gone = [each for each in self._lives.people.values() if not self._lives.exists(each)]
        if gone and which == GONE:
            return gone[-1]
        if len(list(self._lives.existing())) < 2:
            self._arrive(f"klient-{len(self._lives.people)}")
        people = list(self._lives.existing())
        return people[which % len(people)]

    def _session_of(self, person: Person) -> str | None:
        """A session of somebody who has the password, if they may have any; it is not their only one."""
        if person.password is None or not self._lives.may_enter(person):
            return None
        alive = [token for token in person.sessions if self._lives.is_alive(person, token)]
        while len(alive) < 2:
            self._town.log_in(person.login, person.password)
            alive.append(self._town.tokens[-1][1])
        return alive[-1]

    def _link(self, which: int, works: bool) -> Link | None:
        links = [link for link in self._lives.links if self._lives.works(link) is works]
        return links[-1 - which % len(links)] if links else None

    def _follow_newest(self, page: Page, person: Person) -> None:
        links = [link for link in self._lives.links if link.page is page and link.person is person]
        if links:
            self._town.follow(links[-1])

    def _ask_for_address(self, person: Person, email: str) -> None:
        if token := self._session_of(person):
            self._town.change(person, token, person.password, email=email)
            self._post.deliver_everything()

    def _recover(self, person: Person) -> None:
        """Forget the password, and get back in by the address."""
        self._town.forget(person.email if self._lives.exists(person) else person.login)
        if self._lives.may_enter(person):
            self._post.deliver_everything()
            self._follow_newest(Page.RESET, person)
            assert person.password is not None, "who has the mailbox gets back in"

    def _ask_for_an_address_that_nobody_has(self) -> None:
        """One that was mistyped, is pending, or was replaced, perhaps: it is unknown like any other (I5)."""
        address = next(self._addresses)
        if not self._lives.holder(address) and not self._lives.recovered_by(address):
            self._town.forget(address)
