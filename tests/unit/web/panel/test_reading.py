"""The pages that are for reading: the balance, and the messages that we sent (R16)."""

import re
from datetime import timedelta

import pytest

from chalicelib import clock, storage
from chalicelib.accounts.models import Account
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.log import Status
from chalicelib.notifications.models import Notification
from chalicelib.web.panel.views.notifications import PAGE_ENTRIES
from chalicelib.web.panel.words import KINDS, STATUSES
from tests.unit.accounts.people import JAN, ZOFIA, settled
from tests.unit.balances.billing import run, tell
from tests.unit.browser import Page
from tests.unit.conftest import FrozenClock
from tests.unit.web.panel.visitors import entered

pytestmark = pytest.mark.usefixtures("aws_in_memory")


def test_before_anything_is_known_the_page_says_so() -> None:
    settled()
    words = entered().open("/balance").words
    assert "There is nothing to show yet" in words
    assert "We send you a message when less than PLN 5.00 is left." in words


def test_the_balance_is_shown_with_its_moment_and_how_long_it_lasts(frozen_clock: FrozenClock) -> None:
    account = settled()
    for balance in ("20.00", "18.00", "16.00", "14.00", "12.00"):
        tell(account, balance)
        frozen_clock.advance(days=1)
    words = entered().open("/balance").words
    assert "PLN 12.00 as of 26 November 2026 at 11:00 (CET)" in words
    assert "At the pace of the last two weeks it lasts for about 6 days." in words


def drawn(page: Page) -> list[tuple[str, dict[str, str]]]:
    return [
        each for each in page.parsed.elements if each[0] in ("svg", "polyline", "polygon", "line", "text")
    ]


def test_two_days_make_a_chart_and_a_table_of_the_same(frozen_clock: FrozenClock) -> None:
    account = settled()
    tell(account, "20.00")
    assert drawn(entered().open("/balance")) == []
    frozen_clock.advance(days=1)
    tell(account, "-1.50")
    page = entered().open("/balance")
    [line] = [attributes["points"] for tag, attributes in drawn(page) if tag == "polyline"]
    assert len(line.split()) == 2
    [svg] = [attributes for tag, attributes in drawn(page) if tag == "svg"]
    assert (svg["role"], svg["aria-labelledby"]) == ("img", "chart-title")
    assert "The balance from 22 November 2026 to 23 November 2026" in page.words
    assert "23 November 2026 PLN -1.50 22 November 2026 PLN 20.00" in page.words


def test_the_last_message_about_the_balance_is_told() -> None:
    account = settled()
    tell(account, "4.99")
    run()
    assert (
        "The last message: Low balance, 22 November 2026 at 11:00 (CET)" in entered().open("/balance").words
    )


def test_nobody_sees_the_balance_of_another() -> None:
    tell(settled(), "20.00")
    settled("zofia", ZOFIA)
    assert "20.00" not in entered("zofia").open("/balance").words


def log(account: Account, kind: str = Kind.PASSWORD_CHANGED, status: str = Status.SENT) -> None:
    """Log a message."""
    clock.pause(60)
    entry = Notification(
        account_id=account.account_id,
        notification_id=clock.new_id(),
        kind=kind,
        recipient=account.email,
        language="pl",
        status=status,
        sent_at=clock.now(),
        ses_message_id="0",
        account_ids=[account.account_id],
        expires_at=clock.now() + timedelta(days=1),
    )
    storage.write(storage.put(entry))


def test_a_log_with_nothing_in_it_says_so() -> None:
    settled()
    page = entered().open("/notifications")
    assert "There are no messages here." in page.words
    assert "the address to which we wrote last brings you back in" in page.words
    assert "Older messages" not in page.words


@pytest.mark.parametrize("kind", KINDS)
def test_each_message_is_shown_by_name_with_its_address_and_moment(kind: str) -> None:
    account = settled()
    log(account, kind)
    words = entered().open("/notifications").words
    assert f"{KINDS[kind]} to {JAN} sent 22 November 2026 at 11:01 (CET)" in words


@pytest.mark.parametrize("status", STATUSES)
def test_what_became_of_a_message_is_told_in_words(status: str) -> None:
    account = settled()
    log(account, status=status)
    assert f"to {JAN} {STATUSES[status]} 22 November" in entered().open("/notifications").words


def moments(page: Page) -> list[str]:
    return re.findall(r"November 2026 at (\d\d:\d\d)", page.words)


def test_every_message_is_on_one_page_newest_first() -> None:
    account = settled()
    for _ in range(PAGE_ENTRIES + 1):
        log(account)
    browser = entered()
    first = browser.open("/notifications")
    assert len(moments(first)) == PAGE_ENTRIES
    [older] = [
        attributes["href"]
        for _, attributes in first.parsed.elements
        if attributes.get("href", "").startswith("notifications?cursor=")
    ]
    second = browser.open("/notifications", cursor=older.partition("cursor=")[2])
    assert len(moments(second)) == 1
    shown = moments(first) + moments(second)
    assert shown == sorted(shown, reverse=True)
    assert len(set(shown)) == PAGE_ENTRIES + 1
    assert "The newest messages" in second.words
    assert "Older messages" not in second.words


def test_a_full_page_with_nothing_after_it_offers_nothing_more() -> None:
    account = settled()
    for _ in range(PAGE_ENTRIES):
        log(account)
    assert "Older messages" not in entered().open("/notifications").words


def test_nobody_sees_the_messages_of_another() -> None:
    log(settled())
    settled("zofia", ZOFIA)
    assert "There are no messages here." in entered("zofia").open("/notifications").words
