"""Addresses that bounced or complained: what is still sent there, and what allows them again."""

from typing import Any

import pytest

from chalicelib import storage
from chalicelib.accounts import reachability
from chalicelib.accounts.composers import COMPOSERS
from chalicelib.accounts.models import Account
from chalicelib.errors import AccountNotFound, Unavailable
from chalicelib.notifications import log
from chalicelib.notifications.delivery import Sent, Skipped, deliver
from chalicelib.notifications.feedback import take_event
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import AddressRow
from tests.unit import cloud, ses_says
from tests.unit.accounts.people import JAN, as_stored, logged_in, reset, settled
from tests.unit.clients import Customer, PostOffice, tokens_in
from tests.unit.notifications.messages import a_change, a_reset, waiting
from tests.unit.ses_says import ses_suppresses


@pytest.fixture
def jan(aws_in_memory: None) -> Account:
    """Whose mail bounced."""
    account = settled("jan", JAN)
    bounce(account)
    return account


def bounce(account: Account, event_type: str = "Bounce") -> None:
    message = a_reset(account)
    deliver(message.message_id, COMPOSERS)
    take_event(ses_says.body(event_type, account.account_id, message.notification_id), reachability.mark)


def marks(account: Account) -> tuple[str | None, str | None]:
    row = storage.get(AddressRow, account.email, account.account_id)
    assert row is not None
    return as_stored(account).address_unreachable, row.unreachable


# What is still sent.


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        (Kind.PASSWORD_CHANGED, {"changed_at": "2026-11-22T10:00:00+00:00"}),
        (Kind.LOGIN_CHANGED, {"changed_at": "2026-11-22T10:00:00+00:00"}),
        (Kind.TOPPED_UP, {"amount": "12.50", "balance": None, "invoice": None}),
        (Kind.SERVICES_BLOCKED, {}),
        (Kind.CONTRACT_ENDED, {"login": "jan", "deleted_at": "2026-11-22T10:00:00+00:00"}),
        (Kind.NOTICE, {"subject": "Prace", "text": "W nocy."}),
    ],
)
def test_nothing_that_nobody_asked_for_is_sent_to_an_unreachable_address(
    jan: Account, kind: Kind, parameters: Any
) -> None:
    message = waiting(kind, jan, **parameters)
    sent = len(cloud.sent_mails())
    assert deliver(message.message_id, COMPOSERS) == Skipped(kind, "address_unreachable")
    assert len(cloud.sent_mails()) == sent
    assert cloud.items("OUTBOX_TABLE") == []


def test_a_reset_mail_that_was_asked_for_is_sent_all_the_same(jan: Account) -> None:
    assert isinstance(deliver(a_reset(jan).message_id, COMPOSERS), Sent)


def test_the_profile_says_that_mail_does_not_arrive(jan: Account) -> None:
    customer = logged_in()
    assert customer.get("/v1/account").json["email_reachable"] is False
    settled("zofia", "zofia@poczta.example")
    assert logged_in("zofia").get("/v1/account").json["email_reachable"] is True


# Forgetting the password.


def test_by_that_address_a_customer_learns_that_nothing_would_arrive(
    jan: Account, post_office: PostOffice
) -> None:
    answer = Customer().post("/v1/password-resets", identifier=JAN)
    assert (answer.status, answer.code) == (409, "address_unreachable")
    assert cloud.items("OUTBOX_TABLE") == []


def test_by_the_login_the_mail_is_sent_and_completing_the_reset_clears_the_mark(
    jan: Account, post_office: PostOffice
) -> None:
    customer = Customer()
    assert customer.post("/v1/password-resets", identifier="jan").status == 202
    [token] = tokens_in(post_office.mails_to(JAN)[-1])
    assert marks(jan) == ("bounced", "bounced")
    assert reset(customer, token).status == 204
    assert marks(jan) == (None, None)
    assert customer.post("/v1/password-resets", identifier=JAN).status == 202
    post_office.deliver_all()
    kinds = [entry.kind for entry in log.of_account(jan.account_id, limit=9)]
    assert Kind.PASSWORD_CHANGED in kinds  # written again, unasked, in the moment the mark was gone


def test_an_address_of_two_of_whom_one_is_reachable_is_written_to(jan: Account) -> None:
    settled("zofia", JAN)
    assert Customer().post("/v1/password-resets", identifier=JAN).status == 202


def test_in_hide_mode_the_answer_is_as_for_everybody(jan: Account, hide_unknown_users: None) -> None:
    customer = Customer()
    marked = customer.post("/v1/password-resets", identifier=JAN)
    unknown = customer.post("/v1/password-resets", identifier="nikt@poczta.example")
    assert (marked.status, marked.text) == (unknown.status, unknown.text)
    assert marked.status == 202


def test_the_refusal_is_counted_by_the_throttle(jan: Account) -> None:
    customer = Customer()
    statuses = [customer.post("/v1/password-resets", identifier=JAN).status for _ in range(4)]
    assert statuses == [409, 409, 409, 429]


# The operator allows the address again.


def test_allowing_an_address_clears_our_marks_and_takes_it_off_the_suppression_list(
    jan: Account, wire: cloud.Wire
) -> None:
    wire.clear()
    with ses_suppresses(JAN) as suppressed:
        reachability.allow_address(jan.account_id)
    assert list(map(str, wire.requests)) == [
        "GetItem accounts_table",
        "DeleteSuppressedDestination",
        "TransactWriteItems accounts_table addresses_table",
    ]
    assert suppressed.addresses == set()
    assert marks(jan) == (None, None)
    assert isinstance(deliver(a_change(jan).message_id, COMPOSERS), Sent)


def test_an_address_that_ses_does_not_suppress_is_allowed_as_well(jan: Account) -> None:
    with ses_suppresses():
        reachability.allow_address(jan.account_id)
    assert marks(jan) == (None, None)


def test_a_mark_stays_as_long_as_ses_may_still_suppress_the_address(
    jan: Account, sleep_moves_the_clock: None
) -> None:
    with ses_suppresses(JAN) as suppressed:
        suppressed.outage = True
        with pytest.raises(Unavailable):
            reachability.allow_address(jan.account_id)
        assert marks(jan) == ("bounced", "bounced")
        suppressed.outage = False
        reachability.allow_address(jan.account_id)
    assert marks(jan) == (None, None)


def test_a_complaint_is_allowed_again_like_a_bounce(aws_in_memory: None) -> None:
    zofia = settled("zofia", "zofia@poczta.example")
    bounce(zofia, "Complaint")
    assert marks(zofia) == ("complained", "complained")
    with ses_suppresses(zofia.email):
        reachability.allow_address(zofia.account_id)
    assert marks(zofia) == (None, None)


def test_an_address_without_a_row_is_allowed_and_recovers_nothing_afterwards(jan: Account) -> None:
    storage.write(storage.delete(AddressRow(JAN, jan.account_id)))
    with ses_suppresses():
        reachability.allow_address(jan.account_id)
    assert as_stored(jan).address_unreachable is None
    assert storage.get(AddressRow, JAN, jan.account_id) is None


def test_an_international_address_is_taken_off_the_list_in_the_form_that_ses_knows(
    aws_in_memory: None, wire: cloud.Wire
) -> None:
    ewa = settled("ewa", "ewa@żółw.example")
    with ses_suppresses("ewa@xn--w-uga1v8h.example"):
        reachability.allow_address(ewa.account_id)
    assert "DeleteSuppressedDestination" in wire.calls


def test_an_unknown_account_is_told_so(aws_in_memory: None) -> None:
    with pytest.raises(AccountNotFound):
        reachability.allow_address("nobody")
