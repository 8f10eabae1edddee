"""The OpenAPI document as a judge: an answer must be what the document promises, and nothing beyond it."""

import functools
import json
import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import msgspec
from openapi_schema_validator import OAS31Validator

from chalicelib.web.openapi import document

# Headers that every answer has, or every problem; a client does not act on them.
_EVERYWHERE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_UNDOCUMENTED = {*_EVERYWHERE, "Content-Type", "Content-Language"}


class PromiseBroken(AssertionError):
    """An answer is not what the document says."""


def is_documented(method: str, path: str) -> bool:
    """Whether the document has this method of this path; a path with parameters stands for itself."""
    return method.lower() in document()["paths"].get(path, {})


def template_of(path: str) -> tuple[str, dict[str, str]]:
    """The path as the document has it, and the parameters that a concrete path gives it."""
    for template in document()["paths"]:
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)
        if template == path or (match := re.fullmatch(pattern, path)) is None:
            continue
        return template, match.groupdict()
    return path, {}


def header_names() -> set[str]:
    """The headers that answers may have, as they are written."""
    responses = (
        _followed(response)
        for operations in document()["paths"].values()
        for operation in operations.values()
        for response in operation["responses"].values()
    )
    return _UNDOCUMENTED.union(*(response.get("headers", {}) for response in responses))


def as_json() -> Any:
    """The document as it is after a journey over the wire."""
    return json.loads(msgspec.json.encode(document()))


def check(method: str, path: str, status: int, headers: Mapping[str, str], text: str) -> None:
    """Raise PromiseBroken unless the document allows this answer to this operation."""
    where = f"{method} {path} {status}"
    responses = document()["paths"][path][method.lower()]["responses"]
    if str(status) not in responses:
        raise PromiseBroken(f"{where} is not in the document: {text}")
    promise = _followed(responses[str(status)])
    _check_headers(where, promise.get("headers", {}), headers)
    [media_type, *_] = promise.get("content", {None: None})
    if media_type is None:
        if text:  # API Gateway gives a type to what has none, even to nothing
            raise PromiseBroken(f"{where} has a body: {text}")
        return
    if headers.get("Content-Type") != media_type:
        raise PromiseBroken(f"{where} is not {media_type} but {headers.get('Content-Type')}")
    schema = promise["content"][media_type]["schema"]
    _hold(where, {"components": _strict_components(), **schema}, json.loads(text))


def _check_headers(where: str, promised: Mapping[str, Any], headers: Mapping[str, str]) -> None:
    unknown = headers.keys() - promised.keys() - _UNDOCUMENTED
    if unknown:
        raise PromiseBroken(f"{where} has undocumented headers: {sorted(unknown)}")
    for name, value in _EVERYWHERE.items():
        if headers.get(name) != value:
            raise PromiseBroken(f"{where} has {name}: {headers.get(name)}")
    for name, header in promised.items():
        schema = _followed(header)["schema"]
        if name not in headers:
            raise PromiseBroken(f"{where} has no {name}")
        sent = headers[name]
        _hold(f"{where} {name}", schema, int(sent) if schema.get("type") == "integer" else sent)


def _followed(promise: Mapping[str, Any]) -> Any:
    while "$ref" in promise:
        promise = functools.reduce(lambda at, key: at[key], promise["$ref"].split("/")[1:], document())
    return promise


def _hold(where: str, schema: Mapping[str, Any], value: Any) -> None:
    for error in OAS31Validator(schema, format_checker=OAS31Validator.FORMAT_CHECKER).iter_errors(value):
        raise PromiseBroken(f"{where} at {error.json_path}: {error.message}")


@functools.cache
def _strict_components() -> Any:
    # The document lets answers grow; here, a field that it does not describe is an error.
    components = deepcopy(document()["components"])
    for schema in components["schemas"].values():
        if schema.get("type") == "object":
            schema["additionalProperties"] = False
    return components
