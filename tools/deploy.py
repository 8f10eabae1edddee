"""Deploy the package by CloudFormation: to an AWS account, or to an emulator.

`make deploy STAGE=prod ARTIFACTS=bucket NAME=value …` makes or updates the stack klucznik-prod, with the
package stored in that bucket. NAME is a setting (PANEL_URL, MAIL_FROM …); what is not named keeps its value.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tools.package import Package, PackageTooLarge, build
from tools.runtime import UnsupportedPython
from tools.stacks import DeploymentFailed, parameters_of, update_stack
from tools.template import PACKAGE_NAME

_USAGE = "make deploy STAGE=prod ARTIFACTS=bucket PANEL_URL=https://panel.example NAME=value …"
_FROM_BELOW = (BotoCoreError, ClientError, subprocess.CalledProcessError)
# Their defaults suit only a local cloud.
_NAMED_AT_FIRST = ("OperatorName", "PanelUrl", "MailFrom", "SupportAddress")


class UsageError(Exception):
    """What was asked for cannot be deployed; the message says why."""


def deploy(
    stack_name: str,
    bucket: str,
    parameters: Mapping[str, str],
    session: boto3.session.Session,
    *,
    package: Package | None = None,
    keep_other_parameters: bool = True,
) -> dict[str, str]:
    """Create the stack or bring it up to date, wait until that is done, and return its outputs.

    Builds the package unless given one, and stores it with its template in `bucket`. Parameters of an
    existing stack that are not named keep their values, or with `keep_other_parameters` false return
    to their defaults. Raises DeploymentFailed with the reasons CloudFormation gives, and botocore's errors.
    """
    package = package or build()
    code = _store(package.zip.read_bytes(), ".zip", bucket, session)
    template = json.loads(package.template.read_text())
    for resource in template["Resources"].values():
        if resource["Properties"].get("CodeUri") == f"./{PACKAGE_NAME}":
            resource["Properties"]["CodeUri"] = f"s3://{bucket}/{code}"
    key = _store(json.dumps(template, separators=(",", ":")).encode(), ".json", bucket, session)
    return update_stack(
        session,
        stack_name,
        template_url=_url(key, bucket, session),
        parameters=parameters,
        keep_other_parameters=keep_other_parameters,
    )


def _store(content: bytes, suffix: str, bucket: str, session: boto3.session.Session) -> str:
    """Put content into the bucket under a key made of its hash, unless it is there already."""
    s3 = session.client("s3")
    key = f"klucznik/{hashlib.sha256(content).hexdigest()}{suffix}"
    if not s3.list_objects_v2(Bucket=bucket, Prefix=key)["KeyCount"]:
        s3.put_object(Bucket=bucket, Key=key, Body=content)
    return key


def _url(key: str, bucket: str, session: boto3.session.Session) -> str:
    """Where CloudFormation finds an object."""
    return f"{session.client('s3').meta.endpoint_url}/{bucket}/{key}"


def parameters_from(settings: Mapping[str, str], template: Path) -> dict[str, str]:
    """The template's parameters for settings: PanelUrl for PANEL_URL. Raises UsageError for unknown names."""
    names = {_setting(name): name for name in json.loads(template.read_text())["Parameters"]}
    if unknown := sorted(settings.keys() - names.keys()):
        raise UsageError(f"there is no setting {', '.join(unknown)}; there are {', '.join(sorted(names))}")
    return {names[setting]: value for setting, value in settings.items()}


def _setting(parameter: str) -> str:
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in parameter).strip("_").upper()


def deploy_stage(arguments: Sequence[str], session: boto3.session.Session) -> dict[str, str]:
    """Deploy as the NAME=value arguments say, and return the stack's outputs.

    Raises UsageError when they do not suffice, and what `deploy` and `build` raise.
    """
    given = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    stage, bucket = given.pop("STAGE", ""), given.pop("ARTIFACTS", "")
    if not stage or not bucket:
        raise UsageError(f"usage: {_USAGE}")
    stack_name = f"klucznik-{stage}"
    package = build()
    parameters = parameters_from(given, package.template)
    missing = set(_NAMED_AT_FIRST) - parameters.keys() - parameters_of(session, stack_name).keys()
    if missing:
        raise UsageError(f"a first deployment must name {', '.join(sorted(map(_setting, missing)))}")
    return deploy(stack_name, bucket, parameters, session, package=package)


def main() -> None:
    """Deploy a stage, and print the stack's outputs."""
    try:
        outputs = deploy_stage(sys.argv[1:], boto3.session.Session())
    except (UsageError, DeploymentFailed, UnsupportedPython, PackageTooLarge, *_FROM_BELOW) as error:
        sys.exit(f"deploy: {error}")
    for name, value in sorted(outputs.items()):
        print(f"{name:28} {value}")


if __name__ == "__main__":
    main()
