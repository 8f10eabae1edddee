"""Answers of the API for people at a terminal: facts below each other, lists as columns."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

_GAP = "  "
_NOTHING = "-"


def facts(record: Mapping[str, Any]) -> str:
    """A line for each value that is there, its name before it."""
    known = {_title(name): _shown(value) for name, value in record.items() if value is not None}
    width = max(map(len, known), default=0)
    return "\n".join(f"{name:<{width}}{_GAP}{value}" for name, value in known.items())


def columns(records: Sequence[Mapping[str, Any]], *names: str) -> str:
    """A line for each record, with the values of these names under each other, and a line of titles."""
    lines = [[_title(name) for name in names]]
    lines += [[_shown(record.get(name)) for name in names] for record in records]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        _GAP.join(
            text + " " * (width - _width(text)) for text, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def _title(name: str) -> str:
    return name.replace("_", " ").upper() if name == "id" else name.replace("_", " ")


def _shown(value: Any) -> str:
    match value:
        case None:
            return _NOTHING
        case bool():
            return "yes" if value else "no"
        case str():
            return _printable(_moment(value))
    return str(value)


def _moment(text: str) -> str:
    """A time without what nobody reads; any other text as it is."""
    try:
        return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S}Z" if text.endswith("Z") else text
    except ValueError:
        return text


def _printable(text: str) -> str:
    """Nothing that would move the cursor: what customers typed is shown on staff's terminals."""
    return "".join(each if each.isprintable() else "?" for each in text)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)
