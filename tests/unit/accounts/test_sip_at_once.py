"""Many who want a SIP number, or a password, at the same moment (R14): all get one, and no two the same."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar
from unittest.mock import patch

import pytest
from botocore.awsrequest import AWSPreparedRequest
from moto.core.botocore_stubber import BotocoreStubber

from chalicelib.accounts.models import Status
from chalicelib.accounts.verification import verify_account
from chalicelib.errors import NoNumberFree
from tests.unit import cloud
from tests.unit.accounts.devices import ask_for_password, registers, telephones, with_telephone
from tests.unit.accounts.people import as_stored, kinds_waiting, logged_in, settled
from tests.unit.clients import PostOffice

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("aws_in_memory", "quick_tables")]

RIVALS = 50

_Result = TypeVar("_Result")


@contextmanager
def meeting_at_the_first_transaction(rivals: int) -> Iterator[None]:
    """Threads wait for each other before the first transaction of each; then calls come one by one."""
    ready, one_by_one, met = threading.Barrier(rivals), threading.Lock(), threading.local()
    pass_on = BotocoreStubber.process_request

    def answered(stubber: BotocoreStubber, request: AWSPreparedRequest) -> Any:
        transaction = str(request.headers.get("X-Amz-Target")).endswith("TransactWriteItems'")
        if transaction and not hasattr(met, "already"):
            met.already = True
            ready.wait(timeout=60)
        with one_by_one:
            return pass_on(stubber, request)

    with patch.object(BotocoreStubber, "process_request", answered):
        yield


def at_once(*acts: Callable[[], _Result]) -> list[_Result]:
    """Do all of them in threads of their own; their results, in order."""
    with meeting_at_the_first_transaction(len(acts)), ThreadPoolExecutor(len(acts)) as pool:
        return [each.result() for each in [pool.submit(act) for act in acts]]


def test_fifty_verifications_at_once_on_fifty_numbers_give_everybody_one_of_their_own(
    wire: cloud.Wire, with_settings: Callable[..., None]
) -> None:
    with_settings(SIP_NUMBER_RANGE="100-149")
    people = [
        settled(f"klient-{number}", f"klient-{number}@poczta.example", status=Status.REGISTERED)
        for number in range(RIVALS)
    ]
    wire.clear()
    verified = at_once(*(partial(verify_account, each.account_id) for each in people))
    assert sorted(str(each.sip_number) for each in verified) == [str(number) for number in range(100, 150)]
    stored = [as_stored(each) for each in people]
    assert [each.sip_number for each in stored] == [each.sip_number for each in verified]
    assert {each.status for each in stored} == {Status.ACTIVE}
    assert kinds_waiting() == ["sip_credentials"] * RIVALS
    holders = {row["sip_number"]["S"]: row["account_id"]["S"] for row in cloud.items("SIP_ACCOUNTS_TABLE")}
    assert holders == {str(each.sip_number): each.account_id for each in stored}
    # They did collide.
    assert wire.counted()["TransactWriteItems"] > RIVALS
    one_more = settled("jan", status=Status.REGISTERED)
    with pytest.raises(NoNumberFree):
        verify_account(one_more.account_id)


def test_one_account_verified_by_several_at_once_gets_one_number_and_one_mail() -> None:
    jan = settled(status=Status.REGISTERED)
    verified = at_once(*[partial(verify_account, jan.account_id)] * 5)
    assert {each.sip_number for each in verified} == {as_stored(jan).sip_number}
    assert len(cloud.items("SIP_ACCOUNTS_TABLE")) == 1
    assert kinds_waiting() == ["sip_credentials"]


def test_of_two_passwords_asked_for_at_once_one_is_mailed_and_works(post_office: PostOffice) -> None:
    _, old = with_telephone(post_office)
    here, elsewhere = logged_in(), logged_in()
    answers = at_once(partial(ask_for_password, here), partial(ask_for_password, elsewhere))
    assert [answer.status for answer in answers] == [202, 202]
    _, new = telephones(post_office)
    assert registers(new)
    assert not registers(old)
