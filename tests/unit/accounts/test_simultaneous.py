"""Two who use one link, or want one login, at the same moment (I3, I6): exactly one wins."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from botocore.awsrequest import AWSPreparedRequest
from moto.core.botocore_stubber import BotocoreStubber

from chalicelib import storage
from chalicelib.accounts import passwords
from chalicelib.accounts.models import Credential
from tests.unit import cloud
from tests.unit.accounts.people import kinds_waiting, reset, reset_link, settled
from tests.unit.clients import Answer, Customer

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("aws_in_memory")]

TIMES = 50
PASSWORDS = ("Niebieski-Balon-1", "Czerwony-Tramwaj-2")


@contextmanager
def meeting_at_the_transaction(rivals: int) -> Iterator[None]:
    """Threads wait for each other before their transactions, which then come one by one, in any order."""
    ready, one_by_one = threading.Barrier(rivals), threading.Lock()
    pass_on = BotocoreStubber.process_request

    def answered(stubber: BotocoreStubber, request: AWSPreparedRequest) -> Any:
        if str(request.headers.get("X-Amz-Target")).endswith("TransactWriteItems'"):
            ready.wait(timeout=30)
        with one_by_one:
            return pass_on(stubber, request)

    with patch.object(BotocoreStubber, "process_request", answered):
        yield


def at_once(*acts: Callable[[], Answer]) -> list[Answer]:
    """Do all of them in threads of their own; their answers, in order."""
    with meeting_at_the_transaction(len(acts)), ThreadPoolExecutor(len(acts)) as pool:
        return [each.result() for each in [pool.submit(act) for act in acts]]


@pytest.fixture(params=["moto", "the local cloud"])
def either_dynamodb(request: pytest.FixtureRequest) -> None:
    if request.param == "the local cloud":
        request.getfixturevalue("quick_tables")


@pytest.mark.usefixtures("either_dynamodb")
def test_of_two_completions_with_one_link_at_once_exactly_one_wins_fifty_times() -> None:
    jan = settled()
    for _ in range(TIMES):
        link = reset_link(jan)
        first, second = at_once(*(partial(reset, Customer(), link, each) for each in PASSWORDS))
        assert sorted([first.status, second.status]) == [204, 410]
        winner, loser = PASSWORDS if first.status == 204 else PASSWORDS[::-1]
        credential = storage.get(Credential, "jan")
        assert credential is not None
        assert passwords.verify(winner, credential.password_hash)
        assert not passwords.verify(loser, credential.password_hash)
    assert kinds_waiting() == ["password_changed"] * TIMES


@pytest.mark.parametrize("point", range(2))
def test_a_completion_from_beginning_to_end_within_another_wins(customer: Customer, point: int) -> None:
    link = reset_link(settled())
    answers: list[Answer] = []
    calls = 0

    def complete_meanwhile(call: cloud.Call) -> None:
        nonlocal calls
        if calls == point:
            answers.append(reset(customer, link, PASSWORDS[0]))
        calls += 1

    with cloud.before_calls(complete_meanwhile):
        answers.append(reset(customer, link, PASSWORDS[1]))
    assert calls > point
    assert [answer.status for answer in answers] == [204, 410]
    assert customer.log_in("jan", PASSWORDS[0]).status == 201
    assert kinds_waiting() == ["password_changed"]


def test_of_two_links_of_one_account_used_at_once_one_works_and_the_other_is_void() -> None:
    jan = settled()
    links = reset_link(jan), reset_link(jan)
    first, second = at_once(
        lambda: reset(Customer(), links[0], PASSWORDS[0]), lambda: reset(Customer(), links[1], PASSWORDS[1])
    )
    assert sorted([first.status, second.status]) == [204, 410]


@pytest.mark.usefixtures("either_dynamodb")
def test_of_two_who_register_spellings_of_one_login_at_once_exactly_one_gets_it() -> None:
    for number in range(10):
        rivals = Customer(ip=f"100.64.{number}.1"), Customer(ip=f"100.65.{number}.1")
        first, second = at_once(
            partial(rivals[0].register, f"jan-{number}", f"a-{number}@poczta.example"),
            partial(rivals[1].register, f"JAN-{number}", f"b-{number}@poczta.example"),
        )
        assert sorted([first.status, second.status]) == [201, 409]
    assert len(cloud.items("ACCOUNTS_TABLE")) == len(cloud.items("CREDENTIALS_TABLE")) == 10
