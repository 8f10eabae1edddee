"""Many who want a SIP number, or a password, at the same moment (R14): all get one, and no two the same."""

from collections.abc import Callable
from functools import partial

import pytest

from chalicelib.accounts.models import Status
from chalicelib.accounts.verification import verify_account
from chalicelib.errors import NoNumberFree
from tests.unit import cloud
from tests.unit.accounts.devices import ask_for_password, registers, telephones, with_telephone
from tests.unit.accounts.people import as_stored, kinds_waiting, logged_in, settled
from tests.unit.accounts.rivals import at_once
from tests.unit.clients import PostOffice

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("aws_in_memory", "quick_tables")]

RIVALS = 50


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
