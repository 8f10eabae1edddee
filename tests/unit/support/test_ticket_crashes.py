"""I1 for tickets: whatever crashes on the way, staff and customer get their mails, each logged once."""

import pytest

from chalicelib.notifications import log
from chalicelib.support.tickets import open_ticket
from tests.unit import cloud
from tests.unit.accounts.people import settled
from tests.unit.conftest import FrozenClock
from tests.unit.crashes import EVERY_CRASH, Crash, CrashPoint, Works, points

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("aws_in_memory", "quick_tables", "sleep_moves_the_clock"),
]


@pytest.mark.parametrize("crash", EVERY_CRASH)
def test_a_ticket_reaches_staff_and_is_acknowledged_whatever_crashes(
    crash: Crash, frozen_clock: FrozenClock
) -> None:
    tried = 0
    for point in points(crash):
        zofia = settled(f"zofia{point.number}", f"zofia{point.number}@poczta.example")
        ticket = open_ticket(
            zofia.email, "Nie pamiętam hasła.", zofia.login, language="pl", network=str(point.number)
        )
        logged = {entry.notification_id for entry in log.of_account(log.OPERATOR, limit=1000)}
        sent = len(cloud.sent_mails())

        Works(frozen_clock, point).run()

        assert cloud.items("OUTBOX_TABLE") == [], point
        new = [
            entry for entry in log.of_account(log.OPERATOR, limit=1000) if entry.notification_id not in logged
        ]
        assert [entry.kind for entry in new] == ["ticket"], point
        assert [entry.kind for entry in log.of_account(zofia.account_id, limit=9)] == ["ticket_received"], (
            point
        )
        mails = cloud.sent_mails(after=sent)
        assert {mail["To"] for mail in mails} == {"pomoc@poczta.example", zofia.email}, point
        assert len(mails) == 2 or is_between_ses_and_log(point), point
        assert any(ticket.ticket_id in mail["Subject"] for mail in mails)
        tried = point.number
    if crash is Crash.REFUSED:
        assert tried > 15


def is_between_ses_and_log(point: CrashPoint) -> bool:
    """Whether SES may have taken a mail that the log did not learn of: only then is it sent again."""
    call = point.call
    return call is not None and (call.operation == "SendEmail" or "notifications_table" in call.tables)
