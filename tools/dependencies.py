"""What the package holds besides our own code: the pinned requirements, without what no function needs."""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from fnmatch import fnmatch
from pathlib import Path

from tools import botocore_data, compiling, elf
from tools.paths import BUILD, ROOT
from tools.runtime import Runtime

REQUIREMENTS = ROOT / "requirements.txt"

# The AWS services that functions call; botocore describes some four hundred more.
SERVICES = frozenset({"dynamodb", "logs", "secretsmanager", "sesv2", "sqs"})

_UNUSED = (
    "bin/*",
    "*.pyi",
    "*.h",
    "*.c",
    "*/py.typed",
    "*/__main__.py",
    # email-validator imports dnspython only to check deliverability, which we never ask for.
    "dns/*",
    # PyNaCl's compiled module needs cffi's backend only; cffi and pycparser are for building modules.
    "cffi/*",
    "pycparser/*",
    # tzdata and the system have the time zones; dateutil's copy is its last resort.
    "dateutil/zoneinfo/*.tar.gz",
    # What zoneinfo does not read.
    "tzdata/zones",
    "tzdata/zoneinfo/*.tab",
    "tzdata/zoneinfo/leapseconds",
    "tzdata/zoneinfo/tzdata.zi",
    "urllib3/contrib/emscripten/*",
    "botocore/data/*/examples-1.json",
)
# Names and versions: only python-ulid asks for its own at run time.
_NEEDED_METADATA = "python_ulid-*.dist-info/METADATA"


def dependencies(runtime: Runtime) -> Path:
    """A directory with the requirements for `runtime`: installed, pruned, compiled; made once and kept."""
    ready = BUILD / f"dependencies-{_fingerprint(runtime)}"
    if not ready.exists():
        BUILD.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=BUILD, prefix="installing-") as scratch:
            fresh = Path(scratch, "dependencies")
            _install(runtime, fresh)
            _prune(fresh)
            botocore_data.trim(fresh / "botocore" / "data")
            for library in fresh.rglob("*.so"):
                elf.blank_debugging_information(library)
            compiling.compile_tree(fresh, keep_sources=False)
            _move_into_place(fresh, ready)
    return ready


def _fingerprint(runtime: Runtime) -> str:
    """Whatever changes the result: the requirements, the rules in these files, Python's byte code."""
    digest = hashlib.sha256(f"{runtime} {importlib.util.MAGIC_NUMBER.hex()}".encode())
    rules = (__file__, botocore_data.__file__, compiling.__file__, elf.__file__)
    for path in (REQUIREMENTS, *map(Path, rules)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _install(runtime: Runtime, target: Path) -> None:
    """Install the wheels that run on Lambda, which need not be the ones that this machine would choose."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--root-user-action=ignore", "--no-deps", "--no-compile", "--only-binary=:all:"]
    command += ["--implementation=cp", f"--python-version={runtime.version[0]}.{runtime.version[1]}"]
    command += [f"--platform={tag}" for tag in runtime.wheel_platforms]
    subprocess.run([*command, f"--target={target}", f"--requirement={REQUIREMENTS}"], check=True)


def _prune(root: Path) -> None:
    for path in sorted(root.rglob("*")):
        if path.is_file() and _is_unused(path.relative_to(root)):
            path.unlink()
    for path in sorted(root.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _is_unused(path: Path) -> bool:
    name = path.as_posix()
    if ".dist-info" in path.parts[0]:
        return not fnmatch(name, _NEEDED_METADATA)
    if path.parts[:2] == ("botocore", "data") and len(path.parts) > len(("botocore", "data", "file")):
        return path.parts[2] not in SERVICES or path.name.startswith("examples")
    return any(fnmatch(name, pattern) for pattern in _UNUSED)


def _move_into_place(fresh: Path, ready: Path) -> None:
    """Rename, so that nobody ever sees half a directory; another build may have been quicker."""
    try:
        fresh.rename(ready)
    except OSError:
        if not ready.exists():
            raise
        shutil.rmtree(fresh)
