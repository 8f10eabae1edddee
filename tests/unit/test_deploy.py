"""What `make deploy` makes of its arguments; the deploying itself is seen in every end-to-end test."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from tools.deploy import UsageError, deploy_stage, parameters_from

pytestmark = pytest.mark.slow


@pytest.fixture
def session(aws_in_memory: None) -> Any:
    return boto3.session.Session(region_name="eu-central-1")


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "template.json"
    path.write_text(json.dumps({"Parameters": {"PanelUrl": {}, "Argon2MemoryKib": {}, "OperatorName": {}}}))
    return path


def test_a_setting_becomes_the_parameter_of_its_name(template: Path) -> None:
    given = {"PANEL_URL": "https://panel.example", "ARGON2_MEMORY_KIB": "65536"}
    assert parameters_from(given, template) == {
        "PanelUrl": "https://panel.example",
        "Argon2MemoryKib": "65536",
    }


def test_an_unknown_setting_is_refused_with_the_known_ones(template: Path) -> None:
    with pytest.raises(UsageError, match=r"no setting PANEL_ULR; there are ARGON2_MEMORY_KIB, OPERATOR_NAME"):
        parameters_from({"PANEL_ULR": "https://panel.example"}, template)


@pytest.mark.parametrize("arguments", [[], ["STAGE=prod"], ["ARTIFACTS=bucket"]])
def test_stage_and_bucket_must_be_named(session: Any, arguments: list[str]) -> None:
    with pytest.raises(UsageError, match="STAGE=prod ARTIFACTS=bucket"):
        deploy_stage(arguments, session)


def test_a_first_deployment_must_name_what_has_no_sensible_default(session: Any) -> None:
    arguments = ["STAGE=prod", "ARTIFACTS=bucket", "MAIL_FROM=panel@firma.example"]
    with pytest.raises(UsageError, match="must name OPERATOR_NAME, PANEL_URL, SUPPORT_ADDRESS"):
        deploy_stage(arguments, session)
