"""The table of the support package."""

from pynamodb.attributes import UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from chalicelib.storage import Table, TimeAttribute, table_name


class OfContactIndex(GlobalSecondaryIndex["Ticket"]):
    """The tickets of a contact address, for who exports or erases what is held about it."""

    class Meta:
        index_name = "of_contact"
        projection = AllProjection()

    contact = UnicodeAttribute(hash_key=True)
    ticket_id = UnicodeAttribute(range_key=True)


class Ticket(Table):
    """What somebody wrote to the operator's staff (R11); neither address nor login was checked."""

    class Meta:
        table_name = table_name("TICKETS_TABLE")

    ticket_id = UnicodeAttribute(hash_key=True)
    # The address as it is compared, and as it was typed.
    contact = UnicodeAttribute()
    contact_email = UnicodeAttribute()
    login = UnicodeAttribute(null=True)
    message = UnicodeAttribute()
    language = UnicodeAttribute()
    state = UnicodeAttribute()
    created_at = TimeAttribute()
    expires_at = TimeAttribute()

    of_contact = OfContactIndex()
