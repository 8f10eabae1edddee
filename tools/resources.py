"""What a template holds, by the logical names of its resources."""

from collections.abc import Mapping
from typing import Any

_FUNCTION = "AWS::Serverless::Function"
_QUEUE = "AWS::SQS::Queue"


def functions(template: Mapping[str, Any]) -> list[str]:
    """The functions, in the template's order."""
    return _of_type(template, _FUNCTION)


def working_queues(template: Mapping[str, Any]) -> list[str]:
    """The queues that functions read: what fails there goes on to another queue."""
    return [name for name in _of_type(template, _QUEUE) if _passes_on(template, name)]


def dead_letter_queues(template: Mapping[str, Any]) -> list[str]:
    """The queues where messages end: nothing takes them on but the operator."""
    return [name for name in _of_type(template, _QUEUE) if not _passes_on(template, name)]


def _of_type(template: Mapping[str, Any], kind: str) -> list[str]:
    return [name for name, resource in template["Resources"].items() if resource["Type"] == kind]


def _passes_on(template: Mapping[str, Any], queue: str) -> bool:
    return "RedrivePolicy" in template["Resources"][queue]["Properties"]
