"""Rows of an import, as the CSV of a former system gives them."""

from typing import Any

from chalicelib.support.import_rules import ImportRow
from chalicelib.support.importing import RowOutcome, import_rows
from tests.unit import cloud

# Of "Zielony-Rower-7", as many PHP applications keep it.
BCRYPT = "$2y$04$i/qmSu6oF785ly5yMKMydOug6pP6BCRH9S/PRu16HZZVi2qwNIKx."

# What an import may write to.
TABLES = ("ACCOUNTS", "CREDENTIALS", "ADDRESSES", "SIP_ACCOUNTS", "BALANCES", "OUTBOX", "NOTIFICATIONS")


def row(login: str = "jan", email: str = "jan@poczta.example", **values: str) -> ImportRow:
    """A row with these columns filled in."""
    return ImportRow(login, email, **values)


def imported(*rows: ImportRow) -> list[RowOutcome]:
    """The outcomes of rows, all of which are imported."""
    outcomes = import_rows(rows)
    assert [each.result for each in outcomes] == ["imported"] * len(rows)
    return outcomes


def refusal_of(one: ImportRow, **how: bool) -> tuple[str | None, dict[str, str]]:
    """Why a row is refused: the code, and what is wrong with which field."""
    [outcome] = import_rows([one], **how)
    assert (outcome.result, outcome.account_id) == ("refused", None)
    return outcome.code, {error.field: error.code for error in outcome.fields}


def stored() -> dict[str, list[dict[str, Any]]]:
    """Everything that is in the tables."""
    return {name: sorted(cloud.items(f"{name}_TABLE"), key=str) for name in TABLES}
