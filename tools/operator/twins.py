"""Rows of one file that would get in each other's way, found by a dry run, which leaves no trace of a row."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from chalicelib.accounts import rules
from chalicelib.notifications import addresses
from tools.operator.customers_file import Row


class Twins:
    """Whose logins and SIP numbers the rows so far have; on disk, since a file may be larger than memory."""

    def __init__(self) -> None:
        self._seen = sqlite3.connect("")
        self._seen.execute("CREATE TABLE seen (what TEXT PRIMARY KEY, whose TEXT) WITHOUT ROWID")

    def foretold(self, row: Row) -> Mapping[str, Any] | None:
        """What an import would make of a row that it takes by itself, if one before it makes a difference.

        The same customer again would be found there; another one cannot have the login or the number.
        """
        login = rules.login_key(row.values["login"])
        customer = f"{row.values['login'].strip()}\0{addresses.fold(row.values['email'])}"
        owner, is_first = self._owner(f"login\0{login}", customer)
        if owner != customer:
            return refused("login_taken", "login", "of_another_row")
        if not is_first:
            return {"result": "unchanged"}
        number = row.values.get("sip_number")
        if number and self._owner(f"number\0{number}", login)[0] != login:
            return refused("number_taken", "sip_number", "taken")
        return None

    def _owner(self, what: str, whose: str) -> tuple[str, bool]:
        """Whose this is, theirs who asked first; and whether that was now."""
        added = self._seen.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (what, whose)).rowcount
        [owner] = self._seen.execute("SELECT whose FROM seen WHERE what = ?", (what,)).fetchone()
        return str(owner), bool(added)


def refused(code: str, field: str, problem: str) -> Mapping[str, Any]:
    """A refusal, as the API would give it."""
    return {"result": "refused", "code": code, "errors": [{"field": field, "code": problem}]}
