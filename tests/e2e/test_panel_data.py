"""The pages for who is logged in, and what can be done there."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.browser import Tab, Visitors
from tests.e2e.stack import Customer, Deployed
from tools.tour.cast import Cast, Role


@pytest.fixture(scope="module")
def ewa(deployed: Deployed) -> Customer:
    return deployed.customer("ewa-dane")


def as_role(cast: Cast, role: Role) -> Customer:
    """One of the tour's customers, as the tests know them."""
    return Customer("", role, f"{role}@example.com", cast.password, cast.api)


def language_of(tab: Tab) -> str | None:
    return tab.page.locator("html").get_attribute("lang")


def test_the_switch_at_the_foot_keeps_the_page_and_is_remembered(visitors: Visitors) -> None:
    person = visitors()
    tab = person.open("/login?next=balance")
    assert language_of(tab) == "pl"
    tab.press("English")
    assert (tab.path, language_of(tab)) == ("/login", "en")
    assert tab.value("next") == "/balance"
    assert language_of(person.open("/forgot")) == "en"
    tab.press("Polski")
    assert language_of(tab) == "pl"


def test_who_switches_the_language_while_logged_in_gets_mail_in_it_too(
    ewa: Customer, visitors: Visitors
) -> None:
    tab = visitors().logged_in(ewa)
    tab.press("English")
    session = ewa.log_in()
    assert ewa.api.get("/v1/account", token=session).json["language"] == "en"
    tab.follow_to("/data/language")
    tab.page.get_by_label("polski").check()
    with tab.page.expect_navigation():
        tab.page.get_by_role("button", name="Save").click()
    assert tab.notice == "Będziemy pisać do Ciebie w tym języku."
    assert ewa.api.get("/v1/account", token=session).json["language"] == "pl"


def test_amounts_are_typed_as_people_write_them_and_shown_like_that(
    ewa: Customer, visitors: Visitors
) -> None:
    tab = visitors().logged_in(ewa)
    tab.follow_to("/data/low-balance")
    tab.send("Save", low_balance_threshold="mało")
    assert tab.errors == ["Wpisz kwotę, na przykład 12,50."]
    tab.page.locator("#notices").check()
    tab.send("Save", low_balance_threshold="7,50 zł")
    assert "7,50 zł" in " ".join(tab.words.split())
    tab.follow_to("/data/low-balance")
    assert tab.value("low_balance_threshold") == "7,50"
    tab.page.locator("#notices").uncheck()
    tab.press("Save")
    assert tab.says("we do not tell you")


def test_everything_that_is_kept_can_be_downloaded(ewa: Customer, visitors: Visitors, tmp_path: Path) -> None:
    tab = visitors().logged_in(ewa)
    with tab.page.expect_download() as download:
        tab.page.get_by_role("link", name=tab.said("Download my data")).click()
    assert download.value.suggested_filename == "my-data.json"
    download.value.save_as(tmp_path / "data")
    assert json.loads((tmp_path / "data").read_text())["account"]["email"] == ewa.email


def test_an_account_is_deleted_by_who_ticks_the_box_and_knows_the_password(
    deployed: Deployed, visitors: Visitors, scripts: bool
) -> None:
    piotr = deployed.customer(f"piotr-odchodzi-{scripts}".lower())
    tab = visitors().logged_in(piotr)
    tab.follow("Delete the account")
    tab.send("Delete the account", current_password=piotr.password)
    assert tab.errors == [tab.said("Tick the box to show that you want this.")]
    tab.page.locator("#confirmed").check()
    tab.send("Delete the account", current_password=piotr.password)
    assert (tab.path, tab.notice) == ("/login", tab.said("Your account is deleted."))
    deployed.letterbox.wait_for(piotr.email, kind="account_deleted")
    tab.send("Log in", login=piotr.login, password=piotr.password)
    assert tab.path == "/login"
    assert tab.errors
    tab.open("/forgot")
    tab.send("Send me the message", identifier=piotr.email)
    assert tab.errors == [tab.said("User does not exist.")]
    assert tab.says(
        "If you have received a message from us that your account was deleted, it is no longer available."
    )


def test_a_verified_customer_has_a_new_sip_password_mailed(
    deployed: Deployed, cast: Cast, visitors: Visitors
) -> None:
    marek = as_role(cast, Role.SETTLED)
    tab = visitors().logged_in(marek)
    tab.follow("New SIP password")
    tab.send("Send a new SIP password", current_password="Nie-to-haslo-9")
    assert tab.errors == [tab.said("The current password is not right.")]
    before = deployed.letterbox.newest()
    tab.send("Send a new SIP password", current_password=marek.password)
    assert tab.path == "/data"
    mail = deployed.letterbox.wait_for(marek.email, after=before, kind="sip_credentials")
    assert mail.recipients == (marek.email,)


def test_the_balance_is_drawn_and_can_be_read_as_a_table(cast: Cast, visitors: Visitors) -> None:
    tab = visitors().logged_in(as_role(cast, Role.SETTLED))
    tab.follow("Balance")
    chart = tab.page.get_by_role("img", name="Stan konta od")
    expect(chart).to_be_visible()
    days = chart.locator("polyline").get_attribute("points")
    tab.page.locator("summary").click()
    rows = tab.page.locator("tbody tr")
    expect(rows.first).to_be_visible()
    assert rows.first.inner_text().split()[-2:] == ["23,40", "zł"]
    assert days is not None
    assert len(days.split()) == rows.count() == 40


def test_long_lists_of_messages_are_turned_page_by_page(cast: Cast, visitors: Visitors) -> None:
    tab = visitors("en").logged_in(as_role(cast, Role.SETTLED))
    tab.open("/notifications")
    entries = tab.page.locator(".entries li")
    newest = entries.all_inner_texts()
    assert len(newest) == 20
    tab.page.locator("main a[href*=cursor]").click()
    tab.page.wait_for_url("**cursor=**")
    older = entries.all_inner_texts()
    assert older
    assert not set(older) & set(newest), "nothing is shown twice"
    tab.page.locator("main a[href$=notifications]").click()
    tab.page.wait_for_url("**/notifications")
    assert entries.all_inner_texts() == newest
