"""Where the emulator was set right: it must refuse and provide what AWS refuses and provides."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.client import Api
from local.cloud import ACCOUNT_ID, REGION
from tests.e2e.stack import Deployed

_SENDER_IDENTITY = f"arn:aws:ses:{REGION}:{ACCOUNT_ID}:identity/localhost.localdomain"
_CONFIGURATION_SET = f"arn:aws:ses:{REGION}:{ACCOUNT_ID}:configuration-set/*"


def _someone_allowed(deployed: Deployed, name: str, action: str, *resources: str) -> boto3.Session:
    """A session of an IAM user whose only right is this action on these resources."""
    iam = deployed.session.client("iam")
    iam.create_user(UserName=name)
    statement = {"Effect": "Allow", "Action": action, "Resource": resources}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName=name, PolicyName="only", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=REGION)


def _send_mail(deployed: Deployed, session: boto3.Session) -> Any:
    ses = session.client("sesv2", endpoint_url=deployed.where.aws_endpoint_url)
    (configuration_set,) = _configuration_sets(deployed)
    return ses.send_email(
        FromEmailAddress="panel@localhost.localdomain",
        Destination={"ToAddresses": ["jan@example.com"]},
        Content={"Raw": {"Data": b"Subject: x\r\n\r\nx"}},
        ConfigurationSetName=configuration_set,
    )


def _configuration_sets(deployed: Deployed) -> list[str]:
    return list(deployed.session.client("sesv2").list_configuration_sets()["ConfigurationSets"])


def test_mail_needs_the_permission_for_identity_and_configuration_set(deployed: Deployed) -> None:
    both = _someone_allowed(deployed, "mailer", "ses:SendEmail", _SENDER_IDENTITY, _CONFIGURATION_SET)
    assert _send_mail(deployed, both)["MessageId"]


@pytest.mark.parametrize("resource", [_SENDER_IDENTITY, _CONFIGURATION_SET])
def test_mail_is_refused_with_the_permission_for_one_of_them_only(resource: str, deployed: Deployed) -> None:
    name = f"half-{resource.rpartition(':')[2].partition('/')[0]}"
    with pytest.raises(ClientError, match="AccessDenied"):
        _send_mail(deployed, _someone_allowed(deployed, name, "ses:SendEmail", resource))


@pytest.mark.parametrize(("action", "allowed"), [("sqs:SendMessage", True), ("sqs:DeleteMessage", False)])
def test_a_batch_needs_the_permission_for_its_single_action(
    action: str, deployed: Deployed, *, allowed: bool
) -> None:
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:*"
    session = _someone_allowed(deployed, action.replace(":", "-"), action, queue)
    sqs = session.client("sqs", endpoint_url=deployed.where.aws_endpoint_url)
    message = {"Id": "1", "MessageBody": "x", "DelaySeconds": 900}
    request = {"QueueUrl": deployed.where.queues["RelayFailures"], "Entries": [message]}
    if allowed:
        assert not sqs.send_message_batch(**request).get("Failed")
    else:
        with pytest.raises(ClientError, match="AccessDenied"):
            sqs.send_message_batch(**request)


@pytest.mark.parametrize(("resource", "allowed"), [("{}:*", True), ("{}", False), ("{}-not:*", False)])
def test_lines_are_written_with_the_permission_for_the_streams_of_a_log_group(
    resource: str, deployed: Deployed, *, allowed: bool
) -> None:
    group = "/klucznik/klucznik/audit"
    arn = resource.format(f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:{group}")
    name = "writer" + resource.strip("{}").replace(":*", "-all")
    session = _someone_allowed(deployed, name, "logs:CreateLogStream", arn)
    logs = session.client("logs", endpoint_url=deployed.where.aws_endpoint_url)
    if allowed:
        logs.create_log_stream(logGroupName=group, logStreamName=name)
    else:
        with pytest.raises(ClientError, match="AccessDenied"):
            logs.create_log_stream(logGroupName=group, logStreamName=name)


def test_a_function_finds_nothing_but_what_its_package_brings(deployed: Deployed) -> None:
    code = "import importlib.util as u\ndef f(event, context): return [bool(u.find_spec(m)) for m in event]"
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("probe.py", code)
    functions = deployed.session.client("lambda")
    role = functions.get_function(FunctionName=deployed.where.functions["Relay"])["Configuration"]["Role"]
    functions.create_function(
        FunctionName="probe",
        Runtime="python3.11",
        Handler="probe.f",
        Role=role,
        Code={"ZipFile": package.getvalue()},
    )
    answer = functions.invoke(
        FunctionName="probe", Payload=json.dumps(["json", "pytest", "ministack", "jinja2"])
    )
    assert json.loads(answer["Payload"].read()) == [True, False, False, False]


@pytest.fixture
def overrun(deployed: Deployed) -> Iterator[Api]:
    """The API, whose gateway lets nobody through to the log-in page."""
    *_, api_id, stage = deployed.where.api_url.split("/")
    gateway, setting = deployed.session.client("apigateway"), "/~1login/GET"
    limits = [
        {"op": "replace", "path": f"{setting}/throttling/{limit}", "value": "0"}
        for limit in ("rateLimit", "burstLimit")
    ]
    gateway.update_stage(restApiId=api_id, stageName=stage, patchOperations=limits)
    yield deployed.caller()
    without = {"op": "remove", "path": setting}
    gateway.update_stage(restApiId=api_id, stageName=stage, patchOperations=[without])


def test_a_browser_gets_a_page_where_the_gateway_refuses_by_itself(overrun: Api) -> None:
    refused = overrun.get("/login", headers={"Accept": "text/html,application/xml;q=0.9,*/*;q=0.8"})
    assert (refused.status, refused.headers["Content-Type"]) == (429, "text/html")
    assert refused.headers["Retry-After"] == "5"
    assert "sha256-" in refused.headers["Content-Security-Policy"]
    assert b"<h2>Too busy</h2>" in refused.body


@pytest.mark.parametrize("accept", [{}, {"Accept": "*/*"}, {"Accept": "application/json, text/html;q=0.9"}])
def test_a_client_of_the_api_gets_a_problem_there(accept: dict[str, str], overrun: Api) -> None:
    refused = overrun.get("/login", headers=accept)
    assert (refused.status, refused.headers["Content-Type"]) == (429, "application/json")
    assert refused.json["code"] == "too_many_attempts"
