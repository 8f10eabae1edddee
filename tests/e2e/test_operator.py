"""The operator's routes on the deployed stack, IAM enforced: who may ask which, and what the trail tells."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.credentials import Credentials

from chalicelib.web.operator_operations import OPERATOR_OPERATIONS
from local.cloud import ACCOUNT_ID, REGION
from tests.e2e.stack import Customer, Deployed
from tools.operator.client import Operator, Refused
from tools.operator.deployments import operator_of

SUPPORT = {
    "/operator/accounts/find",
    *(
        f"/operator/accounts/{{account_id}}/{act}"
        for act in (
            "send-reset", "allow-address", "verify", "block", "unblock", "lock", "unlock", "end-sessions"
        )
    ),
}  # fmt: skip
ADMIN = SUPPORT | {
    "/operator/accounts/{account_id}/set-address",
    "/operator/accounts/{account_id}/delete",
    "/operator/accounts/import",
    "/operator/outbox",
    "/operator/outbox/{message_id}/resend",
}
REGISTRAR = {"/operator/sip/{number}"}

ROUTES = {each.path for each in OPERATOR_OPERATIONS}
NOBODYS_ID = "01M80000000000000000000000"


def paths() -> Iterator[tuple[str, str]]:
    """Every route, and a concrete path of it that leads to nobody."""
    for route in sorted(ROUTES):
        path = route.replace("{account_id}", NOBODYS_ID).replace("{message_id}", NOBODYS_ID)
        yield route, path.replace("{number}", "999999999")


@pytest.fixture(scope="module")
def outputs(deployed: Deployed) -> dict[str, str]:
    return deployed.outputs


@pytest.fixture(scope="module")
def member_of_staff(deployed: Deployed) -> Callable[..., Operator]:
    """Makes an IAM user with some of the stack's policies; what they ask is signed by their key."""
    return deployed.staff


def lets_in(operator: Operator, path: str) -> bool:
    """Whether IAM lets the request through to the application, whatever that makes of it."""
    try:
        operator.post(path)
    except Refused as refusal:
        assert refusal.problem["type"] == f"urn:klucznik:problem:{refusal.code}"
        return refusal.status != 403
    return True


def test_every_route_is_for_some_policy() -> None:
    assert ADMIN | REGISTRAR == ROUTES


@pytest.mark.parametrize(
    ("policies", "allowed"),
    [
        ((), set()),
        (("SupportPolicyArn",), SUPPORT),
        (("AdminPolicyArn",), ADMIN),
        (("RegistrarPolicyArn",), REGISTRAR),
        (("SupportPolicyArn", "RegistrarPolicyArn"), SUPPORT | REGISTRAR),
    ],
    ids=lambda case: "-".join(case) if isinstance(case, tuple) else "",
)
def test_a_policy_lets_in_to_its_routes_and_to_no_others(
    policies: tuple[str, ...], allowed: set[str], member_of_staff: Callable[..., Operator]
) -> None:
    somebody = member_of_staff("-".join(["may", *policies]), *policies)
    assert {route for route, path in paths() if lets_in(somebody, path)} == allowed


def test_who_does_not_sign_or_signs_wrong_is_not_let_in(
    deployed: Deployed, member_of_staff: Callable[..., Operator]
) -> None:
    ewa = member_of_staff("ewa-forged", "AdminPolicyArn")
    forged = Operator(ewa.url, REGION, Credentials(ewa.credentials.access_key, "invented"))
    for _, path in paths():
        unsigned = deployed.caller().post(path, {})
        assert (unsigned.status, unsigned.json["code"]) == (404, "not_found")
        assert not lets_in(forged, path)


@pytest.fixture(scope="module")
def jan(deployed: Deployed) -> Customer:
    return deployed.customer("jan.operator")


def audited(deployed: Deployed, outputs: dict[str, str]) -> list[dict[str, Any]]:
    logs = deployed.session.client("logs")
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=outputs["AuditLogGroup"])
    return [json.loads(event["message"]) for page in pages for event in page["events"]]


def test_support_helps_a_customer_and_the_trail_tells_who_it_was(
    deployed: Deployed, outputs: dict[str, str], member_of_staff: Callable[..., Operator], jan: Customer
) -> None:
    ewa = member_of_staff("ewa", "SupportPolicyArn")
    session, before = jan.log_in(), deployed.letterbox.newest()
    [found] = ewa.post("/operator/accounts/find", {"email": jan.email})["accounts"]
    assert found["account"]["account_id"] == jan.account_id
    assert [entry["kind"] for entry in found["log"]] == ["confirm_email"]
    about = f"/operator/accounts/{jan.account_id}"
    assert ewa.post(f"{about}/send-reset", {"reason": "ticket 7"}) == {}
    assert deployed.letterbox.wait_for(jan.email, after=before).token("/reset")
    assert ewa.post(f"{about}/allow-address") == {}
    assert ewa.post(f"{about}/lock", {"reason": "fraud"})["status"] == "locked"
    assert jan.api.get("/v1/account", token=session).status == 401
    assert ewa.post(f"{about}/unlock")["status"] == "registered"
    verified = ewa.post(f"{about}/verify", {"reason": "transfer of 1.00"})
    assert verified["status"] == "active"
    with pytest.raises(Refused, match="Not found"):
        ewa.post(f"/operator/accounts/{NOBODYS_ID}/block")
    lines = [line for line in audited(deployed, outputs) if line["who"].endswith(":user/ewa")]
    assert {line["who"] for line in lines} == {f"arn:aws:iam::{ACCOUNT_ID}:user/ewa"}
    assert [(line["what"], line["outcome"]) for line in lines] == [
        (act, outcome)
        for act, outcomes in (
            ("find", ("asked", "done")),
            ("send-reset", ("asked", "done")),
            ("allow-address", ("asked", "done")),
            ("lock", ("asked", "done")),
            ("unlock", ("asked", "done")),
            ("verify", ("asked", "done")),
            ("block", ("asked", "refused")),
        )
        for outcome in outcomes
    ]
    assert {line.get("reason") for line in lines} == {None, "ticket 7", "fraud", "transfer of 1.00"}
    assert jan.email not in json.dumps(lines)


def test_the_registrar_is_told_of_a_number(
    deployed: Deployed, member_of_staff: Callable[..., Operator]
) -> None:
    zofia = deployed.customer("zofia.operator")
    support = member_of_staff("support-of-zofia", "SupportPolicyArn")
    before = deployed.letterbox.newest()
    number = support.post(f"/operator/accounts/{zofia.account_id}/verify")["sip_number"]
    deployed.letterbox.wait_for(zofia.email, after=before)
    registrar = member_of_staff("registrar-of-zofia", "RegistrarPolicyArn")
    deployed.wait_until(lambda: registrar.post(f"/operator/sip/{number}")["ha1_md5"] is not None)
    known = registrar.post(f"/operator/sip/{number}")
    assert known.keys() == {"realm", "ha1_md5", "ha1_sha256", "allowed"}
    assert known["allowed"] is True
    support.post(f"/operator/accounts/{zofia.account_id}/block")
    assert registrar.post(f"/operator/sip/{number}") == known | {"allowed": False}


def test_an_administrator_changes_an_address_lists_what_waits_and_deletes(
    deployed: Deployed, member_of_staff: Callable[..., Operator]
) -> None:
    adam = deployed.customer("adam.operator")
    admin = member_of_staff("admin-of-adam", "AdminPolicyArn")
    about = f"/operator/accounts/{adam.account_id}"
    before = deployed.letterbox.newest()
    changed = admin.post(f"{about}/set-address", {"email": "adam.nowy@example.com", "reason": "ticket 8"})
    assert (changed["email"], changed["pending_email"]) == (adam.email, "adam.nowy@example.com")
    link = deployed.letterbox.wait_for("adam.nowy@example.com", after=before).token("/email/confirm")
    assert adam.api.post("/v1/account/email/confirm", {"token": link}).status == 204
    deployed.wait_until(lambda: not admin.post("/operator/outbox", {"limit": 100})["messages"])
    with pytest.raises(Refused, match="Not found"):
        admin.post(f"/operator/outbox/{NOBODYS_ID}/resend")
    with pytest.raises(Refused) as refused:
        admin.post(f"{about}/delete")
    assert refused.value.fields == {"reason": "missing"}
    assert admin.post(f"{about}/delete", {"reason": "asked by letter"}) == {}
    login = {"login": adam.login, "password": adam.password}
    assert adam.api.post("/v1/sessions", login).status == 401


def test_the_command_line_finds_the_deployment_of_make_run_by_itself(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KLUCZNIK_URL", raising=False)
    operator = operator_of(None, None, deployed.directory / "stack.json")
    assert operator.post("/operator/outbox")["more"] is False
