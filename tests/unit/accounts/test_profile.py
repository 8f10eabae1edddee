"""The "Dane" tab (R12): changing login, password and language."""

import pytest

from chalicelib import storage
from chalicelib.accounts.models import Credential
from tests.unit import cloud
from tests.unit.accounts.people import (
    JAN,
    NEW_PASSWORD,
    ZOFIA,
    change,
    everything_but_counters,
    kinds_waiting,
    logged_in,
    reset,
    reset_link,
    settled,
)
from tests.unit.clients import PASSWORD, Customer, PostOffice
from tests.unit.conftest import FrozenClock

pytestmark = pytest.mark.usefixtures("aws_in_memory", "quick_tables")


def test_the_profile_shows_what_the_customer_has(frozen_clock: FrozenClock) -> None:
    jan = settled("Jan")
    assert logged_in("jan").get("/v1/account").json == {
        "account_id": jan.account_id,
        "login": "Jan",
        "email": JAN,
        "email_confirmed": True,
        "email_reachable": True,
        "pending_email": None,
        "language": "pl",
        "status": "active",
        "sip_number": None,
        "created_at": "2026-11-22T10:00:00Z",
        "balance": None,
        "balance_as_of": None,
        "low_balance_threshold": "5.00",
        "low_balance_notices": True,
        "last_balance_notice": None,
    }


def test_a_new_login_takes_the_place_of_the_old_one_which_is_free_at_once(customer: Customer) -> None:
    settled()
    jan = logged_in()
    answer = change(jan, login="  Janek.K ")
    assert (answer.status, answer.json["login"]) == (200, "Janek.K")
    assert jan.get("/v1/account").json == answer.json
    assert customer.log_in("janek.k").status == 201
    assert customer.log_in("jan").status == 401
    assert customer.register("jan", ZOFIA).status == 201


def test_a_new_login_keeps_the_sessions_and_the_password(customer: Customer) -> None:
    settled()
    here, elsewhere = logged_in(), logged_in()
    assert change(here, login="janek").status == 200
    assert here.get("/v1/account").status == 200
    assert elsewhere.get("/v1/account").status == 200
    assert change(elsewhere, login="janusz").status == 200


@pytest.mark.parametrize("changes", [{"login": "janek"}, {"password": NEW_PASSWORD}, {"login": "JAN"}])
def test_reset_links_mailed_before_a_change_are_void(customer: Customer, changes: dict[str, str]) -> None:
    account = settled()
    link = reset_link(account)
    assert change(logged_in(), **changes).status == 200
    assert customer.post("/v1/password-resets/check", token=link).code == "link_expired"
    assert reset(customer, link, "Niebieski-Balon-9").code == "link_expired"
    assert customer.log_in(changes.get("login", "jan"), changes.get("password", PASSWORD)).status == 201


def test_another_spelling_of_the_own_login_is_no_new_login(customer: Customer) -> None:
    settled()
    jan = logged_in()
    assert change(jan, login="JAN").json["login"] == "JAN"
    assert len(cloud.items("CREDENTIALS_TABLE")) == 1
    assert kinds_waiting() == ["login_changed"]
    assert customer.log_in("jan").status == 201


def test_the_same_login_again_is_announced_to_nobody() -> None:
    settled()
    assert change(logged_in(), login="jan").status == 200
    assert kinds_waiting() == []


@pytest.mark.parametrize("login", ["zofia", "Zofia", "ZOFIA ", "\uff5aofia"])
def test_a_login_that_somebody_has_is_refused_and_nothing_changes(login: str) -> None:
    settled()
    settled("Zofia", ZOFIA)
    jan = logged_in()
    before = everything_but_counters()
    answer = change(jan, login=login, password=NEW_PASSWORD, language="en")
    assert (answer.status, answer.code) == (409, "login_taken")
    assert everything_but_counters() == before


def test_the_login_of_an_expired_registration_may_be_taken(
    frozen_clock: FrozenClock, customer: Customer
) -> None:
    settled()
    settled("janek", ZOFIA, confirmed=False)
    frozen_clock.advance(days=30)
    assert change(logged_in(), login="janek").status == 200
    assert customer.log_in("janek").json["account"]["email"] == JAN


@pytest.mark.parametrize("login", [JAN, "Jan@Poczta.Example", "jan@poczta.example "])
def test_the_own_confirmed_address_may_be_the_login(customer: Customer, login: str) -> None:
    settled()
    assert customer.log_in(JAN).status == 401
    assert change(logged_in(), login=login).status == 200
    assert customer.log_in(JAN).status == 201


@pytest.mark.parametrize(
    ("login", "confirmed"),
    [
        (JAN, False),
        (ZOFIA, True),
        ("jan@poczta.example.org", True),
        ("jan+x@poczta.example", True),
        ("Jan <jan@poczta.example>", True),
    ],
)
def test_no_other_address_may_be_the_login(login: str, confirmed: bool) -> None:
    settled(confirmed=confirmed)
    answer = change(logged_in(), login=login)
    assert (answer.status, answer.code) == (422, "invalid_login")
    assert storage.get(Credential, "jan") is not None


def test_a_domain_that_only_looks_like_the_own_one_in_folded_case_is_another_address() -> None:
    settled(email="jan@fass.example")
    answer = change(logged_in(), login="jan@faß.example")
    assert (answer.status, answer.code) == (422, "invalid_login")


def test_a_new_password_ends_every_other_session_but_this_one(customer: Customer) -> None:
    settled()
    here, elsewhere = logged_in(), logged_in()
    assert change(here, password=NEW_PASSWORD).status == 200
    assert here.get("/v1/account").status == 200
    assert elsewhere.get("/v1/account").code == "not_logged_in"
    assert customer.log_in("jan").status == 401
    assert customer.log_in("jan", NEW_PASSWORD).status == 201
    assert kinds_waiting() == ["password_changed"]


def test_the_session_that_set_a_new_password_lasts_as_long_as_if_it_had_not(
    frozen_clock: FrozenClock,
) -> None:
    settled()
    jan = logged_in()
    frozen_clock.advance(hours=11, minutes=50)
    assert change(jan, password=NEW_PASSWORD).status == 200
    frozen_clock.advance(hours=11)
    assert jan.get("/v1/account").status == 200


def test_login_password_and_language_change_together(customer: Customer, post_office: PostOffice) -> None:
    settled()
    jan = logged_in()
    answer = change(jan, login="janek", password=NEW_PASSWORD, language="en")
    assert answer.status == 200
    assert (answer.json["login"], answer.json["language"]) == ("janek", "en")
    assert jan.get("/v1/account").json == answer.json
    assert kinds_waiting() == ["login_changed", "password_changed"]
    assert len(post_office.mails_to(JAN)) == 2
    assert customer.log_in("janek", NEW_PASSWORD).status == 201


def test_the_language_changes_without_the_password() -> None:
    settled()
    jan = logged_in()
    answer = jan.patch("/v1/account", language="en")
    assert (answer.status, answer.json["language"]) == (200, "en")
    assert jan.get("/v1/account").json["language"] == "en"
    assert kinds_waiting() == []


def test_changing_nothing_changes_nothing() -> None:
    settled()
    jan = logged_in()
    before = everything_but_counters()
    assert jan.patch("/v1/account").json == jan.get("/v1/account").json
    assert everything_but_counters() == before


@pytest.mark.parametrize("changes", [{"login": "janek"}, {"password": NEW_PASSWORD}])
@pytest.mark.parametrize("current", [None, "", NEW_PASSWORD, PASSWORD.swapcase()])
def test_login_and_password_need_the_current_password(changes: dict[str, str], current: str | None) -> None:
    settled()
    jan = logged_in()
    before = everything_but_counters()
    answer = jan.patch("/v1/account", **changes, **({} if current is None else {"current_password": current}))
    assert (answer.status, answer.code) == (403, "wrong_password")
    assert answer.json["errors"] == [{"field": "current_password", "code": "wrong"}]
    assert everything_but_counters() == before


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"login": "ja"}, "invalid_login"),
        ({"login": ""}, "invalid_login"),
        ({"password": "zielony"}, "weak_password"),
        ({"password": "Password1"}, "weak_password"),
        ({"password": "Moje-Jan-7-Haslo"}, "weak_password"),
        ({"login": "nowylogin", "password": "Moj-NowyLogin-7"}, "weak_password"),
    ],
)
def test_what_breaks_a_rule_changes_nothing(changes: dict[str, str], code: str) -> None:
    settled()
    jan = logged_in()
    before = everything_but_counters()
    answer = change(jan, **changes, language="en")
    assert (answer.status, answer.code) == (422, code)
    assert everything_but_counters() == before


def test_twenty_guesses_at_the_current_password_an_hour_in_one_session(frozen_clock: FrozenClock) -> None:
    settled()
    thief, owner = logged_in(), logged_in()
    guesses = [change(thief, current=f"Guess-{number}", login="janek").status for number in range(20)]
    assert guesses == [403] * 20
    answer = change(thief, login="janek")
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (429, "too_many_attempts", "3600")
    assert change(owner, login="janek").status == 200
    frozen_clock.advance(hours=1)
    assert change(thief, login="janusz").status == 200


def test_an_unconfirmed_customer_who_changes_the_login_still_expires(
    customer: Customer, frozen_clock: FrozenClock
) -> None:
    settled(confirmed=False)
    assert change(logged_in(), login="janek").status == 200
    frozen_clock.advance(days=30)
    assert customer.log_in("janek").status == 401
    assert customer.register("janek", ZOFIA).status == 201
