"""Zip files whose bytes depend on nothing but their content."""

import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_SMALLEST = 9
_READABLE_FILE = 0o100644 << 16
_LIBRARY = 0o100755 << 16


def write_archive(target: Path, roots: Iterable[Path]) -> None:
    """Zip all files under `roots` into `target`, which is replaced in one step.

    A file that two roots have counts once, from the first of them.
    """
    files: dict[str, Path] = {}
    for root in roots:
        for path in root.rglob("*"):
            if path.is_file():
                files.setdefault(path.relative_to(root).as_posix(), path)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="zipping-") as scratch:
        unfinished = Path(scratch, target.name)
        with zipfile.ZipFile(unfinished, "w", compresslevel=_SMALLEST) as archive:
            for name in sorted(files):
                archive.writestr(_entry(name), files[name].read_bytes())
        unfinished.replace(target)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system = _UNIX
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = _LIBRARY if name.endswith(".so") else _READABLE_FILE
    return entry
