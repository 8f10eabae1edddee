"""The seed's whole story in a browser: from registering to getting back in by the last notified address."""

from datetime import UTC, datetime

from local.backstage import backstage_of, run_notifier
from local.client import Letter
from tests.e2e.browser import Tab, Visitors
from tests.e2e.stack import Deployed

FIRST, SECOND, THIRD = "Lody-na-Patyku-9", "Szarlotka-u-Babci-3", "Kompot-z-Wisni-10"


def register(tab: Tab, deployed: Deployed, login: str, email: str) -> str:
    """From the panel's address to the Data tab; the account's id."""
    tab.open("/")
    assert tab.path == "/login"
    tab.follow("Register")
    tab.send("Register", email=email, login=login, password=FIRST, password_again=FIRST)
    assert email in tab.words
    assert tab.says("Look in every folder: spam, and in some mailboxes social, notifications, offers.")
    mail = deployed.letterbox.wait_for(email)
    tab.page.goto(mail.links[0])
    tab.press("Confirm the address")
    assert tab.says("Your e-mail address is confirmed.")
    tab.follow("To the panel")
    tab.send("Log in", login=login, password=FIRST)
    assert tab.path == "/data"
    return mail.tags["account_id"]


def change_everything(tab: Tab, deployed: Deployed, old: str, new: str) -> None:
    """In the Data tab: the login to the address (R4), then the address, then the password (R12)."""
    tab.follow_to("/data/login")
    assert tab.words.count(old) == 1, "the address is offered"
    tab.send("Change the login", login=old, current_password=FIRST)
    assert tab.notice == tab.said("Your login is changed. From now on you log in with the new one.")

    tab.follow_to("/data/email")
    tab.send("Change the address", email=new, current_password=FIRST)
    waiting = tab.said("Waiting to be confirmed: %(email)s") % {"email": new}
    assert waiting in tab.words
    tab.page.goto(deployed.letterbox.wait_for(new, kind="confirm_new_email").links[0])
    tab.press("Use the new address")
    tab.follow("To the panel")
    assert waiting not in tab.words
    assert new in tab.words

    tab.follow_to("/data/password")
    tab.send("Change the password", current_password=FIRST, password=SECOND, password_again=SECOND)
    assert tab.notice == tab.said("Your password is changed. Your other devices are logged out.")


def low_balance_mail(deployed: Deployed, account_id: str, email: str) -> Letter:
    """What comes after the balance was used up, whatever the hour of the day."""
    before = deployed.letterbox.newest()
    bill = {"account_id": account_id, "balance": "-0.15", "as_of": datetime.now(UTC).isoformat()}
    backstage_of(deployed.local).bill([bill])
    deployed.wait_until(
        lambda: any(item["account_id"]["S"] == account_id for item in deployed.items("BalancesTable"))
    )
    run_notifier(deployed.local)
    return deployed.letterbox.wait_for(email, after=before, kind="balance_exhausted")


def reminder(tab: Tab, deployed: Deployed, address: str) -> Letter:
    """What comes after somebody forgot login and password, and knows an address."""
    before = deployed.letterbox.newest()
    tab.follow("Forgot your password?")
    tab.send("Send me the message", identifier=address)
    assert tab.path == "/forgot/sent"
    return deployed.letterbox.wait_for(address, after=before, kind="password_reset")


def test_a_customer_registers_changes_everything_forgets_it_and_gets_back_in_by_the_last_notified_address(
    deployed: Deployed, visitors: Visitors, scripts: bool
) -> None:
    login = f"halina-{scripts}".lower()
    old, new = f"{login}@example.com", f"{login}@poczta.example"
    tab = visitors().tab()
    account_id = register(tab, deployed, login, old)
    change_everything(tab, deployed, old, new)
    notified = low_balance_mail(deployed, account_id, new)
    tab.press("Log out")
    assert (tab.path, tab.notice) == ("/login", tab.said("You are logged out."))

    mail = reminder(tab, deployed, notified.recipients[0])
    assert old in mail.text.split(), "the login, which is the former address"
    elsewhere = visitors().open_link(mail)
    assert old in elsewhere.words
    elsewhere.fill(password=THIRD, password_again=THIRD)
    with elsewhere.page.expect_navigation():
        elsewhere.page.get_by_role("button", name="Dalej").click()
    assert elsewhere.notice == elsewhere.said("Your password is changed. Log in with the new one.")
    elsewhere.send("Log in", login=old, password=THIRD)
    assert elsewhere.path == "/data"
    elsewhere.follow("Messages")
    assert elsewhere.words.count(new) >= 4, "the log tells where everything went"


def test_who_is_known_by_no_address_is_told_where_to_look_and_finds_the_way_to_a_ticket(
    deployed: Deployed, visitors: Visitors, scripts: bool
) -> None:
    tab = visitors().open("/forgot")
    tab.send("Send me the message", identifier="nikt-taki@example.com")
    assert tab.errors == ["Użytkownik nie istnieje."]
    assert "na który adres przychodzą nasze powiadomienia, i wpisz adres używany ostatnio" in tab.words
    assert tab.value("identifier") == "nikt-taki@example.com"
    tab.follow("You know neither login nor address? Send us a ticket.")
    contact, before = f"bez-loginu-{scripts}@example.com", deployed.letterbox.newest()
    tab.send("Send the ticket", contact_email=contact, message="Nie znam loginu.\nAni adresu.")
    assert tab.notice == tab.said("Thank you. We have your ticket and will answer by e-mail.")
    assert tab.value("message") == ""
    ticket = deployed.letterbox.wait_for("pomoc@localhost.localdomain", after=before, kind="ticket")
    assert "Nie znam loginu.\n" in ticket.text.replace("\r", "")
