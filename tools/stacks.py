"""Create and update CloudFormation stacks by change sets, and say why when that fails."""

import time
import uuid
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

_FIRST_POLL_SECONDS = 0.1
_LONGEST_POLL_SECONDS = 5.0
_POLL_GROWTH = 1.5
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
_DONE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}
_NOT_YET_CREATED = "REVIEW_IN_PROGRESS"


class DeploymentFailed(Exception):
    """CloudFormation refused the change or rolled it back; the message lists its reasons."""


def update_stack(
    session: boto3.session.Session,
    name: str,
    *,
    template_url: str,
    parameters: Mapping[str, str],
    keep_other_parameters: bool,
) -> dict[str, str]:
    """Make the stack what the template says, creating it if need be, and return its outputs.

    A stack that is as it should be already is left alone. Raises DeploymentFailed.
    """
    client = session.client("cloudformation")
    previous = parameters_of(session, name)
    kept = set(previous) & _declared_parameters(client, template_url) if keep_other_parameters else set()
    change_set = client.create_change_set(
        StackName=name,
        ChangeSetName=f"deploy-{uuid.uuid4().hex}",
        ChangeSetType="UPDATE" if _exists(client, name) else "CREATE",
        TemplateURL=template_url,
        Capabilities=_CAPABILITIES,
        Parameters=[
            *({"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()),
            *({"ParameterKey": key, "UsePreviousValue": True} for key in sorted(kept - set(parameters))),
        ],
    )
    if _has_changes(client, change_set["Id"]):
        client.execute_change_set(ChangeSetName=change_set["Id"])
        _wait(client, name)
    return _outputs(client, name)


def parameters_of(session: boto3.session.Session, name: str) -> dict[str, str]:
    """The parameters of a stack as deployed; none where there is no such stack yet."""
    stack = _describe(session.client("cloudformation"), name)
    return {item["ParameterKey"]: item["ParameterValue"] for item in (stack or {}).get("Parameters", [])}


def _declared_parameters(client: Any, template_url: str) -> set[str]:
    summary = client.get_template_summary(TemplateURL=template_url)
    return {parameter["ParameterKey"] for parameter in summary["Parameters"]}


def _describe(client: Any, name: str) -> dict[str, Any] | None:
    try:
        stacks: list[dict[str, Any]] = client.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return stacks[0]


def _exists(client: Any, name: str) -> bool:
    stack = _describe(client, name)
    return stack is not None and stack["StackStatus"] != _NOT_YET_CREATED


def _has_changes(client: Any, change_set: str) -> bool:
    """Wait until CloudFormation knows what it would change; false when that is nothing."""
    poll = _FIRST_POLL_SECONDS
    while True:
        state = client.describe_change_set(ChangeSetName=change_set)
        if state["Status"] == "CREATE_COMPLETE":
            return True
        if state["Status"] == "FAILED":
            break
        time.sleep(poll)
        poll = min(poll * _POLL_GROWTH, _LONGEST_POLL_SECONDS)
    reason = state.get("StatusReason", "")
    client.delete_change_set(ChangeSetName=change_set)
    if "didn't contain changes" in reason or "No updates are to be performed" in reason:
        return False
    raise DeploymentFailed(reason)


def _wait(client: Any, name: str) -> None:
    poll = _FIRST_POLL_SECONDS
    while True:
        stack = _describe(client, name) or {}
        status = stack.get("StackStatus", "DELETE_COMPLETE")
        if status in _DONE:
            return
        if not status.endswith("_IN_PROGRESS"):
            raise DeploymentFailed("\n  ".join([f"{name}: {status}", *_failures(client, name)]))
        time.sleep(poll)
        poll = min(poll * _POLL_GROWTH, _LONGEST_POLL_SECONDS)


def _failures(client: Any, name: str) -> list[str]:
    events = client.describe_stack_events(StackName=name)["StackEvents"]
    return [
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
        for event in reversed(events)
        if event["ResourceStatus"].endswith("_FAILED")
    ]


def _outputs(client: Any, name: str) -> dict[str, str]:
    stack = _describe(client, name) or {}
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
