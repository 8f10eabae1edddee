"""Fixtures of the unit and integration tests: AWS in memory, a clock that stands, a customer's browser."""

import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

# Before anything of ours is imported: the models read their tables' names from the environment.
os.environ.update(
    AWS_DEFAULT_REGION="eu-central-1",
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    PANEL_URL="https://panel.example",
    MAIL_FROM="panel@poczta.example",
    SUPPORT_ADDRESS="pomoc@poczta.example",
    OPERATOR_NAME="Telefonia Przykład",
    ARGON2_MEMORY_KIB="8",
    ARGON2_PASSES="1",
)

import hypothesis
import pytest
from botocore import endpoint
from moto import mock_aws
from moto.logs import models as logs_in_memory

from chalicelib import audit, clock, pseudonyms
from chalicelib.accounts import signing
from chalicelib.notifications import delivery
from chalicelib.notifications.pace import Pace
from chalicelib.settings import settings
from tests.unit import cloud, quick_dynamodb
from tests.unit.clients import Customer, PostOffice

os.environ.update(cloud.table_variables())

# A busy machine is no defect of the code.
hypothesis.settings.register_profile("unit", deadline=None)
# The same examples every time: what may land must not hang on chance.
hypothesis.settings.register_profile("landing", deadline=None, derandomize=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "unit"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how many crash points were tried, if any test did."""
    crashes = sys.modules.get("tests.unit.crashes")
    if crashes is not None and crashes.tried:
        terminalreporter.write_line(crashes.summary())


class FrozenClock:
    """A clock that stands until it is moved; pauses move it."""

    def __init__(self, start: datetime) -> None:
        self.time = start

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **units: float) -> None:
        self.time += timedelta(**units)


@pytest.fixture
def frozen_clock(monkeypatch: pytest.MonkeyPatch) -> FrozenClock:
    frozen = FrozenClock(datetime(2026, 11, 22, 10, 0, tzinfo=UTC))
    monkeypatch.setattr(clock, "source", frozen)
    monkeypatch.setattr(clock, "pause", lambda seconds: frozen.advance(seconds=seconds))
    return frozen


@pytest.fixture
def sleep_moves_the_clock(frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses that the AWS client makes between its own attempts take no time here."""
    # Only there: the local cloud's threads sleep, too, and would turn without end and the clock with them.
    asleep = SimpleNamespace(sleep=lambda seconds: frozen_clock.advance(seconds=seconds))
    monkeypatch.setattr(endpoint, "time", asleep)


@pytest.fixture
def laid_out() -> Iterator[dict[str, str]]:
    """AWS in memory, with what the template makes; the value is the environment that names it."""
    with mock_aws():
        cloud.tap()
        yield cloud.lay_out()


@pytest.fixture
def aws_in_memory(
    laid_out: dict[str, str],
    frozen_clock: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    for name, value in laid_out.items():
        monkeypatch.setenv(name, value)
    signing.forget_secrets()
    pseudonyms.forget_key()
    audit.forget_stream()
    # Like AWS, moto takes only log lines of about the present: of ours.
    monkeypatch.setattr(logs_in_memory, "utcnow", lambda: clock.now().replace(tzinfo=None))
    monkeypatch.setattr(delivery, "_pace", Pace())  # no test waits for the one before
    if os.environ.get("UNIT_DYNAMODB") == "local":
        request.getfixturevalue("quick_tables")


@pytest.fixture
def quick_tables(laid_out: dict[str, str]) -> Iterator[None]:
    """Tables in the local cloud's DynamoDB, for tests with many calls."""
    if os.environ.get("UNIT_DYNAMODB") == "moto":
        yield
        return
    with quick_dynamodb.in_place_of_motos():
        cloud.make_tables()
        yield


@pytest.fixture
def wire(aws_in_memory: None) -> Iterator[cloud.Wire]:
    noted = cloud.Wire()
    with cloud.watched(noted):
        yield noted


@pytest.fixture
def customer(aws_in_memory: None) -> Customer:
    """Somebody at a browser, in a network of their own."""
    return Customer()


@pytest.fixture
def post_office(aws_in_memory: None) -> PostOffice:
    """The way of a message from the outbox through the queues to the mailbox."""
    return PostOffice()


@pytest.fixture
def hide_unknown_users(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("UNKNOWN_USER", "hide")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def with_settings() -> Iterator[Callable[..., None]]:
    """Change settings for one test, by the names of their environment variables."""
    with pytest.MonkeyPatch.context() as environment:

        def change(**variables: str) -> None:
            for name, value in variables.items():
                environment.setenv(name, value)
            settings.cache_clear()

        yield change
    settings.cache_clear()


Asked = Callable[[Callable[[], object]], list[str]]


@pytest.fixture
def asked(wire: cloud.Wire) -> Asked:
    """What an operation asks of AWS; the process is warm: it knows the secrets."""
    signing.sign({})
    pseudonyms.pseudonym("login", "jan")

    def asked(operation: Callable[[], object]) -> list[str]:
        wire.clear()
        operation()
        return list(map(str, wire.requests))

    return asked
