"""Whatever text stands in a body, the answer is one of the document, and never a failure of ours."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chalicelib.settings import settings as tuned
from chalicelib.web import schemas
from chalicelib.web.openapi import OPERATIONS
from tests.unit.accounts.people import JAN, logged_in, reset_link, settled
from tests.unit.clients import PASSWORD, Customer
from tests.unit.ses_says import ses_suppresses
from tests.unit.staff import EWA

NUL = "\0"

FORMS = {each.name: (each, each.body) for each in OPERATIONS if each.body}


@pytest.mark.parametrize(
    ("path", "form", "code"),
    [
        ("/v1/accounts", {"login": "ja\0n", "email": JAN, "password": PASSWORD}, "invalid_login"),
        ("/v1/accounts", {"login": "jan", "email": f"{JAN}\0", "password": PASSWORD}, "invalid_email"),
        ("/v1/accounts", {"login": "jan", "email": f"a\r\nb{JAN}", "password": PASSWORD}, "invalid_email"),
        ("/v1/accounts/confirm", {"token": NUL}, "link_expired"),
        ("/v1/sessions", {"login": NUL, "password": NUL}, "invalid_credentials"),
        ("/v1/password-resets", {"identifier": NUL}, "user_not_found"),
        ("/v1/password-resets/complete", {"token": NUL, "password": NUL}, "link_expired"),
    ],
)
def test_a_nul_character_is_an_ordinary_wrong_one(
    path: str, form: dict[str, str], code: str, customer: Customer
) -> None:
    assert customer.post(path, **form).code == code


def test_a_password_may_hold_any_character(customer: Customer) -> None:
    account = settled("jan")
    password = "Aa1\0\t\u202e\U0001f511 zażółć \u0301"
    body = {"token": reset_link(account), "password": password}
    assert customer.post("/v1/password-resets/complete", **body).status == 204
    assert customer.log_in("jan", password).status == 201


def test_a_body_in_base64_is_read_like_any_other(customer: Customer) -> None:
    settled("jan")
    body = json.dumps({"login": "jan", "password": PASSWORD}).encode()
    assert customer.request("POST", "/v1/sessions", body).status == 201


def test_of_a_field_given_twice_the_last_counts(customer: Customer) -> None:
    settled("jan")
    twice = f'{{"login": "zofia", "login": "jan", "password": "{PASSWORD}"}}'
    assert customer.request("POST", "/v1/sessions", twice).status == 201


def odd_texts() -> st.SearchStrategy[str]:
    """Texts that are nearly right, and others."""
    near = st.sampled_from(["jan", JAN, PASSWORD, "Jan", "ja\u0301n", "@", "a@b", "@poczta.example", " ", ""])
    marks = st.sampled_from(
        ["\0", "\u200b", "\u00ad", "\u0345", "\uff20", "\u2024", "xn--", ".", "\U0001f511", "İ"]
    )
    return near | st.text(max_size=30) | st.lists(near | marks | st.text(max_size=3), max_size=5).map("".join)


def bodies(form: type[schemas.Form]) -> st.SearchStrategy[dict[str, Any]]:
    wrong = st.none() | st.integers() | st.lists(st.text(max_size=3), max_size=2) | st.text(max_size=300)
    values = {name: odd_texts() | wrong for name in form.__struct_fields__}
    well_formed = {name: odd_texts() for name in form.__struct_fields__ if name != "language"}
    return st.fixed_dictionaries(well_formed) | st.fixed_dictionaries({}, optional=values)


@pytest.fixture
def send(aws_in_memory: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str, Any], int]]:
    """Send a body as Jan, each time from another network, so that no throttle hides what is behind it.

    What only staff may send comes with IAM's word for it, too, and is about Jan.
    """
    monkeypatch.setenv("PASSWORD_CHECKS_PER_HOUR", "1000")
    tuned.cache_clear()
    account = settled("jan")
    jan = logged_in("jan")
    jan.arn = EWA
    link = reset_link(account)
    about = {"account_id": account.account_id, "message_id": account.account_id, "number": "600000001"}
    networks = (f"2001:db8:{number:x}::1" for number in range(1, 65536))

    def send(method: str, path: str, body: Any) -> int:
        jan.ip = next(networks)
        if "token" in body and body["token"] == "jan":
            body["token"] = link
        return jan.request(method, path.format_map(about), body).status

    with ses_suppresses():
        yield send
    monkeypatch.undo()
    tuned.cache_clear()


@pytest.mark.parametrize("name", FORMS)
def test_no_text_makes_an_operation_fail(name: str, send: Callable[[str, str, Any], int]) -> None:
    operation, form = FORMS[name]

    @settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], database=None)
    @given(bodies(form))
    @example(dict.fromkeys(form.__struct_fields__, "\u0345"))
    def tried(body: dict[str, Any]) -> None:
        assert send(operation.method.upper(), operation.path, body) < 500

    tried()
