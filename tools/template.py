"""The template and our own part of the package, both made by Chalice from app.py and .chalice/."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from tools.alarms import alarms
from tools.dashboard import dashboard
from tools.gateway_responses import gateway_responses
from tools.paths import ROOT
from tools.runtime import Runtime

PACKAGE_NAME = "klucznik.zip"
_CHALICE_STAGE = "all"
# Chalice asks the SDK for a region though nothing in the template depends on it.
_ANY_REGION = "eu-central-1"


def run_chalice(runtime: Runtime, scratch: Path) -> tuple[dict[str, Any], Path]:
    """Let Chalice package a copy of the project, without requirements, under `scratch`.

    Returns the SAM template and a directory with what Chalice ships: app.py, chalicelib and its own
    run-time part. Raises CalledProcessError when app.py cannot be imported or .chalice/ is invalid.
    """
    project = scratch / "project"
    _copy_project(project)
    _declare_architecture(project / ".chalice" / "config.json", runtime)
    environment = {name: value for name, value in os.environ.items() if name != "AWS_PROFILE"}
    environment |= {"AWS_DEFAULT_REGION": _ANY_REGION, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", "from chalice.cli import main; main()", "package"]
    command += ["--stage", _CHALICE_STAGE, "--merge-template", ".chalice/resources.json", "out"]
    subprocess.run(command, cwd=project, env=environment, check=True, stdout=subprocess.DEVNULL)
    template = json.loads((project / "out" / "sam.json").read_text())
    with zipfile.ZipFile(project / "out" / "deployment.zip") as archive:
        archive.extractall(scratch / "code")
    _point_at_package(template)
    template["Resources"]["RestAPI"]["Properties"]["GatewayResponses"] = gateway_responses()
    _watch(template)
    return template, scratch / "code"


def _watch(template: dict[str, Any]) -> None:
    """Add alarms and dashboard, which follow from what else the template has."""
    watching = alarms(template)
    template["Resources"] |= {**watching, "Dashboard": dashboard(template, list(watching))}


def _copy_project(target: Path) -> None:
    """Only what Chalice is to see, so that neither caches nor strangers' files get into a package."""
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", "*.po", "deployments")
    for name in ("chalicelib", ".chalice"):
        shutil.copytree(ROOT / name, target / name, ignore=ignored)
    shutil.copy(ROOT / "app.py", target / "app.py")


def _declare_architecture(path: Path, runtime: Runtime) -> None:
    config = json.loads(path.read_text())
    config["lambda_architecture"] = runtime.architecture
    path.write_text(json.dumps(config))


def _point_at_package(template: dict[str, Any]) -> None:
    for resource in template["Resources"].values():
        if "CodeUri" in resource["Properties"]:
            resource["Properties"]["CodeUri"] = f"./{PACKAGE_NAME}"
