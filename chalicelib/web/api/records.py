"""What is on record about a customer: the messages sent, the balances, everything."""

from chalice.app import Response

from chalicelib import money
from chalicelib.balances.models import Balance
from chalicelib.notifications import log
from chalicelib.support.export import export
from chalicelib.web import schemas
from chalicelib.web.edge import answer, authenticated, authenticated_with, endpoint, page_asked_for


@endpoint
def list_notifications() -> Response:
    """Page through the messages sent to the account, newest first."""
    account = authenticated().account
    asked = page_asked_for()
    entries = log.of_account(account.account_id, limit=asked.limit + 1, before=asked.cursor)
    views = [
        schemas.NotificationView(each.notification_id, each.kind, each.recipient, each.sent_at, each.status)
        for each in entries[: asked.limit]
    ]
    return answer(schemas.NotificationPage(views, views[-1].id if len(entries) > asked.limit else None))


@endpoint
def show_balance_history() -> Response:
    """See what was left on each of the last days."""
    _, row = authenticated_with(Balance)
    days = sorted(row.history.items()) if row else []
    points = [schemas.BalancePoint(day, money.write(grosze)) for day, grosze in days]
    return answer(schemas.BalanceHistory(points))


@endpoint
def export_account() -> Response:
    """Take everything that is held about the account."""
    return answer(export(authenticated()))
