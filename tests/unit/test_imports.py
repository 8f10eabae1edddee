"""Who may import whom (design, section 4), and what a log-in must not load at all."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app import app
from tests.unit import cloud
from tests.unit.accounts.people import settled
from tests.unit.clients import PASSWORD

ROOT = Path(__file__).parents[2]

# From the outside in; each may import from itself and from what stands after it.
LAYERS = [
    {"app"},
    {"chalicelib.web"},
    {"chalicelib.support"},
    {"chalicelib.balances"},
    {"chalicelib.accounts"},
    {"chalicelib.notifications"},
    {
        "chalicelib.storage",
        "chalicelib.settings",
        "chalicelib.errors",
        "chalicelib.clock",
        "chalicelib.aws",
        "chalicelib",
    },
]
NOT_SHIPPED = {"bench", "local", "tests", "tools"}


PATHS = [ROOT / "app.py", *sorted((ROOT / "chalicelib").rglob("*.py"))]
MODULES = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in PATHS]


def file_of(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def imports_of(module: str) -> set[str]:
    """All that a module imports, wherever in it; "from a import b" counts as a and as a.b."""
    found = set()
    for node in ast.walk(ast.parse(file_of(module).read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            found |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def layer_of(module: str) -> tuple[int, str]:
    """The number of a module's layer, and which of the parts on it the module belongs to."""
    parts = module.split(".")
    for length in (2, 1):
        part = ".".join(parts[:length])
        for number, layer in enumerate(LAYERS):
            if part in layer:
                return number, part
    pytest.fail(f"{module} is on no layer of the design")


def is_ours(name: str) -> bool:
    return name.partition(".")[0] in {"app", "chalicelib"}


def outside(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names if not is_ours(name)}


def test_every_module_is_looked_at() -> None:
    assert {"app", "chalicelib.storage", "chalicelib.balances.rows", "chalicelib.web.routes"} <= set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_nothing_imports_upwards_or_sideways(module: str) -> None:
    own_layer, own_part = layer_of(module)
    for name in filter(is_ours, imports_of(module)):
        layer, part = layer_of(name)
        inwards = layer > own_layer or part == own_part or layer == own_layer == len(LAYERS) - 1
        assert inwards, f"{module} imports {name}"


@pytest.mark.parametrize("module", MODULES)
def test_chalice_is_known_to_the_edge_only(module: str) -> None:
    if "chalice" in outside(imports_of(module)):
        assert module == "app" or module.startswith("chalicelib.web.")


@pytest.mark.parametrize("module", MODULES)
def test_what_does_not_ship_is_not_imported(module: str) -> None:
    assert not outside(imports_of(module)) & NOT_SHIPPED


RULES = [module for module in MODULES if module.endswith(".rules")]


def test_there_are_rules() -> None:
    assert RULES


@pytest.mark.parametrize("module", RULES)
def test_rules_know_no_aws(module: str) -> None:
    imported = imports_of(module)
    assert not outside(imported) & {"boto3", "botocore", "pynamodb"}
    assert not imported & {"chalicelib.storage", "chalicelib.aws", "chalicelib.accounts.models"}


@pytest.mark.parametrize("module", MODULES)
def test_aws_clients_are_made_in_one_place(module: str) -> None:
    assert "boto3" not in outside(imports_of(module))
    if {"botocore.session", "botocore.config"} & imports_of(module):
        assert module == "chalicelib.aws"


def test_errors_know_nothing_of_http() -> None:
    assert outside(imports_of("chalicelib.errors")) == {"datetime", "typing"}


# What a log-in loads: seen in a process of its own, to which AWS answers as it did to this one.

REPLAY = """
import json, sys
from botocore.awsrequest import AWSResponse
from chalicelib import aws

event, answers = json.load(sys.stdin)

class Body:
    def __init__(self, text):
        self.text = text
    def stream(self):
        text, self.text = self.text, ""
        if text:
            yield text.encode()

def answer(request, **_):
    operation, status, headers, text = answers.pop(0)
    assert request.headers["X-Amz-Target"].decode().endswith(operation), operation
    return AWSResponse(request.url, status, headers, Body(text))

aws._session().register("before-send", answer)
from app import app
response = app(event, None)
print(json.dumps([response["statusCode"], len(answers), sorted(sys.modules)]))
"""

# With all that is in it, where it is a package.
NOT_FOR_LOG_IN = {
    "boto3",
    "chalicelib.accounts.address_change",
    "chalicelib.accounts.address_undo",
    "chalicelib.accounts.deletion",
    "chalicelib.accounts.foreign_hashes",
    "chalicelib.accounts.lifecycle",
    "chalicelib.accounts.logins",
    "chalicelib.accounts.lookup",
    "chalicelib.accounts.profile",
    "chalicelib.accounts.recovery",
    "chalicelib.accounts.registration",
    "chalicelib.accounts.sip",
    "chalicelib.accounts.tokens",
    "chalicelib.audit",
    "chalicelib.balances",
    "chalicelib.notifications",
    "chalicelib.pseudonyms",
    "chalicelib.support",
    "chalicelib.web.api.account",
    "chalicelib.web.api.password_resets",
    "chalicelib.web.api.records",
    "chalicelib.web.api.registration",
    "chalicelib.web.api.tickets",
    "chalicelib.web.openapi",
    "chalicelib.web.operator",
    "chalicelib.web.operator_schemas",
    "chalicelib.web.panel.frame",
    "chalicelib.web.panel.views",
    "email_validator",
    "idna",
    "jinja2",
    "ulid",
    "zoneinfo",
}


@pytest.fixture
def answers_of_aws(aws_in_memory: None) -> Iterator[list[Any]]:
    """What AWS answers to each request that is made meanwhile."""
    answers: list[Any] = []

    def noted(call: cloud.Call, pass_on: Callable[[], Any]) -> Any:
        status, headers, body = pass_on()
        text = body.decode() if isinstance(body, bytes) else body
        answers.append([call.operation, status, dict(headers), text])
        return status, headers, body

    with cloud.around_calls(noted):
        yield answers


def loaded_by(event: dict[str, Any], answers: list[Any]) -> set[str]:
    """The modules that a new process has loaded after answering one request with success."""
    finished = subprocess.run(
        [sys.executable, "-c", REPLAY],
        input=json.dumps([event, answers]),
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
        text=True,
    )
    *_, answered = finished.stdout.splitlines()  # before it, what the request counted
    status, unasked, loaded = json.loads(answered)
    assert (status, unasked) == (201, 0)
    return set(loaded)


LOG_IN = {
    "requestContext": {
        "httpMethod": "POST",
        "resourcePath": "/v1/sessions",
        "path": "/v1/sessions",
        "identity": {"sourceIp": "198.51.100.7"},
    },
    "headers": {"content-type": "application/json"},
    "multiValueQueryStringParameters": None,
    "pathParameters": None,
    "stageVariables": None,
    "body": json.dumps({"login": "jan", "password": PASSWORD}),
    "isBase64Encoded": False,
}


def within(module: str, places: set[str]) -> bool:
    """Whether a module is one of the places, or within one of them."""
    parts = module.split(".")
    return any(".".join(parts[:length]) in places for length in range(1, len(parts) + 1))


def test_nothing_that_a_log_in_must_not_load_has_another_name_by_now() -> None:
    ours = set(filter(is_ours, NOT_FOR_LOG_IN))
    assert ours <= set(MODULES)


def test_a_log_in_loads_nothing_that_only_other_requests_need(answers_of_aws: list[Any]) -> None:
    settled()
    answers_of_aws.clear()
    assert app(LOG_IN, None)["statusCode"] == 201
    assert [operation for operation, *_ in answers_of_aws] == [
        "BatchGetItem",
        "UpdateItem",
        "UpdateItem",
        "GetSecretValue",
    ]
    loaded = loaded_by(LOG_IN, answers_of_aws)
    assert {"nacl", "jwt", "chalicelib.accounts.log_in"} <= loaded
    assert not [each for each in sorted(loaded) if within(each, NOT_FOR_LOG_IN)]
