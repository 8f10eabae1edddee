"""Opening a mailed link changes nothing (I4), by whatever method, whoever opens it, however often."""

from dataclasses import replace

import pytest

from tests.unit.accounts.people import NEW_PASSWORD, confirm_link, logged_in, reset, reset_link, settled
from tests.unit.browser import Browser
from tests.unit.clients import Answer, Customer
from tests.unit.web.panel.visitors import everything

SCANNER = Customer(ip="2001:db8::7", language="*", user_agent="link-scanner/1.0")


def opened(path: str, token: str) -> list[Answer]:
    """The link opened by scanners and browsers, and its token looked at by the API."""
    return [
        each.request(method, path, query={"token": token})
        for each in (SCANNER, Customer(language="en"), SCANNER)
        for method in ("GET", "HEAD", "GET")
    ]


def test_opening_a_reset_link_changes_nothing(customer: Customer) -> None:
    token = reset_link(settled("jan"))
    before = everything()
    assert {each.status for each in opened("/reset", token)} == {200}
    for _ in range(3):
        assert customer.post("/v1/password-resets/check", token=token).status == 200
    assert everything() == before
    assert reset(customer, token).status == 204


def test_opening_a_confirmation_link_changes_nothing(customer: Customer) -> None:
    token = confirm_link(settled("jan", confirmed=False))
    before = everything()
    assert {each.status for each in opened("/confirm", token)} == {200}
    assert everything() == before
    assert customer.post("/v1/accounts/confirm", token=token).status == 204


@pytest.mark.parametrize("path", ["/reset", "/confirm"])
@pytest.mark.parametrize("token", ["", "invented", "\0", "ż" * 5000])
def test_opening_an_invented_link_changes_nothing(path: str, token: str, customer: Customer) -> None:
    before = everything()
    assert {each.status for each in opened(path, token)} <= {200, 410}
    assert everything() == before


@pytest.mark.parametrize(("path", "button"), [("/reset", "Next"), ("/confirm", "Confirm the address")])
def test_the_token_of_a_link_appears_in_forms_only(path: str, button: str, customer: Customer) -> None:
    account = settled("jan", confirmed=path == "/reset")
    token = reset_link(account) if path == "/reset" else confirm_link(account)
    page = Browser(language="en").open(path, token=token)
    # That of the page, and the switch of language, which comes back to the page.
    assert page.form(button).fields["token"] == page.form("Polski").fields["token"] == token
    assert page.text.count(token) == page.text.count(f'name="token" value="{token}"') == 2
    assert token not in str(page.headers)


def test_a_form_sent_without_a_session_does_what_its_link_allows_and_no_more(customer: Customer) -> None:
    settled("jan")
    jan = logged_in("jan")
    for path in ("/reset", "/confirm", "/email/confirm", "/email/undo"):
        form = {
            "token": "invented",
            "username": "jan",
            "password": NEW_PASSWORD,
            "password_again": NEW_PASSWORD,
        }
        assert Browser().post(path, **form).status == 410
    assert jan.get("/v1/account").status == 200
    assert Customer().log_in("jan").status == 201


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 410),
        ("token", 410),
        ("%", 410),
        ("token=%ff%00", 410),
        (b"\xff\xfe\x00", 410),
        ("&".join(["token=x"] * 13), 400),
        ("token=" + "x" * 64 * 1024, 413),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_form_that_no_page_of_ours_sends_is_refused(
    body: str | bytes, status: int, customer: Customer
) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
    sender = replace(customer, headers=headers)
    for path in ("/reset", "/confirm"):
        assert sender.request("POST", path, body).status == status
