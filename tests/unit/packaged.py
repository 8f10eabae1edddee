"""The template as packaged, made once for all tests that look at it, and ways to look."""

import functools
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tools.runtime import this_runtime
from tools.template import run_chalice

Json = Mapping[str, Any]


@functools.cache
def template() -> Json:
    with tempfile.TemporaryDirectory() as scratch:
        return run_chalice(this_runtime(), Path(scratch))[0]


def resources(template: Json, kind: str) -> dict[str, Json]:
    return {name: each for name, each in template["Resources"].items() if each["Type"] == kind}


def properties(template: Json, name: str) -> Any:
    return template["Resources"][name]["Properties"]


def statements(template: Json) -> Iterator[tuple[str, Json]]:
    for name, role in resources(template, "AWS::IAM::Role").items():
        for policy in role["Properties"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement


def allowed(template: Json, role: str) -> dict[str, set[str]]:
    """What a role may do: the logical name of a resource (or its ARN) → actions, without their service."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name, statement in statements(template):
        if name == role:
            for resource in statement["Resource"]:
                found[_named(resource)] |= {action.partition(":")[2] for action in statement["Action"]}
    return dict(found)


def _named(resource: Json) -> str:
    return resource["Fn::GetAtt"][0] if "Fn::GetAtt" in resource else str(resource["Fn::Sub"])
