"""The tables of the accounts package: Credentials, Accounts, SipAccounts, Tokens, Seen and Throttles."""

from enum import StrEnum
from typing import Any, TypeGuard, TypeVar

from pynamodb.attributes import Attribute, MapAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib import clock
from chalicelib.storage import Table, TimeAttribute, table_name


class Status(StrEnum):
    """Where an account is in its life."""

    REGISTERED = "registered"
    ACTIVE = "active"
    BLOCKED = "blocked"
    LOCKED = "locked"
    DELETED = "deleted"


# A customer without funds must get in to top up; one locked for fraud, or gone, must not.
MAY_LOG_IN = (Status.REGISTERED, Status.ACTIVE, Status.BLOCKED)


class Credential(Table):
    """A login and its password; the key is what makes logins unique (I6)."""

    class Meta:
        table_name = table_name("CREDENTIALS_TABLE")

    login_key = UnicodeAttribute(hash_key=True)
    account_id = UnicodeAttribute()
    password_hash = UnicodeAttribute()
    password_version = NumberAttribute()
    expires_at = TimeAttribute(null=True)


class ToEraseIndex(GlobalSecondaryIndex["Account"]):
    """The deleted accounts by the time when nothing personal of them may be left (R13)."""

    class Meta:
        index_name = "to_erase"
        projection = KeysOnlyProjection()

    erase_shard = UnicodeAttribute(hash_key=True)
    erase_at = TimeAttribute(range_key=True)


class Account(Table):
    """A customer. `expires_at` is set while the address is unconfirmed, and the account ends with it."""

    class Meta:
        table_name = table_name("ACCOUNTS_TABLE")

    account_id = UnicodeAttribute(hash_key=True)
    login = UnicodeAttribute()
    email = UnicodeAttribute()
    email_confirmed_at = TimeAttribute(null=True)
    # The change of address that waits to be confirmed, and the last one that was: each has its own links.
    pending_email = UnicodeAttribute(null=True)
    pending_change = UnicodeAttribute(null=True)
    confirmed_change = UnicodeAttribute(null=True)
    # Where an imported customer's notifications went last, until the first one goes to `email` (R6).
    former_email = UnicodeAttribute(null=True)
    # Which row of an import made the account: two rows may look alike to us, but be two customers.
    imported_as = UnicodeAttribute(null=True)
    address_unreachable = UnicodeAttribute(null=True)
    language = UnicodeAttribute()
    status = UnicodeAttribute()
    # What the status was before the account was locked, and will be again.
    status_before_lock = UnicodeAttribute(null=True)
    sip_number = UnicodeAttribute(null=True)
    password_version = NumberAttribute()
    password_changed_at = TimeAttribute()
    failures_forgiven = NumberAttribute(default=0)
    sessions: MapAttribute[str, Any] = MapAttribute(default=dict)
    networks: MapAttribute[str, Any] = MapAttribute(default=dict)
    created_at = TimeAttribute()
    expires_at = TimeAttribute(null=True)
    deleted_at = TimeAttribute(null=True)
    erase_shard = UnicodeAttribute(null=True)
    erase_at = TimeAttribute(null=True)

    to_erase = ToEraseIndex()


class SipAccount(Table):
    """A SIP number and the digests that let its device in (R14); a digest is as good as the password."""

    class Meta:
        table_name = table_name("SIP_ACCOUNTS_TABLE")

    sip_number = UnicodeAttribute(hash_key=True)
    account_id = UnicodeAttribute()
    realm = UnicodeAttribute(null=True)
    ha1_md5 = UnicodeAttribute(null=True)
    ha1_sha256 = UnicodeAttribute(null=True)
    # The newest message that is to bring a password: what an older one brings is void.
    awaited_message = UnicodeAttribute(null=True)
    # Set when the account was deleted: until then nobody else gets the number.
    expires_at = TimeAttribute(null=True)


_Expiring = TypeVar("_Expiring", Credential, Account)


class Token(Table):
    """A mailed link, known by the hash of its secret part only."""

    class Meta:
        table_name = table_name("TOKENS_TABLE")

    token_hash = UnicodeAttribute(hash_key=True)
    purpose = UnicodeAttribute()
    account_id = UnicodeAttribute()
    login = UnicodeAttribute()
    email = UnicodeAttribute()
    recipient = UnicodeAttribute()
    password_version = NumberAttribute()
    # The change of address that the link belongs to, if it belongs to one.
    change = UnicodeAttribute(null=True)
    expires_at = TimeAttribute()


class Seen(Table):
    """A sender's message that was taken: a repeat of it is harmless (R20)."""

    class Meta:
        table_name = table_name("SEEN_TABLE")

    key = UnicodeAttribute(hash_key=True)
    expires_at = TimeAttribute()


class Throttle(Table):
    """A counter of attempts; the key names what is counted, and in which window of time."""

    class Meta:
        table_name = table_name("THROTTLES_TABLE")

    key = UnicodeAttribute(hash_key=True)
    attempts = NumberAttribute()
    last_at = TimeAttribute(null=True)
    password_version = NumberAttribute(null=True)
    expires_at = TimeAttribute()


def is_live(item: _Expiring | None) -> TypeGuard[_Expiring]:
    """Whether a credential or account exists and, unless its address is confirmed, has time left."""
    return item is not None and (item.expires_at is None or item.expires_at > clock.now())


def is_free_login() -> Condition:
    """The condition under which a login may be taken: nobody has it, or its time ran out unconfirmed."""
    free: Condition = Credential.login_key.does_not_exist() | (Credential.expires_at <= clock.now())
    return free


def may_log_in() -> Condition:
    """The condition that an account exists and may be entered now."""
    live = Account.expires_at.does_not_exist() | (Account.expires_at > clock.now())
    may_enter: Condition = Account.status.is_in(*MAY_LOG_IN) & live
    return may_enter


def not_deleted() -> Condition:
    """The condition that an account exists, whether it may be entered or not."""
    live = Account.expires_at.does_not_exist() | (Account.expires_at > clock.now())
    there: Condition = Account.status.exists() & (Account.status != Status.DELETED) & live
    return there


def same(attribute: Attribute[Any], value: Any) -> Condition:
    """The condition that an attribute is as it was read; None is "not there"."""
    return attribute.does_not_exist() if value is None else attribute == value
