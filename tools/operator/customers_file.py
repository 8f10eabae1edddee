"""The CSV file of an import: read row by row, so that its size does not matter.

UTF-8, with or without a byte order mark; a header line; fields separated by commas or semicolons,
whichever the header has; quoting as spreadsheets do it.
"""

import csv
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import BinaryIO

# As the API wants them; what the values must be is for it to say.
REQUIRED = ("login", "email")
COLUMNS = (
    *REQUIRED,
    "last_notified_email",
    "status",
    "sip_number",
    "balance",
    "as_of",
    "threshold",
    "language",
    "password_hash",
)

_HEADER_LINE = 1
_MOST_BYTES_A_LINE = 100_000
# As JSON. A hundred of these fit into what the API takes at once; no true customer comes near.
_MOST_CHARACTERS_A_ROW = 4096


class Unreadable(Exception):
    """The file is no CSV of customers; the message says where and why."""


@dataclass(frozen=True)
class Row:
    """A customer as written; `problem` names what makes the row one that cannot be sent."""

    line: int
    values: dict[str, str]
    problem: str | None = None


class CustomersFile:
    """A file of customers that is open. Raises Unreadable, also when it is read."""

    def __init__(self, binary: BinaryIO) -> None:
        self._binary = binary
        self._size = os.fstat(binary.fileno()).st_size
        self._lines = _lines(binary)
        header = next(self._lines, "")
        self._delimiter = ";" if ";" in header else ","
        names = next(csv.reader([header], delimiter=self._delimiter), [])
        self._columns = _checked_columns([name.strip().lower() for name in names])

    @property
    def share_read(self) -> float:
        """How much of the file was read, from 0 to 1."""
        return self._binary.tell() / self._size if self._size else 1.0

    def rows(self, from_line: int = 1) -> Iterator[Row]:
        """The rows that begin on this line or after it, without empty ones."""
        reader = csv.reader(self._lines, delimiter=self._delimiter, strict=True)
        while True:
            line = _HEADER_LINE + reader.line_num + 1
            try:
                fields = next(reader, None)
            except csv.Error as error:
                raise Unreadable(f"line {line}: {error}") from None
            if fields is None:
                return
            if line >= from_line and any(fields):
                yield self._row(line, fields)

    def _row(self, line: int, fields: Sequence[str]) -> Row:
        if len(fields) != len(self._columns):
            return Row(line, {}, "wrong_number_of_fields")
        given = zip(self._columns, map(str.strip, fields), strict=True)
        values = {name: value for name, value in given if value or name in REQUIRED}
        if len(json.dumps(values)) > _MOST_CHARACTERS_A_ROW:
            return Row(line, {}, "row_too_large")
        return Row(line, values)


@contextmanager
def opened(path: Path) -> Iterator[CustomersFile]:
    """Open a file of customers. Raises Unreadable and OSError."""
    with path.open("rb") as binary:
        yield CustomersFile(binary)


def _lines(binary: BinaryIO) -> Iterator[str]:
    for number in count(_HEADER_LINE):
        line = binary.readline(_MOST_BYTES_A_LINE)
        if not line:
            return
        if len(line) == _MOST_BYTES_A_LINE:
            raise Unreadable(f"line {number}: longer than any row")
        try:
            yield line.decode("utf-8-sig" if number == _HEADER_LINE else "utf-8")
        except UnicodeDecodeError:
            raise Unreadable(f"line {number}: not UTF-8; try `iconv -f cp1250 -t utf-8`") from None


def _checked_columns(columns: Sequence[str]) -> Sequence[str]:
    known = f"the columns are {', '.join(COLUMNS)}"
    if unknown := sorted(set(columns) - set(COLUMNS)):
        raise Unreadable(f"line {_HEADER_LINE}: there is no column {', '.join(map(repr, unknown))}; {known}")
    if missing := [name for name in REQUIRED if name not in columns]:
        raise Unreadable(f"line {_HEADER_LINE}: the column {', '.join(missing)} is missing; {known}")
    if len(set(columns)) < len(columns):
        raise Unreadable(f"line {_HEADER_LINE}: a column stands there twice; {known}")
    return columns
