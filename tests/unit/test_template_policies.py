"""What the template allows each function: what it does, and nothing else (I12)."""

import json
from collections import defaultdict

import pytest

from tests.unit import packaged
from tests.unit.packaged import Json, statements

# What AWS's own construct kit grants to whoever reads and writes a table with a key of its own; making a
# grant is for whoever makes the table.
USE_KEY = [
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
]
THROUGH_DYNAMODB = "dynamodb.${AWS::Region}.${AWS::URLSuffix}"

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
    assert sorted(wildcards) == [
        ("ApiHandlerRole", ["ses:DeleteSuppressedDestination"]),
        ("RelayRole", ["dynamodb:ListStreams"]),
    ]


def test_every_statement_allows_named_actions_on_listed_resources_only(template: Json) -> None:
    for _, statement in statements(template):
        assert set(statement) - {"Condition"} == {"Effect", "Action", "Resource"}
    assert {statement["Effect"] for _, statement in statements(template)} == {"Allow"}


def test_who_needs_the_sip_accounts_may_use_their_key_and_through_their_table_only(template: Json) -> None:
    users, owners = defaultdict(list), set()
    for role, statement in statements(template):
        if {"Fn::GetAtt": ["SipAccountsTable", "Arn"]} in list(statement["Resource"]):
            owners.add(role)
        if any(action.startswith("kms:") for action in statement["Action"]):
            users[role].append(statement)
    assert users.keys() == owners
    for [statement] in users.values():
        assert statement == {
            "Effect": "Allow",
            "Action": USE_KEY,
            "Resource": [{"Fn::GetAtt": ["SipKey", "Arn"]}],
            "Condition": {"StringEquals": {"kms:ViaService": {"Fn::Sub": THROUGH_DYNAMODB}}},
        }


@pytest.mark.parametrize(
    ("action", "roles"),
    [
        ("ses:SendEmail", {"DeliverRole"}),
        ("kms:Decrypt", {"ApiHandlerRole", "DeliverRole", "TakeNoticesRole", "TakeBalancesRole"}),
        ("secretsmanager:GetSecretValue", {"ApiHandlerRole", "EraseAccountsRole", "TakeNoticesRole"}),
        ("ses:DeleteSuppressedDestination", {"ApiHandlerRole"}),
        ("sqs:SendMessage", {"ApiHandlerRole", "RelayRole", "SweepOutboxRole"}),
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
            "EraseAccountsRole",
            {
                "${AccountsTable.Arn}/index/to_erase": {"Query"},
                "AccountsTable": {"DeleteItem", "GetItem"},
                "${OutboxTable.Arn}/index/of_account": {"Query"},
                "OutboxTable": {"DeleteItem"},
                "${TicketsTable.Arn}/index/of_contact": {"Query"},
                "TicketsTable": {"DeleteItem"},
                "AddressesTable": {"Query"},
                "NotificationsTable": {"Query", "UpdateItem"},
                "BalancesTable": {"DeleteItem"},
                "PseudonymSecret": {"GetSecretValue"},
                "EraseAccountsLog": WRITE_LOG,
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
                "SipKey": {action.partition(":")[2] for action in USE_KEY},
                "TakeBalancesLog": WRITE_LOG,
            },
        ),
        (
            "NotifyLowBalancesRole",
            {
                "${BalancesTable.Arn}/index/low_balance_due": {"Query"},
                "BalancesTable": {"BatchGetItem", "DeleteItem", "PutItem"},
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
                "CredentialsTable": {"DeleteItem", "PutItem"},
                "AddressesTable": {"DeleteItem"},
                "SipAccountsTable": {"UpdateItem"},
                "SipKey": {action.partition(":")[2] for action in USE_KEY},
                "PseudonymSecret": {"GetSecretValue"},
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


def test_what_delivers_may_do_with_tables_what_the_mails_need(template: Json) -> None:
    allowed = packaged.allowed(template, "DeliverRole")
    assert {name: actions for name, actions in allowed.items() if name.endswith("Table")} == {
        "OutboxTable": {"DeleteItem", "PutItem", "UpdateItem"},
        # An imported customer's last notified address is forgotten with the first mail to the current one.
        "AccountsTable": {"BatchGetItem", "GetItem", "UpdateItem"},
        "AddressesTable": {"BatchGetItem", "DeleteItem", "Query", "UpdateItem"},
        "CredentialsTable": {"GetItem"},
        "TokensTable": {"PutItem"},
        "NotificationsTable": {"PutItem"},
        "ThrottlesTable": {"UpdateItem"},
        "TicketsTable": {"GetItem"},
        "SipAccountsTable": {"BatchGetItem", "UpdateItem"},
        # A notice of a low balance that is dropped does not count as told.
        "BalancesTable": {"BatchGetItem", "UpdateItem"},
    }
