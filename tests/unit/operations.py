"""Every operation of the API that writes, each with what must be there before it."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib import clock
from chalicelib.accounts.models import Status
from chalicelib.accounts.verification import verify_account
from tests.unit.accounts.asking import change
from tests.unit.accounts.people import (
    JAN,
    NEW_ADDRESS,
    NEW_PASSWORD,
    ZOFIA,
    confirm_link,
    delete,
    logged_in,
    new_address_link,
    reset,
    reset_link,
    settled,
    undo_link,
)
from tests.unit.balances.billing import tell
from tests.unit.clients import PASSWORD, Answer, Customer


@dataclass(frozen=True)
class Operation:
    """Something a customer does: `prepared` makes what there is before, and returns the doing of it."""

    name: str
    prepared: Callable[[], Callable[[], Answer]]
    status: int
    writes: int

    def __str__(self) -> str:
        return self.name


def registering() -> Callable[[], Answer]:
    return lambda: Customer().register("jan", JAN)


def registering_with_a_spent_address() -> Callable[[], Answer]:
    for number in range(5):
        Customer().register(f"login-{number}", JAN)
    return lambda: Customer().register("jan", JAN)


def confirming() -> Callable[[], Answer]:
    link = confirm_link(settled(confirmed=False))
    return lambda: Customer().post("/v1/accounts/confirm", token=link)


def logging_in() -> Callable[[], Answer]:
    settled()
    return lambda: Customer().log_in("jan")


def logging_in_an_eleventh_time() -> Callable[[], Answer]:
    settled()
    for number in range(10):
        logged_in(ip=f"203.0.{number}.7")
    return lambda: Customer().log_in("jan")


def logging_in_forgiven() -> Callable[[], Answer]:
    settled()
    for _ in range(5):
        logged_in()
    return lambda: Customer().log_in("jan")


def failing_to_log_in() -> Callable[[], Answer]:
    settled()
    return lambda: Customer().log_in("jan", NEW_PASSWORD)


def failing_to_log_in_again() -> Callable[[], Answer]:
    settled()
    Customer().log_in("jan", NEW_PASSWORD)
    return lambda: Customer().log_in("jan", NEW_PASSWORD)


def reading_after_two_hours() -> Callable[[], Answer]:
    settled()
    jan = logged_in()
    clock.pause(2 * 60 * 60)
    return lambda: jan.get("/v1/account")


def logging_out() -> Callable[[], Answer]:
    settled()
    jan = logged_in()
    return lambda: jan.request("DELETE", "/v1/sessions/current")


def logging_out_everywhere() -> Callable[[], Answer]:
    settled()
    jan = logged_in()
    return lambda: jan.request("DELETE", "/v1/sessions")


def forgetting() -> Callable[[], Answer]:
    settled()
    return lambda: Customer().post("/v1/password-resets", identifier="jan")


def forgetting_as_a_stranger() -> Callable[[], Answer]:
    return lambda: Customer().post("/v1/password-resets", identifier="jan")


def resetting() -> Callable[[], Answer]:
    link = reset_link(settled())
    return lambda: reset(Customer(), link)


def changing(**changes: str) -> Callable[[], Callable[[], Answer]]:
    def prepared() -> Callable[[], Answer]:
        settled()
        jan = logged_in()
        return lambda: jan.patch("/v1/account", **changes)

    return prepared


def changing_the_threshold() -> Callable[[], Answer]:
    tell(settled(), "20.00")
    jan = logged_in()
    return lambda: jan.patch("/v1/account", low_balance_threshold="12.50", low_balance_notices=False)


def asking_for_a_new_link() -> Callable[[], Answer]:
    settled(confirmed=False)
    return lambda: Customer().post("/v1/accounts/confirmation", login="jan", password=PASSWORD)


def correcting_the_address() -> Callable[[], Answer]:
    settled(confirmed=False)
    typed = {"login": "jan", "password": PASSWORD, "email": NEW_ADDRESS}
    return lambda: Customer().post("/v1/accounts/confirmation", **typed)


def confirming_a_new_address() -> Callable[[], Answer]:
    link = new_address_link(settled())
    return lambda: Customer().post("/v1/account/email/confirm", token=link)


def undoing_a_change_of_address() -> Callable[[], Answer]:
    link = undo_link(settled())
    return lambda: Customer().post("/v1/account/email/undo", token=link)


def deleting() -> Callable[[], Answer]:
    settled()
    jan = logged_in()
    return lambda: delete(jan)


def replacing_the_sip_password() -> Callable[[], Answer]:
    account = settled(status=Status.REGISTERED)
    change(account, sip_number="600000001")  # chosen by chance, it would be another one each time
    verify_account(account.account_id)
    jan = logged_in()
    return lambda: jan.post("/v1/account/sip-password", current_password=PASSWORD)


def writing_a_ticket() -> Callable[[], Answer]:
    settled()
    return lambda: Customer().post("/v1/tickets", contact_email=JAN, message="Nie pamiętam loginu.")


def changing_to_a_taken_login() -> Callable[[], Answer]:
    settled("janek", ZOFIA)
    return changing(login="janek", current_password=PASSWORD)()


# The throttle's counters are writes, too; they stand although what follows them is refused.
OPERATIONS = [
    Operation("registering", registering, 201, writes=2),
    Operation("registering with a spent address", registering_with_a_spent_address, 201, writes=3),
    Operation("confirming", confirming, 204, writes=1),
    Operation("logging in", logging_in, 201, writes=2),
    Operation("logging in an eleventh time", logging_in_an_eleventh_time, 201, writes=3),
    Operation("logging in, forgiven", logging_in_forgiven, 201, writes=3),
    Operation("failing to log in", failing_to_log_in, 401, writes=2),
    Operation("failing to log in again", failing_to_log_in_again, 401, writes=2),
    Operation("reading after two hours", reading_after_two_hours, 200, writes=1),
    Operation("logging out", logging_out, 204, writes=1),
    Operation("logging out everywhere", logging_out_everywhere, 204, writes=1),
    Operation("forgetting", forgetting, 202, writes=1),
    Operation("forgetting as a stranger", forgetting_as_a_stranger, 404, writes=1),
    Operation("resetting", resetting, 204, writes=1),
    Operation("changing the language", changing(language="en"), 200, writes=1),
    Operation("changing the login", changing(login="janek", current_password=PASSWORD), 200, writes=2),
    Operation(
        "changing the password", changing(password=NEW_PASSWORD, current_password=PASSWORD), 200, writes=2
    ),
    Operation("changing the threshold", changing_the_threshold, 200, writes=1),
    Operation("changing the address", changing(email=NEW_ADDRESS, current_password=PASSWORD), 200, writes=2),
    Operation("asking for a new link", asking_for_a_new_link, 202, writes=2),
    Operation("correcting the address", correcting_the_address, 202, writes=2),
    Operation("confirming a new address", confirming_a_new_address, 204, writes=1),
    Operation("undoing a change of address", undoing_a_change_of_address, 204, writes=1),
    Operation("deleting", deleting, 204, writes=2),
    Operation("replacing the SIP password", replacing_the_sip_password, 202, writes=2),
    Operation("writing a ticket", writing_a_ticket, 201, writes=1),
    Operation("changing to a taken login", changing_to_a_taken_login, 409, writes=2),
]
