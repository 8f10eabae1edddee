"""The tables of the notifications package: Outbox, Notifications (the log) and Addresses."""

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection

from chalicelib.storage import Table, TimeAttribute, table_name


class OverdueIndex(GlobalSecondaryIndex["OutboxMessage"]):
    """The waiting messages by the time of their next attempt; late by a moment, which harms nothing."""

    class Meta:
        index_name = "overdue"
        projection = IncludeProjection(["lane", "park_at", "sweeps"])

    shard = UnicodeAttribute(hash_key=True)
    next_attempt_at = TimeAttribute(range_key=True)


class OfAccountIndex(GlobalSecondaryIndex["OutboxMessage"]):
    """The waiting messages of an account, for the operator's staff."""

    class Meta:
        index_name = "of_account"
        projection = IncludeProjection(["kind", "created_at", "attempts", "last_error", "parked_at"])

    account_id = UnicodeAttribute(hash_key=True)
    message_id = UnicodeAttribute(range_key=True)


class OutboxMessage(Table):
    """A message that waits to be delivered: what to say and to whom, never a secret."""

    class Meta:
        table_name = table_name("OUTBOX_TABLE")

    message_id = UnicodeAttribute(hash_key=True)
    kind = UnicodeAttribute()
    lane = UnicodeAttribute()
    account_id = UnicodeAttribute(null=True)
    recipient = UnicodeAttribute(null=True)
    language = UnicodeAttribute()
    parameters = JSONAttribute()
    notification_id = UnicodeAttribute()
    created_at = TimeAttribute()
    lease_until = TimeAttribute(null=True)
    attempts = NumberAttribute(default=0)
    last_error = UnicodeAttribute(null=True)
    # Where the sweep looks for it, and when it hands it out again. Parked messages are in a shard of
    # their own, which no sweep reads, in the order in which they came there.
    shard = UnicodeAttribute()
    next_attempt_at = TimeAttribute()
    sweeps = NumberAttribute(default=0)
    # When it is parked if it still waits then; and since when it is.
    park_at = TimeAttribute()
    parked_at = TimeAttribute(null=True)

    overdue = OverdueIndex()
    of_account = OfAccountIndex()


class Notification(Table):
    """One entry of the log: a message that was sent to an account, or refused for good."""

    class Meta:
        table_name = table_name("NOTIFICATIONS_TABLE")

    account_id = UnicodeAttribute(hash_key=True)
    notification_id = UnicodeAttribute(range_key=True)
    kind = UnicodeAttribute()
    recipient = UnicodeAttribute()
    language = UnicodeAttribute()
    status = UnicodeAttribute()
    sent_at = TimeAttribute()
    ses_message_id = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    # The accounts that one mail was about; each of them has an entry of its own.
    account_ids = JSONAttribute()
    expires_at = TimeAttribute()


class AddressRow(Table):
    """An account that an address recovers (R6): one row for each pair of them."""

    class Meta:
        table_name = table_name("ADDRESSES_TABLE")

    address = UnicodeAttribute(hash_key=True)
    account_id = UnicodeAttribute(range_key=True)
    last_notified_at = TimeAttribute(null=True)
    unreachable = UnicodeAttribute(null=True)
    expires_at = TimeAttribute(null=True)
