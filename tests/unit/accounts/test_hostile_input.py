"""Whatever is typed or sent, the answer is a clear refusal, never a failure of ours (I11)."""

import json
from typing import Any

import pytest

from tests.unit.accounts.people import (
    JAN,
    NEW_PASSWORD,
    end_session,
    everything_but_counters,
    logged_in,
    settled,
)
from tests.unit.clients import PASSWORD, Customer

pytestmark = pytest.mark.usefixtures("aws_in_memory", "quick_tables")

TEXTS = {
    "empty": "",
    "spaces": " \t\u00a0\u3000",
    "nul": "\x00",
    "nul inside": "jan\x00kowalski",
    "lone surrogate": "jan\ud800",
    "pair of surrogates the wrong way round": "\udc00\ud800",
    "control characters": "\r\nx: y\x1b[31m\x7f",
    "right to left": "\u202enaj\u202c",
    "zero width": "\u200b\u200d\ufeff",
    "combining only": "\u0301\u0301\u0301",
    "expands eighteen times": "\ufdfa" * 200,
    "shrinks": "A\u030a" * 400,
    "huge": "a" * 1024,
    "too huge": "a" * 1025,
    "huge emoji": "🙂" * 1024,
    "many at signs": "@" * 300,
    "address of labels": "a@" + "ż." * 400,
    "punycode": "a@xn--\u00e4",
    "expression": "attribute_exists(login_key) or #0 = :0",
    "json": '{"S": "jan"}',
    "path": "../../etc/passwd",
    "number": "1e309",
    "last code point": "\U0010ffff\uffff\ufdd0",
}
ALL_TEXTS = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())


def refused(customer: Customer, path: str, body: dict[str, Any], method: str = "POST") -> None:
    """Send it, with unpaired surrogates as JSON can write them; the answer must be a refusal."""
    answer = customer.request(method, path, json.dumps(body))
    assert 400 <= answer.status < 500, (path, answer.status)
    assert answer.code != "not_logged_in"
    assert answer.json["detail"]


@ALL_TEXTS
def test_no_text_breaks_what_a_stranger_may_ask(text: str) -> None:
    settled()
    before = everything_but_counters()
    stranger = Customer()
    refused(stranger, "/v1/sessions", {"login": text, "password": PASSWORD})
    refused(stranger, "/v1/sessions", {"login": "jan", "password": text})
    refused(stranger, "/v1/accounts", {"login": text, "email": "ewa@poczta.example", "password": "jan"})
    refused(stranger, "/v1/accounts", {"login": "ewa", "email": text, "password": PASSWORD})
    refused(stranger, "/v1/accounts", {"login": "ewa", "email": "ewa@poczta.example", "password": text})
    refused(stranger, "/v1/accounts/confirm", {"token": text})
    refused(stranger, "/v1/password-resets", {"identifier": text})
    refused(stranger, "/v1/password-resets/check", {"token": text})
    refused(stranger, "/v1/password-resets/complete", {"token": text, "password": NEW_PASSWORD})
    assert everything_but_counters() == before


@ALL_TEXTS
def test_no_text_breaks_what_a_customer_may_ask(text: str) -> None:
    settled()
    jan = logged_in()
    before = everything_but_counters()
    refused(jan, "/v1/account", {"login": f"{text}/", "current_password": PASSWORD}, "PATCH")
    refused(jan, "/v1/account", {"password": text, "current_password": PASSWORD}, "PATCH")
    refused(jan, "/v1/account", {"login": "janek", "current_password": text}, "PATCH")
    refused(jan, "/v1/account", {"language": text}, "PATCH")
    if text:  # a path without it is another one
        assert end_session(jan, text).status == 404
    assert everything_but_counters() == before


@ALL_TEXTS
def test_no_header_breaks_anything(text: str) -> None:
    text = text.encode(errors="replace").decode()  # HTTP has bytes, and so no unpaired surrogates
    settled()
    odd = Customer(language=text, user_agent=text, token=text or "x")
    assert odd.get("/v1/account").code == "not_logged_in"
    assert odd.log_in("jan").status == 201
    assert odd.get("/v1/account").status == 200
    assert odd.get("/v1/account/notifications", cursor=text or "x").code == "malformed_query"
    assert odd.get("/v1/account/notifications", limit=text or "x").code == "malformed_query"


@pytest.mark.parametrize("email", [JAN, f"a{JAN}"])
def test_what_hurts_no_rule_is_taken_as_it_is(email: str) -> None:
    password = "Zielony\x00Rower🙂7 \u202e " + "ż" * 480
    answer = Customer().register("अनुराधा", email, password)
    assert answer.status == 201
    assert logged_in("अनुराधा", password).get("/v1/account").json["email"] == email
