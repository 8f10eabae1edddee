"""The table of the balances package."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from pynamodb.attributes import Attribute, BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.constants import NUMBER, STRING
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.balances import history
from chalicelib.storage import Table, TimeAttribute, table_name

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class ExactTimeAttribute(Attribute[datetime]):
    """A moment in UTC to the microsecond: a balance may change several times a second."""

    attr_type = NUMBER

    def serialize(self, value: datetime) -> str:
        """Microseconds since 1970."""
        return str((value - _EPOCH) // _MICROSECOND)

    def deserialize(self, value: str) -> datetime:
        """The moment, in UTC."""
        return _EPOCH + int(value) * _MICROSECOND


class HistoryAttribute(Attribute[history.History]):
    """The balance of each of the last days, in little space."""

    attr_type = STRING

    def serialize(self, value: history.History) -> str:
        """The days as text."""
        return history.encode(value)

    def deserialize(self, value: str) -> history.History:
        """The days out of the text."""
        return history.decode(value)


class LowBalanceDueIndex(GlobalSecondaryIndex["Balance"]):
    """The customers who must be told, by the moment from which they may be; nobody else is in it."""

    class Meta:
        index_name = "low_balance_due"
        projection = KeysOnlyProjection()

    due_shard = UnicodeAttribute(hash_key=True)
    due_at = TimeAttribute(range_key=True)


class Balance(Table):
    """What a customer has left, when they want to be told, and what they were told."""

    class Meta:
        table_name = table_name("BALANCES_TABLE")

    account_id = UnicodeAttribute(hash_key=True)
    # Moves on with every write: whoever writes what follows from reading requires it unchanged.
    version = NumberAttribute(default=1)
    # In grosze; None until other systems have told one.
    balance = NumberAttribute(null=True)
    as_of = ExactTimeAttribute(null=True)
    history = HistoryAttribute(default=dict[date, int])
    # In grosze; None: the operator's default.
    threshold = NumberAttribute(null=True)
    notices = BooleanAttribute(default=True)
    # See rules.Told; `skipped` is why the level was settled without telling, if it was.
    settled = UnicodeAttribute(null=True)
    skipped = UnicodeAttribute(null=True)
    low_told_at = TimeAttribute(null=True)
    exhausted_told_at = TimeAttribute(null=True)
    # The notice that is due, from when on, and where the notifier looks for it; none of them otherwise.
    due_level = UnicodeAttribute(null=True)
    due_at = TimeAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)

    low_balance_due = LowBalanceDueIndex()

    def changed(self, **values: Any) -> "Balance":
        """The row with other values, of the next version; this one stays as it was read."""
        names = type(self).get_attributes()
        now = {name: getattr(self, name) for name in names}
        return Balance(**now | values | {"version": self.version + 1})
