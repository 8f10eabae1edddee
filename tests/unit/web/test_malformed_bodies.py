"""A body that is no form is refused with 400 before anything is done, and the wrong fields are named."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.web.request import MAX_BODY_BYTES
from tests.unit import cloud
from tests.unit.clients import PASSWORD, Customer


def refusal(body: Any) -> Any:
    """The problem that a log-in with this body is answered with; nothing was asked of AWS."""
    answer = Customer().request("POST", "/v1/sessions", body)
    assert (answer.status, answer.code) == (400, "malformed_body")
    return answer.json


def fields(body: Any) -> list[tuple[str, str]]:
    return [(each["field"], each["code"]) for each in refusal(body).get("errors", [])]


@pytest.fixture(autouse=True)
def _nothing_is_asked_of_aws() -> Iterator[None]:
    wire = cloud.Wire()
    with cloud.watched(wire):
        yield
    assert wire.calls == []


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        " ",
        "login=jan&password=x",
        "{",
        '{"login": "jan", "password": "x"} {}',
        "{'login': 'jan', 'password': 'x'}",
        '{"login": "jan", "password": "x",}',
        '{"login": NaN, "password": "x"}',
        '{"login": Infinity, "password": "x"}',
        '\ufeff{"login": "jan", "password": "x"}',
        r'{"login": "\ud800", "password": "x"}',
        r'{"login": "\udc00\ud800", "password": "x"}',
        '{"login": "\ud800", "password": "x"}',
        '{"login": "a\nb", "password": "x"}',
        b'{"login": "\xff", "password": "x"}',
        b'{"login": "\xed\xa0\x80", "password": "x"}',
        b"\xff\xfe{\x00}\x00",
        b"\x1f\x8b\x08\x00",
        b"\x00",
        "[" * MAX_BODY_BYTES,
        '{"a":' * (MAX_BODY_BYTES // 5),
    ],
    ids=lambda body: repr(body)[:40],
)
def test_what_is_not_json_is_refused(body: str | bytes | None) -> None:
    assert fields(body) == []


@pytest.mark.parametrize("body", ["null", "1", '"jan"', "[]", '["jan"]', "true"])
def test_json_that_is_no_object_is_refused(body: str) -> None:
    assert fields(body) == []


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, [("login", "missing"), ("password", "missing")]),
        ({"login": "jan"}, [("password", "missing")]),
        ({"login": 1, "password": None}, [("login", "invalid"), ("password", "invalid")]),
        ({"login": ["jan"], "password": {}}, [("login", "invalid"), ("password", "invalid")]),
        ({"login": "jan", "password": "x", "missing": 1}, [("missing", "unknown")]),
        ({"login": "jan", "passwd": "x"}, [("password", "missing"), ("passwd", "unknown")]),
        ({"login": "jan", "password": "x", "a`b`$.login": 1}, [("a`b`$.login", "unknown")]),
        ({"login": "jan", "password": "x", "": 1}, [("", "unknown")]),
        ({"LOGIN": "jan", "password": "x"}, [("login", "missing"), ("LOGIN", "unknown")]),
        ({"login": "x" * 1025, "password": "x"}, [("login", "invalid")]),
        ({"login": "jan", "password": "x" * 4097}, [("password", "invalid")]),
    ],
    ids=str,
)
def test_the_wrong_fields_are_named(body: dict[str, Any], named: list[tuple[str, str]]) -> None:
    assert fields(body) == named


@pytest.mark.parametrize(
    "value", ["9" * 5000, "1e999", "-0", "0.1", "true", '[{"a":[]}]', "[" * 500 + "]" * 500, '{"a":1}']
)
def test_a_field_of_another_type_is_named_however_odd_its_value(value: str) -> None:
    assert fields(f'{{"login": {value}, "password": "x"}}') == [("login", "invalid")]


def test_a_field_nested_too_deeply_to_be_looked_at_is_refused_like_the_rest() -> None:
    nested = "[" * 7000 + "]" * 7000
    refusal(f'{{"login": {nested}, "password": "x"}}')
    refusal(f'{{"login": "jan", "password": "x", "more": {nested}}}')


def test_a_choice_outside_the_choices_is_named() -> None:
    form = {"login": "jan", "email": "jan@poczta.example", "password": PASSWORD, "language": "de"}
    answer = Customer().request("POST", "/v1/accounts", form)
    assert answer.json["errors"] == [{"field": "language", "code": "invalid"}]


def test_of_many_unknown_fields_only_some_are_named_and_cut_short() -> None:
    named = fields({"login": "jan", "password": "x"} | {f"{number}" * 70: 0 for number in range(10, 99)})
    assert len(named) == 10
    assert {len(field) for field, _ in named} == {64}


@pytest.mark.parametrize(
    "body",
    [
        {"login": "jan", "password": [PASSWORD]},
        {"login": "jan", "password": "x", "passwd": PASSWORD},
        {"login": "jan", "password": {PASSWORD: PASSWORD}},
        f'{{"login": "jan", "password": "{PASSWORD}"',
        f'{{"login": "jan", "password": "{PASSWORD}\ud800"}}',
        f"login=jan&password={PASSWORD}",
    ],
    ids=str,
)
def test_a_password_in_a_malformed_body_does_not_come_back(body: Any) -> None:
    assert PASSWORD not in json.dumps(refusal(body))


def test_a_body_larger_than_any_form_is_refused_unread() -> None:
    answer = Customer().request("POST", "/v1/sessions", "x" * (MAX_BODY_BYTES + 1))
    assert (answer.status, answer.code) == (413, "body_too_large")
    many_bytes = "ż" * (MAX_BODY_BYTES // 2 + 1)
    assert Customer().request("POST", "/v1/sessions", many_bytes).code == "body_too_large"
    assert Customer().request("POST", "/v1/sessions", many_bytes[1:]).code == "malformed_body"


@settings(max_examples=50)
@given(
    st.dictionaries(
        st.sampled_from(["login", "password", "Login", "`", "$.login"]) | st.text(max_size=5),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
            ),
            max_leaves=4,
        ),
    ).filter(lambda body: not (body.keys() == {"login", "password"} and all(map(is_text, body.values()))))
)
def test_exactly_the_wrong_fields_are_named(body: dict[str, Any]) -> None:
    text = json.dumps(body)
    if "NaN" in text or "Infinity" in text:
        refusal(text)
        return
    wanted = {(name, "missing") for name in ("login", "password") if name not in body}
    wanted |= {(name, "invalid") for name in ("login", "password") if not is_text(body.get(name, ""))}
    wanted |= {(name, "unknown") for name in body if name not in ("login", "password")}
    named = fields(text)
    assert set(named) <= wanted
    assert len(named) == len(wanted) or len(named) >= 10


def is_text(value: object) -> bool:
    return isinstance(value, str)
