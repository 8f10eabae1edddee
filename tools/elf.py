"""Blank the debugging information of shared objects, which no function needs, so that it packs to nothing.

Works on the section table of 64-bit little-endian ELF files, the only kind that Lambda loads. Sizes and
offsets stay as they are: the loader reads none of what is blanked, and nothing has to be rebuilt.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_MAGIC = b"\x7fELF\x02\x01"
_TABLE_OFFSET_AT, _TABLE_SHAPE_AT = 0x28, 0x3A
_SECTION_HEADER = struct.Struct("<IIQQQQ")
_SYMBOLS, _NO_BITS = 2, 8
_LOADED = 0x2


class _Section(NamedTuple):
    name: bytes
    kind: int
    flags: int
    offset: int
    size: int

    @property
    def only_for_debugging(self) -> bool:
        """Whether no running process ever reads this section."""
        if self.flags & _LOADED or self.kind == _NO_BITS:
            return False
        return self.name.startswith(b".debug_") or self.kind == _SYMBOLS or self.name == b".strtab"


def blank_debugging_information(path: Path) -> None:
    """Overwrite with zeros, in place, the symbol table and debugging sections of a shared object."""
    content = bytearray(path.read_bytes())
    if not content.startswith(_MAGIC):
        return
    for section in _sections(bytes(content)):
        if section.only_for_debugging:
            content[section.offset : section.offset + section.size] = bytes(section.size)
    path.write_bytes(content)


def _sections(content: bytes) -> Iterator[_Section]:
    (table,) = struct.unpack_from("<Q", content, _TABLE_OFFSET_AT)
    entry_size, count, names_index = struct.unpack_from("<HHH", content, _TABLE_SHAPE_AT)
    headers = [_SECTION_HEADER.unpack_from(content, table + index * entry_size) for index in range(count)]
    if not headers:
        return
    names = headers[names_index][4]
    for name, kind, flags, _address, offset, size in headers:
        start = names + name
        yield _Section(content[start : content.index(b"\0", start)], kind, flags, offset, size)
