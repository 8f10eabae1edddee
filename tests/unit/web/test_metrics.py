"""What the API counts: log-ins by outcome, resets asked for and completed; by page and JSON alike."""

from collections import Counter

import pytest

from chalicelib.settings import settings
from tests.unit import emf
from tests.unit.browser import Browser
from tests.unit.clients import PASSWORD, Customer, PostOffice, confirmed, tokens_in

NEW_PASSWORD = "Czerwony-Tramwaj-8"
EMAIL = "jan@poczta.example"


@pytest.fixture
def jan(customer: Customer, post_office: PostOffice, capsys: pytest.CaptureFixture[str]) -> Customer:
    """A customer, before whom nothing was counted."""
    confirmed(post_office, customer, "jan", EMAIL)
    capsys.readouterr()
    return customer


def counted(capsys: pytest.CaptureFixture[str]) -> Counter[emf.Counted]:
    return emf.counted(capsys.readouterr().out)


def test_a_log_in_counts_as_opened(jan: Customer, capsys: pytest.CaptureFixture[str]) -> None:
    jan.log_in("jan")
    assert counted(capsys) == {("LogIns", "Outcome=opened"): 1}


@pytest.mark.parametrize("login", ["jan", "nobody"])
def test_a_wrong_password_and_an_unknown_login_count_alike_as_refused(
    jan: Customer, login: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert jan.log_in(login, "Zly-Rower-7").status == 401
    assert counted(capsys) == {("LogIns", "Outcome=refused"): 1}


def test_an_attempt_that_comes_too_soon_counts_as_throttled(
    jan: Customer, capsys: pytest.CaptureFixture[str]
) -> None:
    free = settings().log_in_free_attempts
    for _ in range(free):
        jan.log_in("jan", "Zly-Rower-7")
    assert jan.log_in("jan").status == 429
    assert counted(capsys) == {("LogIns", "Outcome=refused"): free, ("LogIns", "Outcome=throttled"): 1}


def test_a_request_that_makes_no_sense_is_no_log_in(
    jan: Customer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert jan.post("/v1/sessions", login="jan").status == 400
    assert counted(capsys) == {}


def test_a_reset_is_counted_when_asked_for_and_when_completed(
    jan: Customer, post_office: PostOffice, capsys: pytest.CaptureFixture[str]
) -> None:
    jan.post("/v1/password-resets", identifier="jan")
    assert counted(capsys) == {("Resets", "Step=asked"): 1}
    [token] = tokens_in(post_office.mails_to(EMAIL)[-1])
    capsys.readouterr()
    assert jan.post("/v1/password-resets/complete", token=token, password=NEW_PASSWORD).status == 204
    assert counted(capsys) == {("Resets", "Step=completed"): 1}


def test_a_reset_completed_on_the_page_counts_too(
    jan: Customer, post_office: PostOffice, capsys: pytest.CaptureFixture[str]
) -> None:
    jan.post("/v1/password-resets", identifier="jan")
    [token] = tokens_in(post_office.mails_to(EMAIL)[-1])
    capsys.readouterr()
    form = {"token": token, "username": "jan", "password": NEW_PASSWORD, "password_again": NEW_PASSWORD}
    assert Browser().post("/reset", **form).status == 303
    assert counted(capsys) == {("Resets", "Step=completed"): 1}
    # A second press of the button asks whether login and password are right, and is counted as what it is.
    assert Browser().post("/reset", **form).status == 303
    assert counted(capsys) == {("LogIns", "Outcome=repeated"): 1}


def test_a_log_in_by_the_page_counts_as_one_by_the_api(
    jan: Customer, capsys: pytest.CaptureFixture[str]
) -> None:
    browser = Browser()
    for password in (PASSWORD, "Zly-Rower-7"):
        browser.open("/login")
        browser.post("/login", login="jan", password=password)
    assert counted(capsys) == {("LogIns", "Outcome=opened"): 1, ("LogIns", "Outcome=refused"): 1}


def test_a_weak_password_completes_nothing(
    jan: Customer, post_office: PostOffice, capsys: pytest.CaptureFixture[str]
) -> None:
    jan.post("/v1/password-resets", identifier="jan")
    [token] = tokens_in(post_office.mails_to(EMAIL)[-1])
    capsys.readouterr()
    assert jan.post("/v1/password-resets/complete", token=token, password="krotkie").status == 422
    assert counted(capsys) == {}


def test_a_reset_for_nobody_is_counted_apart(jan: Customer, capsys: pytest.CaptureFixture[str]) -> None:
    assert jan.post("/v1/password-resets", identifier="nobody@poczta.example").status == 404
    assert counted(capsys) == {("Resets", "Step=unknown_user"): 1}


def test_where_existence_is_hidden_known_and_unknown_count_alike(
    jan: Customer, hide_unknown_users: None, capsys: pytest.CaptureFixture[str]
) -> None:
    for identifier in ("jan", "nobody"):
        assert jan.post("/v1/password-resets", identifier=identifier).status == 202
        assert counted(capsys) == {("Resets", "Step=asked"): 1}


def test_nothing_personal_is_counted(
    jan: Customer, post_office: PostOffice, capsys: pytest.CaptureFixture[str]
) -> None:
    jan.log_in("jan")
    jan.post("/v1/password-resets", identifier=EMAIL)
    post_office.deliver_all()
    lines = [line for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert lines
    for personal in (EMAIL, "poczta.example", '"jan"', PASSWORD, jan.ip, str(jan.token)):
        assert not [line for line in lines if personal in line]
