"""What the template allows each function: what it does, and nothing else (I12)."""

import json

import pytest

from tests.unit import packaged
from tests.unit.packaged import Json, statements

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("package")]


@pytest.fixture(scope="module")
def template() -> Json:
    return packaged.template()


def test_no_policy_has_a_wildcard_but_where_aws_knows_no_resource(template: Json) -> None:
    wildcards = [
        (role, statement["Action"])
        for role, statement in statements(template)
        if "*" in json.dumps([statement["Action"], statement["Resource"]])
    ]
    assert wildcards == [("RelayRole", ["dynamodb:ListStreams"])]


def test_every_statement_allows_named_actions_on_listed_resources_only(template: Json) -> None:
    assert {frozenset(statement) for _, statement in statements(template)} == {
        frozenset({"Effect", "Action", "Resource"})
    }
    assert {statement["Effect"] for _, statement in statements(template)} == {"Allow"}


@pytest.mark.parametrize(
    ("action", "roles"),
    [
        ("ses:SendEmail", {"DeliverRole"}),
        ("secretsmanager:GetSecretValue", {"ApiHandlerRole"}),
        ("ses:DeleteSuppressedDestination", set()),
        ("sqs:SendMessage", {"RelayRole", "SweepOutboxRole"}),
        ("sqs:ReceiveMessage", {"DeliverRole", "FeedbackRole", "TakeNoticesRole", "TakeBalancesRole"}),
        (
            "sqs:ChangeMessageVisibility",
            {"DeliverRole", "FeedbackRole", "TakeNoticesRole", "TakeBalancesRole"},
        ),
        ("dynamodb:GetRecords", {"RelayRole"}),
        ("dynamodb:Scan", set()),
    ],
)
def test_an_action_is_allowed_to_those_functions_that_need_it(
    template: Json, action: str, roles: set[str]
) -> None:
    assert {role for role, statement in statements(template) if action in statement["Action"]} == roles


READ_QUEUE = {"ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "ReceiveMessage"}
WRITE_LOG = {"CreateLogStream", "PutLogEvents"}


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (
            "SweepOutboxRole",
            {
                "OutboxTable": {"UpdateItem"},
                "${OutboxTable.Arn}/index/overdue": {"Query"},
                "UrgentQueue": {"SendMessage"},
                "BulkQueue": {"SendMessage"},
                "SweepOutboxLog": WRITE_LOG,
            },
        ),
        (
            "FeedbackRole",
            {
                "FeedbackQueue": READ_QUEUE,
                "NotificationsTable": {"GetItem", "UpdateItem"},
                "AccountsTable": {"UpdateItem"},
                "AddressesTable": {"UpdateItem"},
                "FeedbackLog": WRITE_LOG,
            },
        ),
        (
            "TakeBalancesRole",
            {
                "BalancesQueue": READ_QUEUE,
                "BalancesTable": {"BatchGetItem", "PutItem"},
                "AccountsTable": {"BatchGetItem"},
                "SipAccountsTable": {"BatchGetItem"},
                "SipKey": {"Decrypt", "DescribeKey"},
                "TakeBalancesLog": WRITE_LOG,
            },
        ),
        (
            "NotifyLowBalancesRole",
            {
                "${BalancesTable.Arn}/index/low_balance_due": {"Query"},
                "BalancesTable": {"BatchGetItem", "PutItem"},
                "AccountsTable": {"BatchGetItem"},
                "OutboxTable": {"PutItem"},
                "NotifyLowBalancesLog": WRITE_LOG,
            },
        ),
        (
            "TakeNoticesRole",
            {
                "NoticesQueue": READ_QUEUE,
                "AccountsTable": {"GetItem", "UpdateItem"},
                "OutboxTable": {"PutItem"},
                "SeenTable": {"PutItem"},
                "TakeNoticesLog": WRITE_LOG,
            },
        ),
    ],
)
def test_a_function_may_do_what_it_does_and_nothing_else(
    template: Json, role: str, allowed: dict[str, set[str]]
) -> None:
    assert packaged.allowed(template, role) == allowed
