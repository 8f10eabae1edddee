"""What the lives of accounts ought to be, as the design says it: the judge of test_life_of_accounts.py.

Plain values and dictionaries. Nothing here comes from the code under test, not even how logins are
compared: what both had wrong, no test would find.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

UNCONFIRMED, RESERVED = timedelta(days=30), timedelta(days=90)
SESSION, SESSION_AT_MOST = timedelta(hours=12), timedelta(days=30)
MAY_ENTER = {"registered", "active", "blocked"}


class Page(StrEnum):
    """What a mailed link is for: the page of the panel that it leads to."""

    CONFIRM = "confirm"
    RESET = "reset"
    CONFIRM_NEW = "email/confirm"
    UNDO = "email/undo"


WORKS_FOR = {
    Page.CONFIRM: timedelta(hours=24),
    Page.RESET: timedelta(minutes=60),
    Page.CONFIRM_NEW: timedelta(hours=24),
    Page.UNDO: timedelta(hours=72),
}


def key(login: str) -> str:
    """What makes two spellings the same login."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", login).casefold())


def mailbox(address: str) -> str:
    """What makes two spellings the same address."""
    return address.casefold()


@dataclass(frozen=True, eq=False)
class Change:
    """A change of address: from which to which."""

    old: str
    new: str


@dataclass(eq=False)
class Person:
    """A customer's account."""

    account_id: str
    login: str
    email: str
    password: str | None
    ends: datetime | None
    """When it is gone, as long as its address is not confirmed."""
    status: str = "registered"
    before_lock: str = ""
    pending: Change | None = None
    made: Change | None = None
    """The last change of address, as long as it can be taken back."""
    era: int = 0
    """Moves on with password and login; a reset link is of one era."""
    sessions: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)
    """When a session ends, and when it would at the latest, by its token."""
    number: str | None = None
    told: datetime | None = None
    """When the present address was last written to, since it is the present one."""

    @property
    def confirmed(self) -> bool:
        return self.ends is None and self.status != "deleted"

    def move(self, email: str) -> None:
        """The account has another address from now on."""
        if mailbox(email) != mailbox(self.email):
            self.told = None
        self.email = email


@dataclass(eq=False)
class Link:
    """A mailed link, and what was true when it was mailed."""

    page: Page
    token: str
    person: Person
    recipient: str
    mailed_at: datetime
    era: int
    email: str
    change: Change | None = None
    used: bool = False


@dataclass
class Lives:
    """Everybody, by account id, and what is true of them at a moment."""

    now: datetime
    people: dict[str, Person] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    reserved: dict[str, datetime] = field(default_factory=dict)
    """Logins of deleted accounts, and until when nobody gets them."""

    # What is true.

    def exists(self, person: Person) -> bool:
        return person.status != "deleted" and (person.ends is None or self.now < person.ends)

    def may_enter(self, person: Person) -> bool:
        return self.exists(person) and person.status in MAY_ENTER

    def existing(self) -> Iterator[Person]:
        return filter(self.exists, self.people.values())

    def holder(self, login: str) -> Person | None:
        """Who has this login, in whatever spelling."""
        holders = [each for each in self.existing() if key(each.login) == key(login)]
        assert len(holders) < 2
        return holders[0] if holders else None

    def recovered_by(self, address: str) -> set[str]:
        """The accounts that an address recovers: those whose present address it is, and no others (I5)."""
        return {each.account_id for each in self.existing() if mailbox(each.email) == mailbox(address)}

    def is_free(self, login: str) -> bool:
        reserved = self.reserved.get(key(login))
        return self.holder(login) is None and (reserved is None or reserved <= self.now)

    def is_alive(self, person: Person, token: str) -> bool:
        return self.may_enter(person) and token in person.sessions and self.now < person.sessions[token][0]

    def works(self, link: Link) -> bool:
        """Whether a link still does what it is for (I3, I5)."""
        person = link.person
        if self._is_over(link):
            return False
        match link.page:
            case Page.CONFIRM:
                return self.exists(person) and not person.confirmed and person.email == link.email
            case Page.RESET:
                return self.may_enter(person) and (person.era, person.email) == (link.era, link.email)
            case Page.CONFIRM_NEW:
                return self.may_enter(person) and person.pending is link.change
            case Page.UNDO:
                return self.may_enter(person) and link.change in {person.pending, person.made}

    def was_killed(self, link: Link) -> bool:
        """Whether a link was neither used nor is past its time, and yet does nothing any more."""
        return not self._is_over(link) and not self.works(link)

    def _is_over(self, link: Link) -> bool:
        return link.used or self.now >= link.mailed_at + WORKS_FOR[link.page]

    # What happens.

    def log_in(self, person: Person, token: str) -> None:
        person.sessions = {each: times for each, times in person.sessions.items() if self.now < times[0]}
        person.sessions[token] = self.now + SESSION, self.now + SESSION_AT_MOST

    def use_session(self, person: Person, token: str) -> None:
        """A session that is used lasts longer; it is not renewed for less than a tenth of its length."""
        ends, latest = person.sessions[token]
        renewed = min(self.now + SESSION, latest)
        if renewed - ends >= SESSION / 10:
            person.sessions[token] = renewed, latest

    def ask_for_address(self, person: Person, email: str) -> None:
        if email == person.email:
            person.pending = None
        elif person.confirmed:
            person.pending = Change(person.email, email)
        else:
            person.move(email)

    def change_login(self, person: Person, login: str) -> None:
        person.login = unicodedata.normalize("NFKC", login)
        person.era += 1

    def change_password(self, person: Person, password: str, kept: str) -> None:
        """In "Dane": every other session ends, and every reset link mailed before."""
        person.password = password
        person.era += 1
        person.sessions = {token: times for token, times in person.sessions.items() if token == kept}

    def follow(self, link: Link, password: str) -> None:
        """A link that works is used: to reset, with this new password."""
        link.used, person = True, link.person
        match link.page:
            case Page.CONFIRM:
                person.ends = None
            case Page.RESET:
                person.ends = person.pending = person.made = None
                self._end_everything(person, password)
            case Page.CONFIRM_NEW:
                assert person.pending is not None
                person.move(person.pending.new)
                person.made, person.pending = person.pending, None
            case Page.UNDO:
                person.move(link.recipient)
                person.pending = person.made = None
                self._end_everything(person, None)

    def _end_everything(self, person: Person, password: str | None) -> None:
        person.password = password
        person.era += 1
        person.sessions.clear()

    def lock(self, person: Person) -> None:
        if person.status != "locked":
            person.before_lock, person.status = person.status, "locked"
            person.sessions.clear()

    def delete(self, person: Person) -> None:
        self.reserved[key(person.login)] = self.now + RESERVED
        person.status, person.ends, person.pending, person.made = "deleted", None, None, None
        self._end_everything(person, None)
