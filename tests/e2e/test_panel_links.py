"""Mailed links in the browser: opened often, used twice, too late, and by a hasty hand."""

from datetime import UTC, datetime

from playwright.sync_api import APIResponse, Locator, Page, Route

from local.client import Letter
from tests.e2e.browser import Tab, Visitors
from tests.e2e.stack import Customer, Deployed

NEW_PASSWORD = "Kompot-z-Wisni-10"


def reminder(deployed: Deployed, customer: Customer) -> Letter:
    """The mail that comes after one forgot the password."""
    before = deployed.letterbox.newest()
    assert customer.api.post("/v1/password-resets", {"identifier": customer.login}).status == 202
    return deployed.letterbox.wait_for(customer.email, after=before, kind="password_reset")


def expire(deployed: Deployed, customer: Customer) -> None:
    """Make all links of a customer old."""
    dynamodb, table = deployed.session.client("dynamodb"), deployed.where.tables["TokensTable"]
    past = str(int(datetime.now(UTC).timestamp()) - 1)
    mine = [
        item["token_hash"]
        for item in deployed.items("TokensTable")
        if item["account_id"]["S"] == customer.account_id
    ]
    assert mine
    for token_hash in mine:
        dynamodb.update_item(
            TableName=table,
            Key={"token_hash": token_hash},
            UpdateExpression="SET expires_at = :past",
            ExpressionAttributeValues={":past": {"N": past}},
        )


def says_expired(tab: Tab) -> bool:
    return tab.says("This link does not work any more")


def click_twice_before_any_answer(page: Page, button: Locator, *, scripts: bool) -> None:
    """The panel has done what the first click asked for when the second one comes, and the browser waits."""
    done: list[tuple[Route, APIResponse]] = []

    def hold_the_first(route: Route) -> None:
        if done:
            route.continue_()
        else:
            done.append((route, route.fetch(max_redirects=0)))

    box = button.bounding_box()
    assert box is not None
    page.route("**/reset", hold_the_first)
    # By the mouse itself: anything else would wait for the page that is to come.
    page.mouse.click(box["x"] + 5, box["y"] + 5)
    while not done:
        page.wait_for_timeout(10)
    page.mouse.click(box["x"] + 5, box["y"] + 5)
    if scripts:  # it is the first one still; otherwise the browser has given it up
        [(route, answer)] = done
        route.fulfill(response=answer)


def test_a_double_click_on_next_sets_the_password_once_and_ends_on_the_log_in_page(
    deployed: Deployed, visitors: Visitors, scripts: bool
) -> None:
    jan = deployed.customer(f"jan-dwuklik-{scripts}".lower())
    tab = visitors().open_link(reminder(deployed, jan))
    tab.fill(password=NEW_PASSWORD, password_again=NEW_PASSWORD)
    posted: list[str] = []
    tab.page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    click_twice_before_any_answer(tab.page, tab.page.get_by_role("button", name="Dalej"), scripts=scripts)
    tab.page.wait_for_url("**/login")
    assert len(posted) == (1 if scripts else 2), "the script sends a form once"
    assert tab.notice == tab.said("Your password is changed. Log in with the new one.")
    tab.send("Log in", login=jan.login, password=NEW_PASSWORD)
    assert tab.path == "/data"
    deployed.letterbox.wait_for(jan.email, kind="password_changed")
    deployed.wait_until(lambda: not deployed.items("OutboxTable"))
    kinds = [mail.tags["kind"] for mail in deployed.letterbox.letters(jan.email)]
    assert kinds.count("password_changed") == 1


def test_a_reset_link_can_be_opened_often_bears_mistakes_and_is_used_once(
    deployed: Deployed, visitors: Visitors, scripts: bool
) -> None:
    zofia = deployed.customer(f"zofia-dwie-karty-{scripts}".lower())
    mail = reminder(deployed, zofia)
    first, second = visitors().open_link(mail), visitors("en").open_link(mail)
    first.send("Next", password="haslo", password_again="haslo")
    assert first.said("The password has no digit.") in first.errors
    first.send("Next", password=NEW_PASSWORD, password_again=NEW_PASSWORD[::-1])
    assert first.errors == [first.said("The two passwords are not the same.")]
    first.send("Next", password=NEW_PASSWORD, password_again=NEW_PASSWORD)
    assert first.path == "/login"

    second.send("Next", password=NEW_PASSWORD[::-1], password_again=NEW_PASSWORD[::-1])
    assert says_expired(second)
    assert second.value("identifier") == zofia.login
    before = deployed.letterbox.newest()
    second.press("Send me the message")
    assert second.path == "/forgot/sent"
    again = visitors().open_link(
        deployed.letterbox.wait_for(zofia.email, after=before, kind="password_reset")
    )
    assert zofia.login in again.words


def test_an_expired_link_leads_to_a_new_one(deployed: Deployed, visitors: Visitors, scripts: bool) -> None:
    adam = deployed.customer(f"adam-za-pozno-{scripts}".lower())
    mail = reminder(deployed, adam)
    expire(deployed, adam)
    tab = visitors().open_link(mail)
    assert says_expired(tab)
    before = deployed.letterbox.newest()
    tab.send("Send me the message", identifier=adam.login)
    assert tab.path == "/forgot/sent"
    assert deployed.letterbox.wait_for(adam.email, after=before).token("/reset") != mail.token("/reset")


def test_opening_links_changes_nothing_and_their_buttons_do(
    deployed: Deployed, visitors: Visitors, scripts: bool
) -> None:
    ewa = deployed.customer(f"ewa-klika-{scripts}".lower())
    new = f"nowa-{ewa.email}"
    session = ewa.log_in()

    def address() -> str:
        return str(ewa.api.get("/v1/account", token=session).json["email"])

    change = {"email": new, "current_password": ewa.password}
    assert ewa.api.patch("/v1/account", change, token=session).status == 200
    confirm = visitors().open_link(deployed.letterbox.wait_for(new, kind="confirm_new_email"))
    confirm.page.reload()
    assert address() == ewa.email
    confirm.press("Use the new address")
    assert address() == new
    confirm.page.go_back()
    confirm.press("Use the new address")
    assert says_expired(confirm)

    undo = visitors().open_link(deployed.letterbox.wait_for(ewa.email, kind="email_replaced"))
    undo.page.reload()
    assert address() == new
    undo.press("Undo the change")
    assert undo.notice == undo.said("The change of address is undone. Your former address is in use again.")
    assert ewa.api.get("/v1/account", token=session).status == 401, "every device is logged out"
    restored = deployed.letterbox.wait_for(ewa.email, kind="password_reset")
    assert ewa.login in visitors().open_link(restored).words
