"""The mailed link: looked at as often as you like, used once, and dead after everything that overtakes it."""

from chalicelib import clock, storage
from chalicelib.notifications.models import AddressRow
from chalicelib.settings import settings
from tests.unit import cloud
from tests.unit.accounts.asking import look, remind
from tests.unit.accounts.people import (
    JAN,
    NEW_PASSWORD,
    as_stored,
    bounced,
    everything_but_counters,
    kinds_waiting,
    logged_in,
    reset,
    reset_link,
    settled,
)
from tests.unit.clients import PASSWORD, Answer, Customer, PostOffice
from tests.unit.conftest import FrozenClock

WEAK = "krotkie"


# Looking.


def test_looking_at_a_link_tells_the_login_and_until_when_it_works(customer: Customer) -> None:
    token = reset_link(settled())
    answer = look(customer, token)
    assert answer.status == 200
    assert answer.json["login"] == "jan"
    expires_at = (clock.now() + settings().reset_link_lifetime).isoformat().replace("+00:00", "Z")
    assert answer.json["expires_at"] == expires_at


def test_looking_consumes_nothing_however_often_and_from_wherever(
    customer: Customer, wire: cloud.Wire
) -> None:
    token = reset_link(settled())
    before = everything_but_counters()
    wire.clear()
    answers = [look(Customer(ip=f"203.0.{number}.1"), token) for number in range(10)]
    assert [answer.status for answer in answers] == [200] * 10
    assert not any(call.writes for call in wire.requests)
    assert everything_but_counters() == before
    assert reset(customer, token).status == 204


# Using.


def test_a_link_sets_the_new_password_once_in_two_calls(customer: Customer, wire: cloud.Wire) -> None:
    token = reset_link(settled())
    wire.clear()
    assert reset(customer, token).status == 204
    assert wire.calls == ["GetItem", "TransactWriteItems"]
    assert customer.log_in("jan", PASSWORD).code == "invalid_credentials"
    assert customer.log_in("jan", NEW_PASSWORD).status == 201
    before = everything_but_counters()
    assert reset(customer, token, "Another-Passw0rd").code == "link_expired"
    assert look(customer, token).code == "link_expired"
    assert everything_but_counters() == before


def test_of_two_who_use_one_link_at_once_exactly_one_wins(customer: Customer) -> None:
    token = reset_link(settled())
    other: list[Answer] = []

    def overtake(call: cloud.Call) -> None:
        if call.operation == "TransactWriteItems":
            other.append(reset(Customer(ip="203.0.113.1"), token, "Another-Passw0rd"))

    with cloud.before_calls(overtake):
        assert reset(customer, token).code == "link_expired"
    assert [answer.status for answer in other] == [204]
    assert customer.log_in("jan", "Another-Passw0rd").status == 201


def test_a_reset_ends_every_session(customer: Customer) -> None:
    account = settled()
    browsers = [logged_in(ip=f"203.0.{number}.1") for number in range(3)]
    assert reset(customer, reset_link(account)).status == 204
    assert [browser.get("/v1/account").code for browser in browsers] == ["not_logged_in"] * 3
    assert as_stored(account).sessions.as_dict() == {}


def test_nobody_is_logged_in_by_a_reset(customer: Customer) -> None:
    answer = reset(customer, reset_link(settled()))
    assert answer.text == ""
    assert "set-cookie" not in {name.lower() for name in answer.headers}


def test_a_reset_is_announced_by_mail(customer: Customer, post_office: PostOffice) -> None:
    reset(customer, reset_link(settled()))
    assert kinds_waiting() == ["password_changed"]
    [mail] = post_office.mails_to(JAN)
    part = mail.get_body(("plain",))
    assert part is not None
    assert "198.51.100.0/24" in part.get_content()


def test_a_weak_password_is_refused_with_its_reasons_and_leaves_the_link_usable(customer: Customer) -> None:
    token = reset_link(settled())
    before = everything_but_counters()
    answer = reset(customer, token, WEAK)
    assert (answer.status, answer.code) == (422, "weak_password")
    codes = {error["code"] for error in answer.json["errors"]}
    assert {"too_short", "no_upper_case", "no_digit"} <= codes
    assert reset(customer, token, f"Ab1-{JAN}").code == "weak_password"
    assert everything_but_counters() == before
    assert reset(customer, token).status == 204


def test_a_reset_by_mail_confirms_the_address_and_makes_the_account_last(
    customer: Customer, post_office: PostOffice, frozen_clock: FrozenClock
) -> None:
    account = settled(confirmed=False)
    token = remind(customer, post_office)
    frozen_clock.advance(minutes=5)
    assert reset(customer, token).status == 204
    assert as_stored(account).email_confirmed_at == frozen_clock()
    frozen_clock.advance(days=settings().unconfirmed_days)
    assert customer.log_in("jan", NEW_PASSWORD).status == 201
    assert customer.get("/v1/account").json["email_confirmed"] is True
    assert remind(customer, post_office, JAN)
    assert "expires_at" not in cloud.items("ADDRESSES_TABLE")[0]


def test_a_reset_by_mail_shows_that_the_address_can_be_reached_again(
    customer: Customer, post_office: PostOffice
) -> None:
    bounced(settled())
    assert logged_in().get("/v1/account").json["email_reachable"] is False
    assert reset(customer, remind(customer, post_office)).status == 204
    assert logged_in(password=NEW_PASSWORD).get("/v1/account").json["email_reachable"] is True
    assert remind(customer, post_office, JAN)


def test_a_reset_does_not_date_an_older_confirmation_anew(
    customer: Customer, frozen_clock: FrozenClock
) -> None:
    account = settled()
    frozen_clock.advance(days=9)
    assert reset(customer, reset_link(account)).status == 204
    assert as_stored(account).email_confirmed_at == account.email_confirmed_at


def test_a_reset_mailed_elsewhere_confirms_nothing_of_the_accounts_address(
    customer: Customer, post_office: PostOffice
) -> None:
    # An imported customer, found by the address last notified, who has another one on file.
    account = settled(confirmed=False)
    storage.write(storage.put(AddressRow("dawny@poczta.example", account.account_id)))
    token = remind(customer, post_office, "dawny@poczta.example", "dawny@poczta.example")
    assert reset(customer, token).status == 204
    assert as_stored(account).email_confirmed_at is None
