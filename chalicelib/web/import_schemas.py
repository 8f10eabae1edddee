"""The JSON of the import, as types; apart from the others, since no other route needs what it imports."""

from typing import Annotated

from msgspec import Meta, Struct

from chalicelib.support.import_rules import ImportRow
from chalicelib.support.importing import MOST_ROWS, Result
from chalicelib.web.schemas import FieldProblem, Form

# A hundred rows of the longest values that are accepted, and more.
MOST_BYTES = 512 * 1024


class ImportForm(Form):
    """POST /operator/accounts/import; with `dry_run` nothing is written."""

    rows: Annotated[list[ImportRow], Meta(min_length=1, max_length=MOST_ROWS)]
    dry_run: bool = False


class RowResult(Struct, frozen=True):
    """What became of a row; of a refused one, why."""

    result: Result
    account_id: str | None
    code: str | None
    errors: list[FieldProblem]


class ImportResults(Struct, frozen=True):
    """What became of each row, in their order."""

    results: list[RowResult]
