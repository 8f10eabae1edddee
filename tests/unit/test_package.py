"""The deployment package: small, complete, and compiled for the Python that will run it."""

import importlib.util
import json
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from tools.dependencies import SERVICES
from tools.package import LIMIT_BYTES, Package, build
from tools.runtime import UnsupportedPython, this_runtime

# One worker packages, not each.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("package")]

UNCHECKED_HASH = 0b01

# Runs in a bare Python that finds nothing but the package, where compiling a module is an error.
IN_LAMBDA = """
import importlib, importlib.machinery, json, sys

package = sys.argv[1]
sys.path.insert(0, package)

def refuse(self, data, path, **options):
    raise AssertionError(f"{path} is compiled at every cold start")

importlib.machinery.SourceFileLoader.source_to_code = refuse
for name in sys.argv[2:]:
    importlib.import_module(name)

import bcrypt
import botocore.session
import email_validator
import jinja2
import nacl.pwhash
from zoneinfo import ZoneInfo, reset_tzpath

reset_tzpath([])
session = botocore.session.get_session()
for service in %(services)r:
    session.create_client(service, region_name="eu-central-1")
nacl.pwhash.argon2id.verify(nacl.pwhash.argon2id.str(b"x", opslimit=1, memlimit=8192), b"x")
bcrypt.checkpw(b"x", bcrypt.hashpw(b"x", bcrypt.gensalt(4)))
jinja2.Environment(extensions=["jinja2.ext.i18n"])
email_validator.validate_email("jan@firma.example.pl", check_deliverability=False)
ZoneInfo("Europe/Warsaw")
files = [module.__file__ for module in sys.modules.values() if getattr(module, "__file__", None)]
print(json.dumps([file for file in files if not file.startswith((package, sys.base_prefix))]))
"""


@pytest.fixture(scope="module")
def package() -> Package:
    return build()


@pytest.fixture(scope="module")
def files(package: Package) -> dict[PurePosixPath, bytes]:
    with zipfile.ZipFile(package.zip) as archive:
        return {PurePosixPath(name): archive.read(name) for name in archive.namelist()}


def test_the_package_is_small(package: Package) -> None:
    assert package.zip.stat().st_size <= LIMIT_BYTES == 4_000_000


def test_an_unchanged_tree_gives_the_same_bytes(package: Package) -> None:
    first = package.zip.read_bytes(), package.template.read_bytes()
    again = build()
    assert (again.zip.read_bytes(), again.template.read_bytes()) == first


def test_every_function_runs_the_package(package: Package) -> None:
    resources = json.loads(package.template.read_text())["Resources"].values()
    functions = [each["Properties"] for each in resources if each["Type"] == "AWS::Serverless::Function"]
    assert {function["CodeUri"] for function in functions} == {f"./{package.zip.name}"}
    assert {function["Runtime"] for function in functions} == {
        f"python{sys.version_info.major}.{sys.version_info.minor}"
    }
    assert {tuple(function["Architectures"]) for function in functions} == {(this_runtime().architecture,)}


def test_compiled_files_fit_the_runtime_and_are_never_checked(files: dict[PurePosixPath, bytes]) -> None:
    compiled = {path: content for path, content in files.items() if path.suffix == ".pyc"}
    assert len(compiled) > 100
    for path, content in compiled.items():
        assert content[:4] == importlib.util.MAGIC_NUMBER, path
        assert int.from_bytes(content[4:8], "little") == UNCHECKED_HASH, path


def test_our_own_sources_stay_readable_in_tracebacks(files: dict[PurePosixPath, bytes]) -> None:
    sources = {path for path in files if path.suffix == ".py"}
    ours = {PurePosixPath(path.as_posix()) for path in Path("chalicelib").rglob("*.py")}
    assert sources == ours | {PurePosixPath("app.py")}


def test_nothing_but_the_application_and_its_requirements_ships(files: dict[PurePosixPath, bytes]) -> None:
    ours = {"app", "chalice", "chalicelib", "__pycache__"}
    third_party = {
        "_cffi_backend",
        "bcrypt",
        "botocore",
        "dateutil",
        "email_validator",
        "idna",
        "jinja2",
        "jmespath",
        "jwt",
        "markupsafe",
        "msgspec",
        "nacl",
        "pynamodb",
        "python_ulid-*",
        "six",
        "typing_extensions",
        "tzdata",
        "ulid",
        "urllib3",
    }
    found = {path.parts[0].split(".")[0] for path in files}
    assert {"python_ulid-*" if name.startswith("python_ulid-") else name for name in found} == (
        ours | third_party
    )


def test_the_panels_translations_ship_compiled_only(files: dict[PurePosixPath, bytes]) -> None:
    catalogues = PurePosixPath("chalicelib/web/locale")
    shipped = {path.name for path in files if path.is_relative_to(catalogues)}
    assert shipped == {"panel.mo"}


def test_botocore_brings_only_the_services_that_are_called(files: dict[PurePosixPath, bytes]) -> None:
    data = PurePosixPath("botocore/data")
    described = {path.parts[2] for path in files if path.is_relative_to(data) and path.parent != data}
    assert described == SERVICES


def test_everything_imports_from_the_package_alone_and_compiles_nothing(
    package: Package, files: dict[PurePosixPath, bytes], tmp_path: Path
) -> None:
    zipfile.ZipFile(package.zip).extractall(tmp_path)
    modules = [path.with_suffix("").as_posix().replace("/", ".") for path in files if path.suffix == ".py"]
    modules = [module.removesuffix(".__init__") for module in modules]
    bare_python = getattr(sys, "_base_executable", sys.executable)
    command = [bare_python, "-I", "-S", "-c", IN_LAMBDA % {"services": sorted(SERVICES)}]
    strangers = subprocess.run([*command, tmp_path, *modules], capture_output=True, text=True, check=False)
    assert strangers.stderr == ""
    assert json.loads(strangers.stdout) == []


@pytest.mark.parametrize("version", [(3, 10, 9), (3, 15, 0)])
def test_a_python_without_a_lambda_runtime_is_refused(
    version: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(UnsupportedPython, match=r"use CPython 3\.11 to 3\.14"):
        this_runtime()


def test_a_system_without_a_lambda_runtime_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(UnsupportedPython, match="Lambda runs on Linux"):
        this_runtime()
