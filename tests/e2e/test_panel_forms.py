"""Forms in the browser that cannot be accepted as they are: what is kept, said, and focused."""

import pytest
from playwright.sync_api import Locator

from tests.e2e.browser import Tab, Visitors
from tests.e2e.stack import PASSWORD, Customer, Deployed


@pytest.fixture(scope="module")
def jan(deployed: Deployed) -> Customer:
    return deployed.customer("jan-formularz")


def in_focus(tab: Tab) -> Locator:
    return tab.page.locator("*:focus")


def described(tab: Tab, name: str) -> str:
    """What a screen reader says of a field besides its label."""
    ids = (tab.page.locator(f"main [name={name}]").get_attribute("aria-describedby") or "").split()
    return " ".join(tab.page.locator(f"#{each}").inner_text() for each in ids)


@pytest.fixture
def language(scripts: bool) -> str:
    """Each of them once."""
    return "en" if scripts else "pl"


def test_a_wrong_password_keeps_the_login_and_the_right_one_then_lets_in(
    jan: Customer, language: str, visitors: Visitors
) -> None:
    tab = visitors(language).open("/login")
    tab.send("Log in", login=jan.login, password="Nie-to-haslo-9")
    assert len(tab.errors) == 1
    assert in_focus(tab).get_attribute("role") == "alert"
    assert (tab.value("login"), tab.value("password")) == (jan.login, "")
    tab.send("Log in", password=jan.password)
    assert tab.path == "/data"


def test_an_address_is_no_login_unless_it_was_made_one(jan: Customer, visitors: Visitors) -> None:
    tab = visitors().open("/login")
    tab.send("Log in", login=jan.email, password=jan.password)
    assert "Logujesz się loginem, a nie adresem e-mail" in tab.errors[0]


def test_everything_wrong_with_a_registration_is_told_at_once_and_beside_its_field(
    language: str, visitors: Visitors
) -> None:
    tab = visitors(language).open("/register")
    tab.send("Register", email="zofia@", login="zo", password="haslo", password_again="hasla")
    wrong = {
        "email": ["This is not an e-mail address that we can write to."],
        "login": ["The login is too short: it needs at least 3 characters."],
        "password": [
            "The password is too short: it needs at least 8 characters.",
            "The password has no upper-case letter.",
            "The password has no digit.",
        ],
        "password_again": ["The two passwords are not the same."],
    }
    assert tab.errors == [tab.said(each) for texts in wrong.values() for each in texts]
    for name, texts in wrong.items():
        assert tab.page.locator(f"[name={name}]").get_attribute("aria-invalid") == "true"
        assert all(tab.said(each) in described(tab, name) for each in texts)
    assert (tab.value("email"), tab.value("login")) == ("zofia@", "zo")
    assert (tab.value("password"), tab.value("password_again")) == ("", "")


def test_a_click_on_a_mistake_leads_to_its_field(visitors: Visitors) -> None:
    tab = visitors().open("/forgot")
    tab.send("Send me the message", identifier="")
    tab.page.locator(".errors a").first.click()
    assert in_focus(tab).get_attribute("name") == "identifier"


def test_a_login_that_is_taken_is_told_where_it_is_typed(jan: Customer, visitors: Visitors) -> None:
    tab = visitors().open("/register")
    tab.send(
        "Register",
        email="nowy@example.com",
        login=jan.login,
        password=PASSWORD[::-1],
        password_again=PASSWORD[::-1],
    )
    taken = tab.said("This login is already in use. Please choose another one.")
    assert tab.errors == [taken]
    assert taken in described(tab, "login")
    assert (tab.value("login"), tab.value("password")) == (jan.login, "")


def test_a_wrong_current_password_keeps_what_was_to_be_changed(jan: Customer, visitors: Visitors) -> None:
    tab = visitors().logged_in(jan)
    tab.follow_to("/data/email")
    tab.send("Change the address", email="jan@inny.example", current_password="Nie-to-haslo-9")
    assert tab.errors == [tab.said("The current password is not right.")]
    assert (tab.value("email"), tab.value("current_password")) == ("jan@inny.example", "")


def test_a_customer_logs_in_by_keyboard_alone_and_always_sees_where_they_are(
    jan: Customer, visitors: Visitors
) -> None:
    tab = visitors().open("/login")

    def go_to(name: str) -> None:
        for _ in range(10):
            tab.page.keyboard.press("Tab")
            outline = in_focus(tab).evaluate("element => getComputedStyle(element).outlineStyle")
            assert outline != "none", in_focus(tab).inner_text()
            if in_focus(tab).get_attribute("name") == name:
                return
        pytest.fail(f"no way by the keyboard to {name}")

    go_to("login")
    tab.page.keyboard.type(jan.login)
    go_to("password")
    tab.page.keyboard.type(jan.password)
    with tab.page.expect_navigation():
        tab.page.keyboard.press("Enter")
    assert tab.path == "/data"
    tab.page.keyboard.press("Tab")
    tab.page.keyboard.press("Enter")
    assert tab.page.url.endswith("#main"), "the first stop skips the navigation"


@pytest.mark.parametrize("scripts", [True], indirect=True)
def test_a_script_shows_the_password_and_ticks_its_rules_off(visitors: Visitors) -> None:
    tab = visitors().open("/register")
    first, again = tab.page.locator("#password"), tab.page.locator("#password_again")
    met = tab.page.locator("[data-rule].met")
    first.fill("zażółć")
    assert [each.get_attribute("data-rule") for each in met.all()] == ["lower"]
    first.fill("Zażółć 7 razy")
    assert met.count() == 4
    tab.page.get_by_role("button", name=tab.said("Show the password")).click()
    assert (first.get_attribute("type"), again.get_attribute("type")) == ("text", "text")
    tab.page.get_by_role("button", name=tab.said("Hide the password")).click()
    assert (first.get_attribute("type"), again.get_attribute("type")) == ("password", "password")
