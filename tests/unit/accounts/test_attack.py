"""The attack that must not work: from everywhere, for hours, against one customer (I8, I13)."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from tests.unit import cloud
from tests.unit.accounts.guessing import WRONG
from tests.unit.accounts.people import JAN, NEW_PASSWORD, logged_in, reset, settled
from tests.unit.clients import Customer, PostOffice, tokens_in
from tests.unit.conftest import FrozenClock

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("aws_in_memory", "quick_tables")]

ATTEMPTS = 1000
EVERY = timedelta(seconds=14)
# Their requests are carried to the mailbox every other minute: it shortens the test, not the attack.
DELIVERED_AT_ONCE = 10


def attackers() -> Iterator[Customer]:
    """A thousand computers, each in a network of its own, none in the owner's."""
    for number in range(ATTEMPTS):
        yield Customer(ip=f"100.{64 + number // 250}.{number % 250}.9", language="en")


def test_a_thousand_guesses_and_a_thousand_resets_keep_nobody_out_and_fill_no_mailbox(
    post_office: PostOffice, frozen_clock: FrozenClock
) -> None:
    settled("jan", JAN)
    at_home = "198.51.100.7"
    logged_in("jan", ip=at_home)
    guesses: Counter[int] = Counter()
    mailed_at: list[datetime] = []
    for number, attacker in enumerate(attackers(), start=1):
        guesses[attacker.log_in("jan", WRONG).status] += 1
        assert attacker.post("/v1/password-resets", identifier=JAN).status == 202
        frozen_clock.advance(seconds=EVERY.total_seconds())
        if number % DELIVERED_AT_ONCE == 0:
            mailed_at += new_mails(post_office, frozen_clock, len(mailed_at))
    assert guesses == {401: 100, 429: ATTEMPTS - 100}

    # The owner gets in at home, with a typing error on the way,
    assert Customer(ip=at_home).log_in("jan", WRONG).status == 401
    assert Customer(ip=at_home).log_in("jan").status == 201
    # and elsewhere, having asked for a reset mail and got one within a quarter of an hour.
    asked_at = frozen_clock()
    elsewhere = Customer(ip="203.0.113.7")
    assert elsewhere.log_in("jan").status == 429
    while not mailed_at or mailed_at[-1] < asked_at:
        assert frozen_clock() - asked_at <= timedelta(minutes=15)
        if (frozen_clock() - asked_at) % timedelta(minutes=7) == timedelta(0):
            assert elsewhere.post("/v1/password-resets", identifier="jan").status == 202
        mailed_at += new_mails(post_office, frozen_clock, len(mailed_at))
        frozen_clock.advance(seconds=60)
    [token] = tokens_in(cloud.sent_mails()[-1])
    assert reset(elsewhere, token).status == 204
    assert elsewhere.log_in("jan", NEW_PASSWORD).status == 201

    in_each_hour = Counter(moment.replace(minute=0, second=0) for moment in mailed_at)
    assert len(in_each_hour) >= 4
    assert max(in_each_hour.values()) <= 5 + 4


def new_mails(post_office: PostOffice, frozen_clock: FrozenClock, known: int) -> list[datetime]:
    """Deliver what waits; the time once for each mail that came of it."""
    post_office.deliver_all()
    return [frozen_clock()] * len(cloud.sent_mails(after=known))
