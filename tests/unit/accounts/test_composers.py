"""What is mailed: every login with its own link, nothing that strangers typed, nothing to who is gone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock, storage
from chalicelib.accounts import composers, recovery, registration, reminders
from chalicelib.accounts.models import Account, Status
from chalicelib.errors import LinkExpired
from chalicelib.notifications.delivery import Mail, Skip
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import AddressRow
from chalicelib.settings import settings
from tests.unit import cloud
from tests.unit.accounts.asking import ASKED_AT, NETWORK, change, forgot, message, move, resolved
from tests.unit.accounts.people import JAN, ZOFIA, settled
from tests.unit.conftest import FrozenClock


@pytest.fixture(autouse=True)
def _aws(aws_in_memory: None) -> None:
    """Every test here has tables."""


def confirmation(account: Account) -> Mail | Skip:
    return composers.compose_confirmation(message(Kind.CONFIRM_EMAIL, account))


def notice(account: Account) -> Mail | Skip:
    changed = message(Kind.PASSWORD_CHANGED, account, changed_at=ASKED_AT.isoformat())
    return composers.compose_notice_of_change(changed)


def reminder(*accounts: Account) -> Mail | Skip:
    account_ids = [account.account_id for account in accounts]
    return reminders.compose_reset(message(Kind.PASSWORD_RESET, accounts[0], account_ids=account_ids))


def reason(outcome: object) -> str:
    assert isinstance(outcome, Skip)
    return outcome.reason


def values(outcome: object) -> Any:
    assert isinstance(outcome, Mail)
    return outcome.letter.values


def token(link: str) -> str:
    start = f"{settings().panel_url}/reset?token="
    assert link.startswith(start)
    return link.removeprefix(start)


# Confirmation.


def test_a_confirmation_has_a_link_that_confirms_and_nothing_that_was_typed() -> None:
    account = settled("Wygrałeś_kliknij", confirmed=False)
    mail = values(confirmation(account))
    assert set(mail) == {"link", "valid_hours"}
    start = f"{settings().panel_url}/confirm?token="
    assert mail["link"].startswith(start)
    registration.confirm_email(mail["link"].removeprefix(start))
    assert reason(confirmation(account)) == "already_confirmed"


def test_a_confirmation_of_an_address_that_was_corrected_since_is_not_sent() -> None:
    account = settled(confirmed=False)
    change(account, email=ZOFIA)
    assert reason(composers.compose_confirmation(message(Kind.CONFIRM_EMAIL, account))) == "address_replaced"


# Whoever may not log in gets no mail.


@pytest.mark.parametrize("compose", [confirmation, notice])
@pytest.mark.parametrize("status", [Status.LOCKED, Status.DELETED])
def test_a_locked_or_deleted_account_gets_no_mail(
    compose: Callable[[Account], Mail | Skip], status: Status
) -> None:
    assert reason(compose(settled(status=status, confirmed=False))) == "account_gone"
    assert cloud.items("TOKENS_TABLE") == []


@pytest.mark.parametrize("compose", [confirmation, notice])
def test_an_account_whose_time_ran_out_unconfirmed_gets_no_mail(
    compose: Callable[[Account], Mail | Skip], frozen_clock: FrozenClock
) -> None:
    account = settled(confirmed=False)
    frozen_clock.advance(days=settings().unconfirmed_days)
    assert reason(compose(account)) == "account_gone"


@pytest.mark.parametrize("compose", [confirmation, notice])
def test_an_account_that_is_not_there_any_more_gets_no_mail(
    compose: Callable[[Account], Mail | Skip],
) -> None:
    account = settled(confirmed=False)
    storage.write(storage.delete(account))
    assert reason(compose(account)) == "account_gone"


@pytest.mark.parametrize("status", [Status.LOCKED, Status.DELETED])
def test_no_reminder_is_sent_to_a_locked_or_deleted_account(status: Status) -> None:
    gone = settled(status=status)
    for identifier in ("jan", JAN):
        assert reason(reminders.resolve_reset_request(forgot(identifier))) == "account_gone"
    assert reason(reminder(gone)) == "address_replaced"
    living = settled("zofia", JAN)
    assert resolved(JAN) == {JAN: [living.account_id]}
    assert [each["login"] for each in values(reminder(gone, living))["accounts"]] == ["zofia"]


@pytest.mark.parametrize("status", [Status.REGISTERED, Status.ACTIVE, Status.BLOCKED])
def test_whoever_may_log_in_gets_mail(status: Status) -> None:
    account = settled(status=status)
    assert resolved("jan") == {JAN: [account.account_id]}
    assert values(reminder(account))["accounts"][0]["login"] == "jan"
    assert values(notice(account))["login"] == "jan"


# The notice of a change.


def test_a_notice_tells_login_time_network_and_where_to_go_if_it_was_somebody_else() -> None:
    assert values(notice(settled())) == {
        "login": "jan",
        "changed_at": ASKED_AT,
        "network": NETWORK,
        "forgot_url": f"{settings().panel_url}/forgot",
    }


def test_a_notice_of_change_is_no_way_to_fill_a_strangers_mailbox() -> None:
    assert reason(notice(settled(confirmed=False))) == "address_not_confirmed"


def test_a_notice_goes_to_the_address_of_the_moment_it_is_sent() -> None:
    account = settled()
    change(account, email=ZOFIA)
    outcome = notice(account)
    assert isinstance(outcome, Mail)
    assert outcome.letter.recipient == ZOFIA


# An address that mail comes back from.


@pytest.mark.parametrize("reason_of_mark", ["bounced", "complained"])
def test_only_mail_asked_for_by_hand_goes_to_an_unreachable_address(reason_of_mark: str) -> None:
    account = settled(confirmed=False)
    change(account, address_unreachable=reason_of_mark)
    topped_up = message(Kind.TOPPED_UP, account, amount="12.50", balance=None, invoice=None)
    assert reason(notice(account)) == "address_unreachable"
    assert reason(composers.compose_notice(topped_up)) == "address_unreachable"
    assert isinstance(confirmation(account), Mail)
    assert isinstance(reminder(account), Mail)


# The reminder.


def test_one_reminder_lists_every_login_of_the_address_each_with_its_own_link() -> None:
    people = [settled("jan"), settled("zofia", JAN), settled("ewa", JAN)]
    mail = values(reminder(*people))
    assert [each["login"] for each in mail["accounts"]] == ["jan", "zofia", "ewa"]
    assert [recovery.check_reset(token(each["link"])).login for each in mail["accounts"]] == [
        "jan", "zofia", "ewa"
    ]  # fmt: skip
    assert (mail["valid_minutes"], mail["requested_at"], mail["network"]) == (60, ASKED_AT, NETWORK)


def test_unconfirmed_accounts_are_listed_without_the_login_that_somebody_typed() -> None:
    mail = values(reminder(settled("jan"), settled("Wygrałeś_kliknij", JAN, confirmed=False)))
    assert [each["login"] for each in mail["accounts"]] == ["jan", None]
    assert recovery.check_reset(token(mail["accounts"][1]["link"])).login == "Wygrałeś_kliknij"


def test_a_link_lasts_as_long_as_the_settings_say(frozen_clock: FrozenClock) -> None:
    [listed] = values(reminder(settled()))["accounts"]
    assert recovery.check_reset(token(listed["link"])).expires_at == clock.now() + timedelta(minutes=60)
    frozen_clock.advance(minutes=60)
    with pytest.raises(LinkExpired):
        recovery.check_reset(token(listed["link"]))


def test_no_link_goes_to_an_address_that_was_replaced_since_the_reminder_was_asked_for() -> None:
    jan, zofia = settled("jan"), settled("zofia", JAN)
    move(jan, "nowy@poczta.example")
    asked = message(Kind.PASSWORD_RESET, zofia, account_ids=[jan.account_id, zofia.account_id])
    outcome = reminders.compose_reset(asked)
    assert [each["login"] for each in values(outcome)["accounts"]] == ["zofia"]
    assert isinstance(outcome, Mail)
    assert outcome.account_ids == [zofia.account_id]
    storage.write(storage.delete(AddressRow(JAN, zofia.account_id)))
    assert reason(reminders.compose_reset(asked)) == "address_replaced"
