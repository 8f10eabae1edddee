"""Tickets (R11): who can establish neither login nor address writes to the staff, who answer by mail."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib import storage
from chalicelib.accounts.models import Account, Status
from chalicelib.notifications import log
from chalicelib.notifications.models import AddressRow
from chalicelib.support.models import Ticket
from chalicelib.support.tickets import MESSAGE_MAX_CHARACTERS
from tests.unit import cloud, emf
from tests.unit.accounts.people import JAN, ZOFIA, bounced, settled
from tests.unit.clients import Answer, Customer, PostOffice, text_of
from tests.unit.conftest import FrozenClock

STAFF = "pomoc@poczta.example"
WORDS = "Nie pamiętam loginu.\nStary adres już nie działa."


def write(customer: Customer, contact: str = ZOFIA, message: str = WORDS, **more: str) -> Answer:
    return customer.post("/v1/tickets", contact_email=contact, message=message, **more)


def kept(answer: Answer) -> Ticket:
    """The ticket as the table has it."""
    assert answer.status == 201, answer.text
    ticket = storage.get(Ticket, answer.json["ticket_id"])
    assert ticket is not None
    return ticket


def spend_mail_limit(customer: Customer, address: str, post_office: PostOffice) -> None:
    """Have so many mails sent to a customer's address as strangers may cause in an hour."""
    for network in range(5):
        stranger = Customer(ip=f"203.0.{network}.7")
        assert stranger.post("/v1/password-resets", identifier=address).status == 202
    post_office.deliver_all()


# Kept.


def test_a_ticket_is_kept_as_it_was_written_for_a_year(customer: Customer, frozen_clock: FrozenClock) -> None:
    ticket = kept(write(customer, " Zofia@Poczta.Example ", f"\n {WORDS} \n", login=" zofia "))
    assert ticket.contact_email == "Zofia@Poczta.Example"
    assert ticket.contact == ZOFIA
    assert (ticket.message, ticket.login, ticket.language) == (WORDS, "zofia", "pl")
    assert ticket.state == "open"
    assert ticket.created_at == frozen_clock.time
    assert ticket.expires_at == frozen_clock.time + timedelta(days=365)


@pytest.mark.parametrize("login", [None, "", "  \u00a0"])
def test_a_login_need_not_be_given(customer: Customer, login: str | None) -> None:
    answer = customer.post("/v1/tickets", contact_email=ZOFIA, message=WORDS, login=login)
    assert kept(answer).login is None


def test_no_word_of_a_ticket_is_in_the_outbox(customer: Customer) -> None:
    write(customer, message="tajne", login="zofia")
    waiting = str(cloud.items("OUTBOX_TABLE"))
    assert len(cloud.items("OUTBOX_TABLE")) == 2
    assert "tajne" not in waiting
    assert "zofia'" not in waiting


@pytest.mark.parametrize("character", ["x", "ż", "字", "😀", "\x01"])
def test_the_longest_ticket_can_be_sent_whatever_it_is_written_in(customer: Customer, character: str) -> None:
    message = character * MESSAGE_MAX_CHARACTERS
    assert kept(write(customer, message=message)).message == message


# Refused.


@pytest.mark.parametrize(
    ("contact", "message", "login", "field", "code"),
    [
        ("", WORDS, "", "contact_email", "required"),
        ("zofia", WORDS, "", "contact_email", "invalid"),
        ("Zofia <zofia@poczta.example>", WORDS, "", "contact_email", "invalid"),
        ("zofia@poczta.example, ewa@poczta.example", WORDS, "", "contact_email", "invalid"),
        ("zofia=?x@poczta.example", WORDS, "", "contact_email", "invalid"),
        (f"{'z' * 250}@poczta.example", WORDS, "", "contact_email", "too_long"),
        (ZOFIA, " \n\t ", "", "message", "required"),
        (ZOFIA, "x" * (MESSAGE_MAX_CHARACTERS + 1), "", "message", "too_long"),
        (ZOFIA, WORDS, "z" * 321, "login", "too_long"),
        (ZOFIA, WORDS, "\ufdfa" * 100, "login", "too_long"),  # one character of it becomes eighteen
    ],
)
def test_a_ticket_that_cannot_be_answered_or_read_is_refused(
    customer: Customer, contact: str, message: str, login: str, field: str, code: str
) -> None:
    answer = write(customer, contact, message, login=login)
    assert (answer.status, answer.code) == (422, "invalid_ticket")
    assert answer.json["errors"] == [{"field": field, "code": code}]
    assert cloud.items("TICKETS_TABLE") == cloud.items("OUTBOX_TABLE") == []


def test_all_that_is_wrong_with_a_ticket_is_told_at_once(customer: Customer) -> None:
    answer = write(customer, "", "")
    assert [each["field"] for each in answer.json["errors"]] == ["contact_email", "message"]


def test_one_network_sends_so_many_tickets_in_an_hour(customer: Customer, frozen_clock: FrozenClock) -> None:
    for _ in range(5):
        assert write(customer).status == 201
    answer = write(customer)
    assert (answer.status, answer.code) == (429, "too_many_attempts")
    assert int(answer.headers["Retry-After"]) > 0
    assert len(cloud.items("TICKETS_TABLE")) == 5
    assert write(Customer(ip="203.0.113.7")).status == 201
    frozen_clock.advance(hours=1)
    assert write(customer).status == 201


# To the staff.


def test_staff_get_the_ticket_and_answer_its_writer(customer: Customer, post_office: PostOffice) -> None:
    number = write(customer, login="zofia").json["ticket_id"]
    [mail] = post_office.mails_to(STAFF)
    assert mail["Reply-To"] == ZOFIA
    assert number in mail["Subject"]
    text = text_of(mail)
    assert f"Adres podany do kontaktu: {ZOFIA}\nPodany login: zofia\n" in text
    assert f"\n{WORDS}\n" in text
    assert "Żadne konto nie ma tego loginu ani tego adresu." in text


def test_staff_read_their_own_language_whatever_the_customer_speaks(post_office: PostOffice) -> None:
    write(Customer(language="en"))
    [mail] = post_office.mails_to(STAFF)
    assert mail["Content-Language"] == "pl"


def test_staff_see_which_accounts_the_login_and_the_address_fit(
    customer: Customer, post_office: PostOffice
) -> None:
    jan = settled("jan", JAN, status=Status.LOCKED)
    zofia, ewa = settled("zofia", ZOFIA), settled("ewa", ZOFIA, confirmed=False)
    write(customer, login="JAN")
    write(customer, login="zofia")
    first, second = (text_of(mail) for mail in post_office.mails_to(STAFF))
    by_login = f"Konto: {jan.account_id}\nLogin: jan\nStan: locked\nZgadza się: login\n"
    by_address = f"Konto: {ewa.account_id}\nLogin: ewa\nStan: active\nZgadza się: adres\n"
    assert by_login in first
    assert f"Konto: {zofia.account_id}\nLogin: zofia\nStan: active\nZgadza się: adres\n" in first
    assert by_address in first
    assert f"Konto: {zofia.account_id}\nLogin: zofia\nStan: active\nZgadza się: login i adres\n" in second
    assert by_address in second
    assert jan.account_id not in second


def test_the_mail_to_the_staff_is_logged_as_the_operators(
    customer: Customer, post_office: PostOffice
) -> None:
    zofia = settled("zofia", ZOFIA)
    write(customer, login="zofia")
    post_office.deliver_all()
    [entry] = log.of_account(log.OPERATOR, limit=9)
    assert (entry.kind, entry.recipient) == ("ticket", STAFF)
    assert "ticket" not in {each.kind for each in log.of_account(zofia.account_id, limit=9)}


def test_a_ticket_that_is_gone_is_not_mailed(customer: Customer, post_office: PostOffice) -> None:
    storage.write(storage.delete(kept(write(customer))))
    assert post_office.mails_to(STAFF) == []


# Back to who wrote.


def test_a_customer_gets_the_tickets_number_and_none_of_its_words(
    customer: Customer, post_office: PostOffice
) -> None:
    zofia = settled("zofia", "Zofia@poczta.example")
    number = write(customer, "ZOFIA@POCZTA.EXAMPLE", "Kliknij: https://ewa.example", login="zofia").json
    [mail] = post_office.mails_to("Zofia@poczta.example")
    assert number["ticket_id"] in text_of(mail)
    assert not {"Kliknij", "ewa.example", "Login"} & set(text_of(mail).replace("/", " ").split())
    assert mail["Reply-To"] == STAFF
    [entry] = log.of_account(zofia.account_id, limit=9)
    assert (entry.kind, entry.recipient) == ("ticket_received", "Zofia@poczta.example")
    row = storage.get(AddressRow, ZOFIA, zofia.account_id)
    assert row is not None
    assert row.last_notified_at == entry.sent_at


def test_an_acknowledgement_is_in_the_log_of_every_account_of_the_address(
    customer: Customer, post_office: PostOffice
) -> None:
    accounts = [settled("zofia", ZOFIA), settled("ewa", ZOFIA)]
    write(customer)
    assert len(post_office.mails_to(ZOFIA)) == 1
    for account in accounts:
        assert [each.kind for each in log.of_account(account.account_id, limit=9)] == ["ticket_received"]


@pytest.mark.parametrize(
    "prepared",
    [
        pytest.param(lambda: None, id="unknown"),
        pytest.param(lambda: settled("zofia", ZOFIA, status=Status.LOCKED), id="locked"),
        pytest.param(lambda: bounced(settled("zofia", ZOFIA)), id="unreachable"),
    ],
)
def test_an_address_that_is_no_customers_gets_nothing(
    customer: Customer,
    post_office: PostOffice,
    capsys: pytest.CaptureFixture[str],
    prepared: Callable[[], object],
) -> None:
    prepared()
    assert write(customer).status == 201
    assert post_office.mails_to(ZOFIA) == []
    assert len(post_office.mails_to(STAFF)) == 1
    dropped = ("Mails", "Kind=ticket_received", "Outcome=skipped", "Reason=unknown_address")
    assert emf.counted(capsys.readouterr().out)[dropped] == 1


def test_a_registration_that_ran_out_makes_no_customer(
    customer: Customer, post_office: PostOffice, frozen_clock: FrozenClock
) -> None:
    settled("zofia", ZOFIA, confirmed=False)
    frozen_clock.advance(days=30)
    write(customer)
    assert post_office.mails_to(ZOFIA) == []


def test_an_address_that_was_replaced_before_delivery_gets_nothing(
    customer: Customer, post_office: PostOffice
) -> None:
    zofia = settled("zofia", ZOFIA)
    write(customer)
    post_office.relay_all()
    post_office.deliver_queued()  # the acknowledgement has become a message to the account
    storage.write(
        storage.delete(AddressRow(ZOFIA, zofia.account_id)),
        storage.update(zofia, Account.email.set(JAN)),
    )
    assert post_office.mails_to(ZOFIA) == []
    assert post_office.mails_to(JAN) == []


def test_nobody_floods_a_mailbox_by_tickets_and_reminders_together(
    customer: Customer, post_office: PostOffice
) -> None:
    settled("zofia", ZOFIA)
    spend_mail_limit(customer, ZOFIA, post_office)
    before = len(post_office.mails_to(ZOFIA))
    assert write(customer).status == 201
    assert len(post_office.mails_to(ZOFIA)) == before == 5
    assert len(post_office.mails_to(STAFF)) == 1


def test_the_answer_and_the_calls_are_the_same_whether_the_address_is_known_or_not(
    wire: cloud.Wire, post_office: PostOffice
) -> None:
    settled("zofia", ZOFIA)
    spend_mail_limit(Customer(), ZOFIA, post_office)
    settled("jan", JAN)
    seen = []
    for network, contact in enumerate((ZOFIA, JAN, "nikt@poczta.example")):
        wire.clear()
        answer = write(Customer(ip=f"198.18.{network}.7"), contact, login="zofia")
        seen.append((answer.status, answer.headers, list(answer.json), list(map(str, wire.requests))))
    assert seen[0] == seen[1] == seen[2]
    calls = "TransactWriteItems throttles_table tickets_table outbox_table outbox_table"
    assert seen[0][3] == [calls]
