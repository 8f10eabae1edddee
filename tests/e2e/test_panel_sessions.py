"""Logging out in the browser: going back, several tabs, several devices."""

import pytest

from tests.e2e.browser import Visitors
from tests.e2e.stack import Customer, Deployed


@pytest.fixture(scope="module")
def zofia(deployed: Deployed) -> Customer:
    return deployed.customer("zofia-sesje")


def test_going_back_after_logging_out_shows_nothing_personal(zofia: Customer, visitors: Visitors) -> None:
    tab = visitors().logged_in(zofia)
    tab.follow("Messages")
    assert zofia.email in tab.words
    tab.follow("Data")
    tab.press("Log out")
    for _ in range(3):
        tab.page.go_back()
        tab.page.wait_for_url("**/login**")
        assert zofia.email not in tab.words
        assert zofia.login not in tab.words


def test_a_tab_left_open_leads_through_the_log_in_page_to_where_it_was_going(
    zofia: Customer, visitors: Visitors, scripts: bool
) -> None:
    person, new = visitors(), f"zofia@{scripts}.example".lower()
    left_open = person.logged_in(zofia)
    other = person.open("/data")
    other.press("Log out")
    left_open.follow("Balance")
    assert left_open.path == "/login"
    left_open.send("Log in", login=zofia.login, password=zofia.password)
    assert left_open.path == "/balance"

    left_open.open("/data/email")
    other.open("/data")
    other.press("Log out")
    left_open.send("Change the address", email=new, current_password=zofia.password)
    assert left_open.path == "/login", "a form is not taken either"
    assert left_open.notice == left_open.said("Your session has ended. Please log in again.")
    left_open.send("Log in", login=zofia.login, password=zofia.password)
    assert left_open.path == "/data/email"
    assert new not in left_open.words, "nothing was changed"


def test_one_device_logs_another_one_out_or_all_of_them(zofia: Customer, visitors: Visitors) -> None:
    here, there = visitors().logged_in(zofia), visitors().logged_in(zofia)
    here.follow_to("/data/sessions")
    assert here.words.count(here.said("this device")) == 1
    newest = here.page.locator("button.link", has_text=here.said("Log out there")).first
    assert "Chrome, Linux" in newest.inner_text()
    with here.page.expect_navigation():
        newest.click()
    assert here.notice == here.said("That device is logged out.")
    there.follow("Balance")
    assert there.path == "/login"

    there.send("Log in", login=zofia.login, password=zofia.password)
    assert there.path == "/balance"
    here.open("/data/sessions")
    here.press("Log out everywhere")
    assert (here.path, here.notice) == ("/login", here.said("You are logged out on every device."))
    for tab in (here, there):
        tab.open("/data")
        assert tab.path == "/login"
