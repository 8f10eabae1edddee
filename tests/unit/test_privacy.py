"""The page on personal data knows every place where there are any, and every setting of how long."""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

from chalicelib.settings import Settings
from chalicelib.support import export

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "privacy.md").read_text()
TEMPLATE = json.loads((ROOT / ".chalice" / "resources.json").read_text())

KEEPING = {
    "AWS::DynamoDB::Table": "Table",
    "AWS::SQS::Queue": "",
    "AWS::Logs::LogGroup": "",
    "AWS::SecretsManager::Secret": "",
    "AWS::KMS::Key": "",
}
PLACES = [
    name.removesuffix(KEEPING[resource["Type"]])
    for name, resource in TEMPLATE["Resources"].items()
    if resource.get("Type") in KEEPING
]


def test_there_are_places_of_every_kind() -> None:
    assert {"Accounts", "NoticesQueue", "AuditLog", "PseudonymSecret", "SipKey"} <= set(PLACES)


@pytest.mark.parametrize("place", PLACES)
def test_the_page_tells_of_every_place_where_something_is_kept(place: str) -> None:
    assert f"`{place}`" in PAGE


def test_the_page_tells_of_no_table_or_log_that_is_not_there() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert len(rows) >= 11
    assert set(rows) <= set(PLACES)
    assert set(re.findall(r"`(\w+Log|\w+Queue|\w+DeadLetters)`", PAGE)) <= set(PLACES)


@pytest.mark.parametrize(
    "setting",
    [each for each in dataclasses.fields(Settings) if each.name.endswith("_days")],
    ids=lambda setting: setting.name,
)
def test_the_page_tells_how_long_by_default(setting: "dataclasses.Field[Any]") -> None:
    name = setting.name.upper()
    if name != "SESSION_MAX_DAYS":  # a session's 30 days stand there in words
        assert f"`{name}` ({setting.default})" in PAGE
    else:
        assert f"a session {setting.default} days at most" in PAGE


@pytest.mark.parametrize(
    ("setting", "parameter"), [("LOG_DAYS", "LogDays"), ("AUDIT_LOG_DAYS", "AuditLogDays")]
)
def test_the_page_tells_how_long_logs_are_kept(setting: str, parameter: str) -> None:
    assert f"`{setting}` ({TEMPLATE['Parameters'][parameter]['Default']})" in PAGE


def test_dead_letters_are_kept_as_long_as_the_page_tells() -> None:
    queues = [each for each in TEMPLATE["Resources"].values() if each.get("Type") == "AWS::SQS::Queue"]
    kept = {each["Properties"]["MessageRetentionPeriod"] // 86_400 for each in queues}
    assert kept == {4, 14}
    assert "4 and 14 days at most" in PAGE


def test_the_page_tells_where_an_export_ends() -> None:
    assert f"newest\n{export.MOST_NOTIFICATIONS:,} notifications" in PAGE
    assert export.MOST_TICKETS == export.MOST_WAITING
    assert f"the {export.MOST_TICKETS} oldest" in PAGE
