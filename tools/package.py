"""Build the deployment package and its template, the same for AWS and for the local cloud.

`python -m tools.package` writes build/klucznik.zip and build/template.json and prints the size. An
unchanged tree gives the same bytes, and a changed one needs the network only if the requirements changed.
"""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tools.archive import write_archive
from tools.compiling import compile_tree
from tools.dependencies import dependencies
from tools.paths import BUILD, ROOT
from tools.runtime import UnsupportedPython, this_runtime
from tools.template import PACKAGE_NAME, run_chalice

LIMIT_BYTES = 4_000_000


class PackageTooLarge(Exception):
    """The package has outgrown its limit; something unneeded got in."""


@dataclass(frozen=True)
class Package:
    """What a deployment consists of: the zip file with the code, and the SAM template that names it."""

    zip: Path
    template: Path


def build() -> Package:
    """Build the package under build/; quick when only our own code changed.

    Raises UnsupportedPython, PackageTooLarge, or CalledProcessError when pip or Chalice fails.
    """
    runtime = this_runtime()
    third_party = dependencies(runtime)
    package = Package(zip=BUILD / PACKAGE_NAME, template=BUILD / "template.json")
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="packaging-") as scratch:
        template, code = run_chalice(runtime, Path(scratch))
        compile_tree(code / "chalice", keep_sources=False)
        compile_tree(code, keep_sources=True)
        write_archive(package.zip, [code, third_party])
    package.template.write_text(json.dumps(template, indent=1, sort_keys=True) + "\n")
    _check_size(package.zip)
    return package


def _check_size(path: Path) -> None:
    size = path.stat().st_size
    if size > LIMIT_BYTES:
        message = f"{path} has {size:,} bytes; at most {LIMIT_BYTES:,} are allowed"
        raise PackageTooLarge(message)


def main() -> None:
    """Build, and say where the results are and how large the package is."""
    try:
        package = build()
    except (UnsupportedPython, PackageTooLarge, subprocess.CalledProcessError) as error:
        sys.exit(f"package: {error}")
    size = package.zip.stat().st_size
    print(f"{package.zip.relative_to(ROOT)}  {size:,} bytes of {LIMIT_BYTES:,}")
    print(package.template.relative_to(ROOT))


if __name__ == "__main__":
    main()
