"""Who is meant by what was typed into "forgot your password?", and to which address each reminder goes."""

import pytest

from chalicelib import clock, storage
from chalicelib.accounts import reminders
from chalicelib.accounts.models import Account
from chalicelib.notifications import addresses
from chalicelib.notifications.delivery import Skip
from chalicelib.notifications.models import AddressRow
from chalicelib.settings import settings
from tests.unit.accounts.asking import change, forgot, move, resolved
from tests.unit.accounts.people import JAN, ZOFIA, settled
from tests.unit.clients import Customer, PostOffice, tokens_in
from tests.unit.conftest import FrozenClock

NEW = "nowy@poczta.example"


@pytest.fixture(autouse=True)
def _aws(aws_in_memory: None) -> None:
    """Every test here has tables."""


def ids(*accounts: Account) -> list[str]:
    return [account.account_id for account in accounts]


@pytest.mark.parametrize("typed", ["jan.kowalski", "JAN.Kowalski", " ｊａｎ.kowalski "])
def test_a_login_in_any_spelling_means_its_account(typed: str) -> None:
    account = settled("Jan.Kowalski")
    assert resolved(typed) == {JAN: ids(account)}


@pytest.mark.parametrize("typed", [JAN, "JAN@Poczta.Example", " jan@poczta.example "])
def test_an_address_in_any_spelling_means_the_accounts_it_recovers(typed: str) -> None:
    jan, zofia = settled("jan"), settled("zofia", JAN)
    settled("ewa", ZOFIA)
    assert resolved(typed) == {JAN: ids(jan, zofia)}


@pytest.mark.parametrize("typed", ["nobody", "nobody@poczta.example", "\0", "🐌", "a" * 300])
def test_what_nobody_has_is_dropped_with_that_reason(typed: str) -> None:
    settled()
    assert reminders.resolve_reset_request(forgot(typed)) == Skip("nobody_has_this_identifier")


def test_mail_goes_out_as_the_customer_typed_the_address_not_as_the_one_who_asked() -> None:
    account = settled("jan", "Jan.Kowalski@Żółw.Example")
    assert resolved("JAN.KOWALSKI@żółw.example") == {"Jan.Kowalski@Żółw.Example": ids(account)}
    assert resolved("jan") == {"Jan.Kowalski@Żółw.Example": ids(account)}


def test_one_customers_login_and_anothers_address_reaches_each_at_their_own_address() -> None:
    # A login may be the customer's own address (R4); later the customer changes the address.
    jan = settled(JAN, JAN)
    move(jan, NEW)
    zofia = settled("zofia", JAN)
    assert resolved(JAN) == {JAN: ids(zofia), NEW: ids(jan)}


def test_each_of_the_two_gets_their_own_login_and_link_and_nothing_of_the_others(
    customer: Customer, post_office: PostOffice
) -> None:
    move(settled(JAN, JAN), NEW)
    settled("zofia", JAN)
    assert customer.post("/v1/password-resets", identifier=JAN).status == 202
    for address, login, other in ((JAN, "zofia", NEW), (NEW, JAN, "zofia")):
        [mail] = post_office.mails_to(address)
        [token] = tokens_in(mail)
        assert customer.post("/v1/password-resets/check", token=token).json["login"] == login
        part = mail.get_body(("plain",))
        assert part is not None
        assert login in part.get_content()
        assert other not in part.get_content()


def test_a_login_that_is_the_accounts_own_address_gets_one_mail() -> None:
    account = settled(JAN, JAN)
    assert resolved(JAN) == {JAN: ids(account)}


def test_a_replaced_address_recovers_nothing_and_the_login_reaches_the_new_one() -> None:
    account = settled()
    move(account, NEW)
    assert resolved(JAN) == {}
    assert resolved("jan") == resolved(NEW) == {NEW: ids(account)}


def test_a_pending_address_recovers_nothing() -> None:
    account = settled()
    change(account, pending_email=NEW)
    assert resolved(NEW) == {}
    assert resolved("jan") == {JAN: ids(account)}


def test_an_imported_customer_is_found_by_the_address_last_notified_and_written_to_there() -> None:
    account = settled()
    storage.write(storage.put(AddressRow(NEW, account.account_id, last_notified_at=clock.now())))
    assert resolved(NEW) == {NEW: ids(account)}
    assert resolved("jan") == {JAN: ids(account)}


def test_an_unconfirmed_account_is_found_until_its_time_runs_out(frozen_clock: FrozenClock) -> None:
    account = settled(confirmed=False)
    frozen_clock.advance(days=settings().unconfirmed_days, seconds=-1)
    assert resolved("jan") == resolved(JAN) == {JAN: ids(account)}
    frozen_clock.advance(seconds=1)
    assert resolved("jan") == resolved(JAN) == {}


def test_the_owner_of_an_address_is_not_crowded_out_by_strangers_who_registered_with_it() -> None:
    owner = settled("jan")
    strangers = [settled(f"stranger{number}", JAN, confirmed=False) for number in range(14)]
    [listed] = resolved(JAN).values()
    assert listed == ids(owner, *strangers)[: addresses.MOST_ACCOUNTS]


def test_the_reminder_is_in_the_owners_language() -> None:
    change(settled("jan"), language="en")
    settled("stranger", JAN, confirmed=False)
    outcome = reminders.resolve_reset_request(forgot(JAN))
    assert not isinstance(outcome, Skip)
    [successor] = outcome.successors
    assert successor.message.language == "en"


def test_what_is_replaced_between_request_and_delivery_recovers_nothing(
    customer: Customer, post_office: PostOffice
) -> None:
    account = settled()
    assert customer.post("/v1/password-resets", identifier=JAN).status == 202
    move(account, NEW)
    assert post_office.mails_to(JAN) == post_office.mails_to(NEW) == []


def test_what_is_replaced_between_the_request_by_login_and_its_delivery_is_written_to_anew(
    customer: Customer, post_office: PostOffice
) -> None:
    account = settled()
    assert customer.post("/v1/password-resets", identifier="jan").status == 202
    move(account, NEW)
    assert post_office.mails_to(JAN) == []
    assert len(post_office.mails_to(NEW)) == 1


@pytest.mark.parametrize("identifier", ["jan", JAN])
def test_what_is_replaced_when_the_mail_waits_already_recovers_nothing(
    customer: Customer, post_office: PostOffice, identifier: str
) -> None:
    account = settled()
    assert customer.post("/v1/password-resets", identifier=identifier).status == 202
    post_office.relay_all()
    assert post_office.deliver_queued() == []  # now the mail to the old address waits
    move(account, NEW)
    assert post_office.mails_to(JAN) == post_office.mails_to(NEW) == []


def test_a_link_mailed_to_an_address_that_is_replaced_then_is_dead(
    customer: Customer, post_office: PostOffice
) -> None:
    account = settled()
    customer.post("/v1/password-resets", identifier="jan")
    [token] = tokens_in(post_office.mails_to(JAN)[-1])
    assert customer.post("/v1/password-resets/check", token=token).status == 200
    move(account, NEW)
    assert customer.post("/v1/password-resets/check", token=token).code == "link_expired"
    complete = customer.post("/v1/password-resets/complete", token=token, password="Czerwony-Tramwaj-8")
    assert complete.code == "link_expired"
