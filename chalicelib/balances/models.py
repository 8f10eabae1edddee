"""The table of the balances package."""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.storage import Table, TimeAttribute, table_name


class Balance(Table):
    """What a customer has left, in grosze, and when they want to be told."""

    class Meta:
        table_name = table_name("BALANCES_TABLE")

    account_id = UnicodeAttribute(hash_key=True)
    balance = NumberAttribute(null=True)
    as_of = TimeAttribute(null=True)
    # None: the operator's default.
    threshold = NumberAttribute(null=True)
    notices = BooleanAttribute(default=True)
