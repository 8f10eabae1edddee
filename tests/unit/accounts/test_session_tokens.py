"""Which tokens are taken for ours, and how the secret they are signed with is rotated."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from chalicelib.accounts import signing
from chalicelib.errors import NotLoggedIn
from tests.unit import cloud
from tests.unit.accounts.people import logged_in, settled
from tests.unit.clients import Customer
from tests.unit.conftest import FrozenClock

pytestmark = pytest.mark.usefixtures("aws_in_memory")

CLAIMS = {"sub": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "sid": "session", "iat": 1, "exp": 2_000_000_000}


def rotate(secret: str) -> None:
    """Rotate the signing secret, as `aws secretsmanager put-secret-value` does."""
    cloud.client("secretsmanager").put_secret_value(SecretId="signing", SecretString=secret.ljust(64, "x"))


def header_of(token: str) -> dict[str, Any]:
    return jwt.get_unverified_header(token)


def forged(
    changes: Mapping[str, Any], *, secret: str | None = None, algorithm: str = "HS256", **header: Any
) -> str:
    """A token like ours, signed with our secret unless another is given, with changed claims and header."""
    key_id, ours = signing._ring.current()
    claims = {**CLAIMS, "iss": "klucznik", "aud": "klucznik-session", **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, secret or ours, algorithm, headers={"kid": key_id, **header})


def test_a_token_says_what_was_signed() -> None:
    claims = signing.verify(signing.sign(CLAIMS))
    assert {name: claims[name] for name in CLAIMS} == CLAIMS


def test_a_token_is_a_jwt_with_key_id_algorithm_audience_and_end() -> None:
    token = signing.sign(CLAIMS)
    assert header_of(token)["alg"] == "HS256"
    assert header_of(token)["kid"] == signing._ring.current()[0]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["aud"], claims["iss"], claims["exp"]) == ("klucznik-session", "klucznik", CLAIMS["exp"])


def test_a_token_ends_by_our_clock(frozen_clock: FrozenClock) -> None:
    token = signing.sign(CLAIMS | {"exp": int(frozen_clock().timestamp()) + 60})
    frozen_clock.advance(seconds=59)
    signing.verify(token)
    frozen_clock.advance(seconds=1)
    with pytest.raises(NotLoggedIn):
        signing.verify(token)


def test_a_forged_token_is_taken_when_nothing_in_it_is_wrong() -> None:
    assert signing.verify(forged({}))["sid"] == "session"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "klucznik-reset"},
        {"aud": None},
        {"iss": "somebody"},
        {"iss": None},
        {"exp": None},
        {"exp": 1},
        {"sub": None},
        {"sid": None},
    ],
)
def test_a_token_for_another_purpose_or_without_an_end_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(NotLoggedIn):
        signing.verify(forged(changes))


def test_a_token_signed_with_another_secret_is_refused() -> None:
    with pytest.raises(NotLoggedIn):
        signing.verify(forged({}, secret="s" * 64))


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_a_token_signed_by_another_algorithm_is_refused(algorithm: str) -> None:
    with pytest.raises(NotLoggedIn):
        signing.verify(forged({}, algorithm=algorithm, secret="s" * 64))
    _, ours = signing._ring.current()
    with pytest.raises(NotLoggedIn):
        signing.verify(forged({}, algorithm=algorithm, secret=ours))


def test_an_unsigned_token_is_refused() -> None:
    header, body, _ = forged({}).split(".")
    unsigned = json.loads(base64.urlsafe_b64decode(header + "==")) | {"alg": "none"}
    header = base64.urlsafe_b64encode(json.dumps(unsigned).encode()).rstrip(b"=").decode()
    for token in (f"{header}.{body}.", f"{header}.{body}"):
        with pytest.raises(NotLoggedIn):
            signing.verify(token)


@pytest.mark.parametrize("key_id", ["", "unknown", "0" * 10_000, "../previous"])
def test_a_token_of_an_unknown_key_is_refused(key_id: str) -> None:
    with pytest.raises(NotLoggedIn):
        signing.verify(forged({}, kid=key_id))


def test_every_changed_character_makes_a_token_void() -> None:
    token = signing.sign(CLAIMS)
    for position in range(0, len(token) - 1, 7):
        changed = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
        with pytest.raises(NotLoggedIn):
            signing.verify(changed)


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b.c", "e30.e30.e30", "\x00", "żółw", "\ud800", "e" * 10_000, "bnVsbA.bnVsbA.x"],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(NotLoggedIn):
        signing.verify(token)


def test_rotating_the_secret_logs_nobody_out() -> None:
    settled()
    before = logged_in()
    rotate("second")
    assert before.get("/v1/account").status == 200
    signing.forget_secrets()  # another process, which begins now
    after = logged_in()
    assert before.get("/v1/account").status == 200
    assert after.get("/v1/account").status == 200
    assert header_of(str(before.token))["kid"] != header_of(str(after.token))["kid"]


def test_a_process_that_knows_only_the_old_secret_takes_tokens_of_the_new_one_at_once() -> None:
    settled()
    old_process = signing._ring
    signing.sign(CLAIMS)
    rotate("second")
    signing.forget_secrets()
    token = signing.sign(CLAIMS)
    assert old_process.find(header_of(token)["kid"]) == signing._ring.current()[1]


def test_a_process_signs_with_the_new_secret_an_hour_after_its_rotation(frozen_clock: FrozenClock) -> None:
    first = header_of(signing.sign(CLAIMS))["kid"]
    rotate("second")
    frozen_clock.advance(minutes=60)
    assert header_of(signing.sign(CLAIMS))["kid"] == first
    frozen_clock.advance(seconds=1)
    assert header_of(signing.sign(CLAIMS))["kid"] != first


@pytest.mark.parametrize("used_in_between", [True, False])
def test_a_secret_rotated_out_twice_is_refused_within_the_hour(
    frozen_clock: FrozenClock, used_in_between: bool
) -> None:
    oldest = signing.sign(CLAIMS)
    rotate("second")
    frozen_clock.advance(minutes=61)
    if used_in_between:
        previous = signing.sign(CLAIMS)
        assert signing.verify(oldest)
    rotate("third")
    frozen_clock.advance(minutes=61)
    with pytest.raises(NotLoggedIn):
        signing.verify(oldest)
    if used_in_between:
        assert signing.verify(previous)
    signing.forget_secrets()
    with pytest.raises(NotLoggedIn):
        signing.verify(oldest)


def test_tokens_of_unknown_keys_do_not_make_us_ask_without_end(
    wire: cloud.Wire, frozen_clock: FrozenClock
) -> None:
    signing.sign(CLAIMS)
    tokens = [forged({}, kid=f"unknown-{number}") for number in range(200)]
    wire.clear()
    for token in tokens:
        with pytest.raises(NotLoggedIn):
            signing.verify(token)
        frozen_clock.advance(milliseconds=20)
    assert wire.calls == ["GetSecretValue"] * 2


def test_a_flood_of_unknown_keys_delays_a_new_secret_by_seconds_only(frozen_clock: FrozenClock) -> None:
    signing.sign(CLAIMS)
    flooded = signing._ring
    assert flooded.find("unknown") is None
    rotate("second")
    signing.forget_secrets()
    new_key = header_of(signing.sign(CLAIMS))["kid"]
    frozen_clock.advance(seconds=6)
    assert flooded.find("unknown") is None
    assert flooded.find(new_key) is not None


def test_a_token_in_use_costs_no_call_for_its_secret(customer: Customer, wire: cloud.Wire) -> None:
    settled()
    customer.log_in("jan")
    wire.clear()
    assert customer.get("/v1/account").status == 200
    assert wire.calls == ["BatchGetItem"]


def test_the_end_of_a_token_is_the_latest_end_of_its_session(frozen_clock: FrozenClock) -> None:
    settled()
    claims = jwt.decode(str(logged_in().token), options={"verify_signature": False})
    assert datetime.fromtimestamp(claims["exp"], UTC).isoformat() == "2026-12-22T10:00:00+00:00"


@pytest.mark.usefixtures("sleep_moves_the_clock")
def test_while_the_secret_cannot_be_read_the_answer_is_to_try_again(customer: Customer) -> None:
    settled()
    token = logged_in().token
    signing.forget_secrets()
    with cloud.faults({"GetSecretValue": {"__type": "InternalServiceError"}}.get):
        refused = customer.log_in("jan")
        assert (refused.status, refused.code) == (503, "unavailable")
        refused = Customer(token=token).get("/v1/account")
        assert (refused.status, refused.code) == (503, "unavailable")
        assert int(refused.headers["Retry-After"]) > 0
    assert Customer(token=token).get("/v1/account").status == 200


def test_a_secret_that_cannot_be_had_just_now_is_answered_503(customer: Customer) -> None:
    token = signing.sign(CLAIMS)
    signing.forget_secrets()
    busy = {"__type": "InternalServiceError", "message": "try again"}
    with cloud.faults(lambda operation: busy if operation == "GetSecretValue" else None):
        answer = Customer(token=token).get("/v1/account")
    assert (answer.status, answer.code) == (503, "unavailable")
