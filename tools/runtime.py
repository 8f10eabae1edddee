"""The Lambda runtime that a package is built for: that of the Python and machine that build it.

Compiled files and native wheels fit exactly one Python version and one processor, so the runtime follows
the builder instead of being configured, and the template declares what was built.
"""

import platform
import sys
from dataclasses import dataclass

_OLDEST = (3, 11)
_NEWEST = (3, 14)
# The glibc of Amazon Linux 2 (runtimes up to python3.11) and of Amazon Linux 2023 (from python3.12 on).
_GLIBC_MINOR_OF_AMAZON_LINUX_2 = 26
_GLIBC_MINOR_OF_AMAZON_LINUX_2023 = 34
_FIRST_ON_AMAZON_LINUX_2023 = (3, 12)
_OLDEST_GLIBC_MINOR = 17


class UnsupportedPython(Exception):
    """This Python or machine has no Lambda runtime that what it compiles would run on."""


@dataclass(frozen=True)
class Runtime:
    """A Lambda runtime: Python's version and the processor."""

    version: tuple[int, int]
    machine: str

    @property
    def name(self) -> str:
        """As Lambda names it, such as `python3.11`."""
        return f"python{self.version[0]}.{self.version[1]}"

    @property
    def architecture(self) -> str:
        """As Lambda names it: `x86_64` or `arm64`."""
        return {"x86_64": "x86_64", "aarch64": "arm64"}[self.machine]

    @property
    def wheel_platforms(self) -> list[str]:
        """The platform tags of the wheels that run there, newest first."""
        modern = self.version >= _FIRST_ON_AMAZON_LINUX_2023
        newest = _GLIBC_MINOR_OF_AMAZON_LINUX_2023 if modern else _GLIBC_MINOR_OF_AMAZON_LINUX_2
        minors = range(newest, _OLDEST_GLIBC_MINOR - 1, -1)
        return [f"manylinux_2_{minor}_{self.machine}" for minor in minors] + [f"manylinux2014_{self.machine}"]


def this_runtime() -> Runtime:
    """The runtime that the running Python builds for.

    Raises UnsupportedPython where Lambda offers none: another Python version, system or processor.
    """
    version = sys.version_info[:2]
    if sys.implementation.name != "cpython" or not _OLDEST <= version <= _NEWEST:
        message = (
            f"the package must be compiled by the Python it runs on: use CPython "
            f"{_OLDEST[0]}.{_OLDEST[1]} to {_NEWEST[0]}.{_NEWEST[1]}, not {platform.python_implementation()} "
            f"{platform.python_version()}"
        )
        raise UnsupportedPython(message)
    if sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"}:
        message = f"Lambda runs on Linux, x86_64 or aarch64, not {platform.system()} on {platform.machine()}"
        raise UnsupportedPython(message)
    return Runtime(version, platform.machine())
