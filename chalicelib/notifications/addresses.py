"""Which accounts an address recovers (R6): the log's projection for look-up by address."""

import unicodedata

from chalicelib import clock, storage
from chalicelib.notifications.models import AddressRow

# One address may serve several accounts, but a reminder must stay one readable mail.
MOST_ACCOUNTS = 10

# More may be there for a moment only, when many register at once; what reads the accounts of an address
# does so in one call, which takes a hundred items.
MOST_ROWS = 40

_PAGE_ROWS = 2 * MOST_ACCOUNTS


def fold(address: str) -> str:
    """The form in which addresses are compared: case-folded, its domain in ASCII (IDNA).

    What is no address comes back folded, too: such a key is simply not found.
    """
    local, at, domain = unicodedata.normalize("NFKC", address).strip().rpartition("@")
    return _folded(local) + at + _ascii_domain(domain)


def _ascii_domain(domain: str) -> str:
    if domain.isascii():
        return domain.lower()
    import idna

    # Case folding is not for domains: it would make one of fass.example and faß.example, which may
    # have different owners, and mail the one's links to the other.
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return _folded(domain)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text.casefold())


def rows_of(address: str) -> list[AddressRow]:
    """The accounts that `address` recovers now, confirmed ones first; at most MOST_ROWS of them.

    One call, unless there are very many: strangers' registrations, or rows that ended and are still there.
    """
    current: list[AddressRow] = []
    before = None
    while True:
        rows = storage.page(AddressRow, fold(address), limit=_PAGE_ROWS, before=before)
        current += filter(is_current, rows)
        if len(rows) < _PAGE_ROWS:
            return sorted(current, key=lambda row: not is_confirmed(row))[:MOST_ROWS]
        # Strangers may have registered with this address again and again, and the table deletes late.
        before = rows[-1].account_id


def is_current(row: AddressRow | None) -> bool:
    """Whether a row recovers its account; rows of unconfirmed registrations end with them."""
    return row is not None and (row.expires_at is None or row.expires_at > clock.now())


def is_confirmed(row: AddressRow) -> bool:
    """Whether somebody has shown to read this address; rows of registrations that did not have an end."""
    return row.expires_at is None
