"""SIP passwords while something else happens, or fails: one of them always works, the right one (R14)."""

from collections.abc import Callable, Mapping

import pytest

from chalicelib import storage
from chalicelib.accounts import sip
from chalicelib.accounts.models import Account, SipAccount, Status
from chalicelib.notifications import log
from tests.unit import cloud
from tests.unit.accounts.asking import change
from tests.unit.accounts.devices import (
    ask_for_password,
    device_of,
    registers,
    telephones,
    verified,
    with_telephone,
)
from tests.unit.accounts.people import (
    NEW_PASSWORD,
    as_stored,
    end_session,
    kinds_waiting,
    logged_in,
    reset,
    reset_link,
)
from tests.unit.clients import PASSWORD, Customer, PostOffice
from tests.unit.conftest import FrozenClock


@pytest.fixture(autouse=True)
def _aws(aws_in_memory: None, quick_tables: None) -> None:
    """Every test here has tables."""


def refused(operation: str, **error: str) -> Callable[[str], Mapping[str, str] | None]:
    return lambda asked: error if asked == operation else None


# Meanwhile.


def test_a_newer_request_while_the_mail_is_on_its_way_makes_its_password_void(
    post_office: PostOffice,
) -> None:
    _, old = with_telephone(post_office)
    jan = logged_in()
    ask_for_password(jan)
    post_office.relay_all()

    def ask_again(call: cloud.Call) -> None:
        if call.operation == "SendEmail":
            assert ask_for_password(jan).status == 202

    with cloud.before_calls(ask_again):
        assert post_office.deliver_queued() == []
    assert registers(old)
    [overtaken] = [device_of(mail) for mail in cloud.sent_mails()[1:]]
    assert not registers(overtaken)
    newest = telephones(post_office)[-1]
    assert registers(newest)
    assert not registers(old)
    assert not registers(overtaken)


def test_a_number_that_ends_while_the_mail_is_on_its_way_stays_ended(post_office: PostOffice) -> None:
    jan = verified()
    post_office.relay_all()

    def end(call: cloud.Call) -> None:
        if call.operation == "SendEmail":
            storage.write(sip.ended(str(jan.sip_number)))

    with cloud.before_calls(end):
        assert post_office.deliver_queued() == []
    assert sip.registration_of(str(jan.sip_number)).ha1_md5 is None
    [entry] = log.of_account(jan.account_id, limit=9)
    assert entry.status == "sent"


@pytest.mark.parametrize("meanwhile", ["reset", "ended", "locked", "changed"])
def test_what_ends_session_or_password_meanwhile_lets_no_password_be_replaced(
    post_office: PostOffice, meanwhile: str
) -> None:
    jan, device = with_telephone(post_office)
    thief, owner, link = logged_in(), logged_in(), reset_link(jan)
    session_id = next(
        each["id"] for each in owner.get("/v1/sessions").json["sessions"] if not each["current"]
    )
    acts: Mapping[str, Callable[[], object]] = {
        "reset": lambda: reset(Customer(), link),
        "ended": lambda: end_session(owner, session_id),
        "locked": lambda: change(jan, status=Status.LOCKED),
        "changed": lambda: thief.patch("/v1/account", password=NEW_PASSWORD, current_password=PASSWORD),
    }

    def act(call: cloud.Call) -> None:
        if call.operation == "TransactWriteItems" and "sip_accounts_table" in call.tables:
            acts[meanwhile]()

    with cloud.before_calls(act):
        answer = ask_for_password(thief)
    assert (answer.status, answer.code) == (401, "not_logged_in")
    assert "sip_credentials" not in kinds_waiting()
    row = storage.get(SipAccount, device.number)
    assert row is not None
    assert row.awaited_message is None


def test_a_customer_deleted_meanwhile_gets_no_password(post_office: PostOffice) -> None:
    jan, device = with_telephone(post_office)
    customer = logged_in()

    def delete(call: cloud.Call) -> None:
        if call.operation == "TransactWriteItems" and "sip_accounts_table" in call.tables:
            storage.write(
                sip.ended(device.number),
                storage.update(Account(jan.account_id), Account.status.set(Status.DELETED)),
            )

    with cloud.before_calls(delete):
        assert ask_for_password(customer).code == "not_logged_in"
    assert sip.registration_of(device.number) == sip.SipRegistration("localhost", None, None, allowed=False)


# Failures.


def test_while_ses_refuses_the_old_password_works(post_office: PostOffice, frozen_clock: FrozenClock) -> None:
    _, old = with_telephone(post_office)
    ask_for_password(logged_in())
    post_office.relay_all()
    with cloud.faults(refused("SendEmail", __type="TooManyRequestsException", message="not now")):
        assert len(post_office.deliver_queued()) == 1
    assert registers(old)
    frozen_clock.advance(minutes=1)
    new = telephones(post_office)[-1]
    assert registers(new)
    assert not registers(old)


def test_after_ses_refuses_for_good_the_old_password_works_and_another_can_be_asked_for(
    post_office: PostOffice,
) -> None:
    jan, old = with_telephone(post_office)
    ask_for_password(logged_in())
    post_office.relay_all()
    with cloud.faults(refused("SendEmail", __type="MessageRejected", message="a virus")):
        assert post_office.deliver_queued() == []
    assert log.of_account(jan.account_id, limit=1)[0].status == "failed"
    assert registers(old)
    ask_for_password(logged_in())
    assert registers(telephones(post_office)[-1])
    assert not registers(old)


def test_when_the_last_write_fails_the_old_password_works_and_the_next_mail_brings_the_new_one(
    post_office: PostOffice, frozen_clock: FrozenClock
) -> None:
    _, old = with_telephone(post_office)
    ask_for_password(logged_in())
    post_office.relay_all()
    denied = refused("TransactWriteItems", __type="AccessDeniedException", message="not allowed")
    with cloud.faults(denied):
        assert len(post_office.deliver_queued()) == 1
    assert registers(old)
    frozen_clock.advance(minutes=1)
    _, void, new = telephones(post_office)
    assert void.password != new.password
    assert [registers(device) for device in (old, void, new)] == [False, False, True]


def test_a_request_that_is_refused_by_the_database_leaves_the_old_password(post_office: PostOffice) -> None:
    jan, old = with_telephone(post_office)
    customer = logged_in()
    with cloud.faults(refused("TransactWriteItems", __type="AccessDeniedException", message="no")):
        assert ask_for_password(customer).status == 500
    assert kinds_waiting() == []
    assert registers(old)
    assert as_stored(jan).sip_number == old.number
