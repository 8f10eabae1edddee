"""The tables of the notifications package: Outbox, Notifications (the log) and Addresses."""

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.storage import Table, TimeAttribute, table_name


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


class Notification(Table):
    """One entry of the log: a message that was sent to an account."""

    class Meta:
        table_name = table_name("NOTIFICATIONS_TABLE")

    account_id = UnicodeAttribute(hash_key=True)
    notification_id = UnicodeAttribute(range_key=True)
    kind = UnicodeAttribute()
    recipient = UnicodeAttribute()
    language = UnicodeAttribute()
    status = UnicodeAttribute()
    sent_at = TimeAttribute()
    ses_message_id = UnicodeAttribute()
    expires_at = TimeAttribute()


class AddressRow(Table):
    """An account that an address recovers (R6): one row for each pair of them."""

    class Meta:
        table_name = table_name("ADDRESSES_TABLE")

    address = UnicodeAttribute(hash_key=True)
    account_id = UnicodeAttribute(range_key=True)
    last_notified_at = TimeAttribute(null=True)
    expires_at = TimeAttribute(null=True)
