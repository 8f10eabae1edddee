"""The policies for the operator's staff and systems: each route is for those who need it."""

import pytest

from chalicelib.web.operator_operations import OPERATOR_OPERATIONS
from tests.unit import packaged
from tests.unit.packaged import Json, properties, resources

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("package")]

PREFIX = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${RestAPI}/api/POST"

OF_SUPPORT = {
    "find_accounts", "send_reset", "allow_address", "verify_account", "block_account", "unblock_account",
    "lock_account", "unlock_account", "end_sessions",
}  # fmt: skip
OF_ADMINISTRATORS = {
    "set_address", "delete_account_for_customer", "import_accounts", "list_waiting", "resend"
}  # fmt: skip
WHO = {
    "SupportPolicy": OF_SUPPORT,
    "AdminPolicy": OF_SUPPORT | OF_ADMINISTRATORS,
    "RegistrarPolicy": {"sip_registration"},
}


@pytest.fixture(scope="module")
def template() -> Json:
    return packaged.template()


def invokable(template: Json, policy: str) -> set[str]:
    """The paths that a policy lets invoke, as the policy has them."""
    [statement] = properties(template, policy)["PolicyDocument"]["Statement"]
    assert statement.keys() == {"Effect", "Action", "Resource"}
    assert (statement["Effect"], statement["Action"]) == ("Allow", "execute-api:Invoke")
    arns = [each["Fn::Sub"] for each in statement["Resource"]]
    assert all(arn.startswith(PREFIX) for arn in arns)
    return {arn.removeprefix(PREFIX) for arn in arns}


def as_pattern(path: str) -> str:
    """A path as a policy has it: a star for each parameter, and nowhere else."""
    for name in ("account_id", "message_id", "number"):
        path = path.replace(f"{{{name}}}", "*")
    return path


@pytest.mark.parametrize("policy", WHO)
def test_a_policy_lets_invoke_the_routes_of_those_it_is_for(template: Json, policy: str) -> None:
    assert invokable(template, policy) == {
        as_pattern(each.path) for each in OPERATOR_OPERATIONS if each.name in WHO[policy]
    }


def test_every_route_is_for_somebody_and_there_are_no_other_policies(template: Json) -> None:
    assert {name for names in WHO.values() for name in names} == {each.name for each in OPERATOR_OPERATIONS}
    assert resources(template, "AWS::IAM::ManagedPolicy").keys() == WHO.keys()


def test_no_path_of_one_policy_matches_a_route_of_another_by_its_star(template: Json) -> None:
    # A star of a policy goes over slashes: only what stands after it keeps routes apart.
    support = [path.rpartition("*")[2] for path in invokable(template, "SupportPolicy") if "*" in path]
    for each in OPERATOR_OPERATIONS:
        if each.name not in OF_SUPPORT:
            assert not any(each.path.endswith(ending) for ending in support), each.path


@pytest.mark.parametrize("policy", WHO)
def test_the_stack_tells_the_policys_arn_to_whoever_attaches_it(template: Json, policy: str) -> None:
    assert template["Outputs"][f"{policy}Arn"]["Value"] == {"Ref": policy}


def test_the_audit_log_outlives_the_stack_and_nobody_but_the_api_writes_there(template: Json) -> None:
    log = template["Resources"]["AuditLog"]
    assert log["DeletionPolicy"] == log["UpdateReplacePolicy"] == "Retain"
    arn = {"Fn::GetAtt": ["AuditLog", "Arn"]}
    writers = [
        (role, statement["Action"])
        for role, statement in packaged.statements(template)
        if arn in list(statement["Resource"])
    ]
    assert writers == [("ApiHandlerRole", ["logs:CreateLogStream", "logs:PutLogEvents"])]
