"""The template as packaged: what CloudFormation is told, on AWS and in the local cloud alike."""

import dataclasses
import json
from operator import itemgetter
from typing import Any

import pytest
from cfnlint.api import lint

from chalicelib.accounts.models import Account
from chalicelib.balances.models import Balance
from chalicelib.notifications.kinds import Lane
from chalicelib.notifications.models import OutboxMessage
from chalicelib.settings import Settings
from chalicelib.support.models import Ticket
from tests.unit import packaged
from tests.unit.packaged import Json, properties, resources

# One worker packages, not each.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("package")]

FUNCTIONS = {"APIHandler", "Relay", "Deliver", "SweepOutbox", "EraseAccounts", "Feedback", "TakeNotices"}
FUNCTIONS |= {"TakeBalances", "NotifyLowBalances"}
GATEWAY_TIMEOUT_SECONDS = 29
LAMBDA_VARIABLES = 4096
# A digest is as good as the password: these have a key of their own.
SIP_KEY = {"SSEType": "KMS", "KMSMasterKeyId": {"Fn::GetAtt": ["SipKey", "Arn"]}}
STACK = "klucznik-a-stage-with-a-long-name"


@pytest.fixture(scope="module")
def template() -> Json:
    return packaged.template()


def in_camel_case(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def test_cfn_lint_has_nothing_to_say(template: Json) -> None:
    assert [str(match) for match in lint(json.dumps(template))] == []


def test_every_resource_has_a_type_so_that_none_merged_into_nothing(template: Json) -> None:
    assert [name for name, resource in template["Resources"].items() if "Type" not in resource] == []


@pytest.mark.parametrize("setting", dataclasses.fields(Settings), ids=lambda setting: setting.name)
def test_a_setting_is_a_parameter_with_the_same_default_and_limits(
    template: Json, setting: "dataclasses.Field[Any]"
) -> None:
    parameter = template["Parameters"][in_camel_case(setting.name)]
    assert parameter["Description"]
    assert parameter["Default"] == setting.default
    assert parameter.get("MinValue") == setting.metadata.get("lowest")
    assert parameter.get("MaxValue") == setting.metadata.get("highest")
    assert parameter.get("AllowedValues", []) == list(setting.metadata.get("choices", []))
    assert parameter["Type"] == ("Number" if isinstance(setting.default, int) else "String")


def test_every_setting_reaches_every_function(template: Json) -> None:
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    for setting in dataclasses.fields(Settings):
        assert variables[setting.name.upper()] == {"Ref": in_camel_case(setting.name)}


def test_the_functions_are_the_ones_expected(template: Json) -> None:
    assert resources(template, "AWS::Serverless::Function").keys() == FUNCTIONS


def test_tables_are_kept_encrypted_and_recoverable(template: Json) -> None:
    for name, table in resources(template, "AWS::DynamoDB::Table").items():
        assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain", name
        assert table["Properties"]["BillingMode"] == "PAY_PER_REQUEST", name
        assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        own_key = SIP_KEY if name == "SipAccountsTable" else {}
        assert table["Properties"]["SSESpecification"] == {"SSEEnabled": True} | own_key, name


def test_the_key_of_the_sip_accounts_is_rotated_and_outlives_the_stack_like_its_table(template: Json) -> None:
    key = template["Resources"]["SipKey"]
    assert key["Properties"]["EnableKeyRotation"] is True
    assert key["DeletionPolicy"] == key["UpdateReplacePolicy"] == "Retain"


def test_items_expire_everywhere_but_in_the_outbox_and_of_balances(template: Json) -> None:
    tables = resources(template, "AWS::DynamoDB::Table")
    expiring = {"AttributeName": "expires_at", "Enabled": True}
    for lasting in ("OutboxTable", "BalancesTable"):
        assert tables.pop(lasting)["Properties"].get("TimeToLiveSpecification") is None
    assert all(table["Properties"]["TimeToLiveSpecification"] == expiring for table in tables.values())


def test_relay_is_told_of_new_messages_only_and_of_each_in_the_end(template: Json) -> None:
    (source,) = properties(template, "Relay")["Events"].values()
    assert properties(template, "OutboxTable")["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert source["Properties"]["Stream"] == {"Fn::GetAtt": ["OutboxTable", "StreamArn"]}
    assert source["Properties"]["StartingPosition"] == "TRIM_HORIZON"
    assert source["Properties"]["BisectBatchOnFunctionError"] is True
    assert source["Properties"]["MaximumRetryAttempts"] >= 1
    assert [json.loads(each["Pattern"]) for each in source["Properties"]["FilterCriteria"]["Filters"]] == [
        {"eventName": ["INSERT"]}
    ]


@pytest.mark.parametrize("lane", [lane.value.capitalize() for lane in Lane])
def test_a_lane_has_its_own_queue_dead_letters_and_share_of_the_workers(template: Json, lane: str) -> None:
    queue = properties(template, f"{lane}Queue")
    sources = [event["Properties"] for event in properties(template, "Deliver")["Events"].values()]
    (source,) = [each for each in sources if each["Queue"] == {"Fn::GetAtt": [f"{lane}Queue", "Arn"]}]
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": [f"{lane}DeadLetters", "Arn"]},
        "maxReceiveCount": 5,
    }
    assert queue["VisibilityTimeout"] > properties(template, "Deliver")["Timeout"]
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "DeliverConcurrency"}}
    assert source["BatchSize"] == 1
    assert source["MaximumBatchingWindowInSeconds"] == 0


def test_a_queue_shows_a_message_again_only_when_its_function_has_ended(template: Json) -> None:
    for function in resources(template, "AWS::Serverless::Function").values():
        for event in function["Properties"].get("Events", {}).values():
            if event["Type"] == "SQS":
                queue, _ = event["Properties"]["Queue"]["Fn::GetAtt"]
                assert (
                    properties(template, queue)["VisibilityTimeout"] >= 3 * function["Properties"]["Timeout"]
                )
                assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
                assert "MaximumConcurrency" in event["Properties"]["ScalingConfig"]


def test_the_outbox_is_swept_more_often_than_a_sweep_may_take(template: Json) -> None:
    (event,) = properties(template, "SweepOutbox")["Events"].values()
    assert event["Properties"]["Schedule"] == "rate(5 minutes)"
    assert properties(template, "SweepOutbox")["Timeout"] < 5 * 60


def test_low_balances_are_looked_for_every_quarter_of_an_hour_and_no_longer(template: Json) -> None:
    (event,) = properties(template, "NotifyLowBalances")["Events"].values()
    assert event["Properties"]["Schedule"] == "rate(15 minutes)"
    assert properties(template, "NotifyLowBalances")["Timeout"] < 15 * 60


@pytest.mark.parametrize(
    ("table", "index"),
    [
        ("OutboxTable", OutboxMessage.overdue),
        ("OutboxTable", OutboxMessage.of_account),
        ("AccountsTable", Account.to_erase),
        ("TicketsTable", Ticket.of_contact),
        ("BalancesTable", Balance.low_balance_due),
    ],
)
def test_an_index_is_as_the_code_has_it(template: Json, table: str, index: Any) -> None:
    indexed = properties(template, table)
    [made] = [
        each for each in indexed["GlobalSecondaryIndexes"] if each["IndexName"] == index.Meta.index_name
    ]
    schema = index._get_schema()
    by_role = itemgetter("KeyType")
    assert sorted(made["KeySchema"], key=by_role) == sorted(schema["key_schema"], key=by_role)
    assert made["Projection"] == schema["projection"]
    defined = {(each["AttributeName"], each["AttributeType"]) for each in indexed["AttributeDefinitions"]}
    wanted = {(each["AttributeName"], each["AttributeType"]) for each in schema["attribute_definitions"]}
    assert wanted <= defined


def test_the_variables_fit_into_what_lambda_allows(template: Json) -> None:
    for_all = template["Globals"]["Function"]["Environment"]["Variables"]
    for function in resources(template, "AWS::Serverless::Function").values():
        variables = for_all | function["Properties"].get("Environment", {}).get("Variables", {})
        lengths = (len(name) + _longest(template, value) for name, value in variables.items())
        assert sum(lengths) < LAMBDA_VARIABLES


def _longest(template: Json, value: Json) -> int:
    """How long a variable's value may become on AWS: names of resources end in up to thirteen characters."""
    if (name := value.get("Ref")) in template["Parameters"]:
        parameter = template["Parameters"][name]
        if "AllowedValues" in parameter:
            return max(len(str(each)) for each in parameter["AllowedValues"])
        if "MaxValue" in parameter:
            return len(str(parameter["MaxValue"]))
        return int(parameter.get("MaxLength", 100))
    if name == "AWS::StackName":
        return len(STACK)
    logical_name = name or value["Fn::GetAtt"][0]
    before = {
        "AWS::SQS::Queue": "https://sqs.ap-southeast-1.amazonaws.com/123456789012/",
        "AWS::SecretsManager::Secret": "arn:aws:secretsmanager:ap-southeast-1:123456789012:secret:",
    }
    kind = template["Resources"][logical_name]["Type"]
    return len(f"{before.get(kind, '/klucznik/')}{STACK}-{logical_name}-0123456789abc")


def test_the_api_answers_before_the_gateway_gives_up(template: Json) -> None:
    assert properties(template, "APIHandler")["Timeout"] < GATEWAY_TIMEOUT_SECONDS


def test_every_function_has_a_role_and_a_log_group_of_its_own(template: Json) -> None:
    functions = resources(template, "AWS::Serverless::Function").values()
    for name in ("Role", "LoggingConfig"):
        assert len({json.dumps(each["Properties"][name]) for each in functions}) == len(functions)
    groups = resources(template, "AWS::Logs::LogGroup")
    assert groups.pop("AuditLog")["Properties"]["RetentionInDays"] == {"Ref": "AuditLogDays"}
    for group in groups.values():
        assert group["Properties"]["RetentionInDays"] == {"Ref": "LogDays"}


def test_requests_are_limited_before_they_cost_anything(template: Json) -> None:
    (settings,) = properties(template, "RestAPI")["MethodSettings"]
    assert (settings["ResourcePath"], settings["HttpMethod"]) == ("/*", "*")
    assert settings["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    assert settings["ThrottlingBurstLimit"] == {"Ref": "RequestBurst"}
