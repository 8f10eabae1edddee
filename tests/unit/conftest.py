"""Fixtures of the unit and integration tests: AWS in memory, a clock that stands, a customer's browser."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

# Before anything of ours is imported: the models read their tables' names from the environment.
os.environ.update(
    AWS_DEFAULT_REGION="eu-central-1",
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",  # noqa: S106 - moto accepts any
    PANEL_URL="https://panel.example",
    MAIL_FROM="panel@poczta.example",
    SUPPORT_ADDRESS="pomoc@poczta.example",
    OPERATOR_NAME="Telefonia Przykład",
    ARGON2_MEMORY_KIB="8",
    ARGON2_PASSES="1",
)

import pytest
from moto import mock_aws

from chalicelib import aws, clock
from chalicelib.accounts import signing
from chalicelib.settings import settings
from tests.unit import cloud
from tests.unit.clients import Customer, PostOffice

os.environ.update(cloud.table_variables())


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


@pytest.fixture(scope="package")
def laid_out() -> Iterator[dict[str, str]]:
    """AWS in memory, laid out once; each test finds it empty. The value is the environment that names it."""
    with mock_aws():
        aws.forget_clients()
        cloud.tap()
        yield cloud.lay_out()
    aws.forget_clients()


@pytest.fixture
def aws_in_memory(
    laid_out: dict[str, str], frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (laid_out | cloud.empty()).items():
        monkeypatch.setenv(name, value)
    signing.forget_secrets()


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
