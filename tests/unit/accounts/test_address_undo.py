"""Taking a change of address back, by the link in the warning to the old address (I5)."""

import pytest

from chalicelib import clock
from chalicelib.accounts.models import Account
from chalicelib.accounts.passwords import UNUSABLE
from chalicelib.notifications import addresses
from tests.unit import cloud
from tests.unit.accounts.people import JAN, NEW_PASSWORD, as_stored, change, is_in, logged_in, reset, settled
from tests.unit.clients import PASSWORD, Customer, PostOffice, text_of, tokens_in
from tests.unit.conftest import FrozenClock

EVIL = "zlodziej@poczta.example"


def newest_token(post_office: PostOffice, address: str) -> str:
    [token] = tokens_in(post_office.mails_to(address)[-1])
    return token


def undo(token: str) -> int:
    return Customer().post("/v1/account/email/undo", token=token).status


def confirm(token: str) -> int:
    return Customer().post("/v1/account/email/confirm", token=token).status


def asked(post_office: PostOffice, email: str = EVIL) -> tuple[Account, Customer, str]:
    """Jan, a thief who has his password and asked for another address, and the undo link."""
    account = settled()
    thief = logged_in()
    assert change(thief, email=email).status == 200
    return account, thief, newest_token(post_office, JAN)


def recovers(address: str, account: Account) -> bool:
    return account.account_id in {row.account_id for row in addresses.rows_of(address)}


def test_undo_before_the_confirmation_kills_the_change(post_office: PostOffice) -> None:
    account, thief, undo_link = asked(post_office)
    confirm_link = newest_token(post_office, EVIL)
    assert undo(undo_link) == 204
    assert not is_in(thief)
    assert confirm(confirm_link) == 410
    assert as_stored(account).pending_email is None
    assert recovers(JAN, account)


@pytest.mark.parametrize("warning", [0, 1], ids=["when it was asked for", "when it was made"])
def test_undo_after_the_confirmation_restores_the_address(post_office: PostOffice, warning: int) -> None:
    account, thief, _ = asked(post_office)
    assert confirm(newest_token(post_office, EVIL)) == 204
    [undo_link] = tokens_in(post_office.mails_to(JAN)[warning])
    assert undo(undo_link) == 204
    assert as_stored(account).email == JAN
    assert recovers(JAN, account)
    assert not recovers(EVIL, account)
    assert not is_in(thief)


def test_undo_asks_for_a_new_password_and_the_old_one_is_void(post_office: PostOffice) -> None:
    _, _, undo_link = asked(post_office)
    assert undo(undo_link) == 204
    assert Customer().log_in("jan", PASSWORD).code == "invalid_credentials"
    mail = post_office.mails_to(JAN)[-1]
    assert "/reset?token=" in text_of(mail)
    [reset_link] = tokens_in(mail)
    assert reset(Customer(), reset_link).status == 204
    assert Customer().log_in("jan", NEW_PASSWORD).status == 201


def test_undo_kills_the_thiefs_own_reset_links(post_office: PostOffice) -> None:
    asked(post_office)
    assert confirm(newest_token(post_office, EVIL)) == 204
    Customer().post("/v1/password-resets", identifier="jan")
    thiefs_link = newest_token(post_office, EVIL)
    assert undo(newest_token(post_office, JAN)) == 204
    assert reset(Customer(), thiefs_link).status == 410


def test_a_link_undoes_once(post_office: PostOffice) -> None:
    _, _, undo_link = asked(post_office)
    assert [undo(undo_link), undo(undo_link)] == [204, 410]


def test_of_the_two_warnings_links_only_one_undoes(post_office: PostOffice) -> None:
    asked(post_office)
    assert confirm(newest_token(post_office, EVIL)) == 204
    links = [token for mail in post_office.mails_to(JAN) for token in tokens_in(mail)]
    assert [undo(each) for each in links] == [204, 410]


def test_a_link_undoes_for_72_hours(post_office: PostOffice, frozen_clock: FrozenClock) -> None:
    _, _, undo_link = asked(post_office)
    frozen_clock.advance(hours=72)
    assert undo(undo_link) == 410


def test_a_link_still_undoes_just_before_its_end(post_office: PostOffice, frozen_clock: FrozenClock) -> None:
    _, _, undo_link = asked(post_office)
    frozen_clock.advance(hours=71, minutes=59)
    assert undo(undo_link) == 204


def test_a_reset_ends_the_undo_link(post_office: PostOffice) -> None:
    _, _, undo_link = asked(post_office)
    Customer().post("/v1/password-resets", identifier="jan")
    assert reset(Customer(), newest_token(post_office, JAN)).status == 204
    assert undo(undo_link) == 410


def test_a_later_confirmed_change_ends_the_undo_link(post_office: PostOffice) -> None:
    _, thief, _ = asked(post_office)
    assert confirm(newest_token(post_office, EVIL)) == 204
    first_undo = newest_token(post_office, JAN)
    assert change(thief, email="trzeci@poczta.example").status == 200
    assert confirm(newest_token(post_office, "trzeci@poczta.example")) == 204
    assert undo(first_undo) == 410


def test_a_changed_login_does_not_keep_the_owner_from_undoing(post_office: PostOffice) -> None:
    account, thief, undo_link = asked(post_office)
    assert change(thief, login="zlodziej").status == 200
    assert undo(undo_link) == 204
    assert as_stored(account).login == "zlodziej"
    assert Customer().log_in("zlodziej", PASSWORD).code == "invalid_credentials"


def test_a_confirmation_link_does_not_undo_nor_the_other_way_round(post_office: PostOffice) -> None:
    _, _, undo_link = asked(post_office)
    confirm_link = newest_token(post_office, EVIL)
    assert undo(confirm_link) == 410
    assert confirm(undo_link) == 410
    assert confirm(confirm_link) == 204


def test_undoing_leaves_no_usable_password_in_the_table(post_office: PostOffice) -> None:
    _, _, undo_link = asked(post_office)
    assert undo(undo_link) == 204
    [credential] = cloud.items("CREDENTIALS_TABLE")
    assert credential["password_hash"]["S"] == UNUSABLE


def test_a_warning_that_is_delivered_after_the_change_was_overtaken_is_dropped(
    post_office: PostOffice,
) -> None:
    settled()
    jan = logged_in()
    change(jan, email=EVIL)
    clock.pause(1)
    change(jan, email="drugi@poczta.example")
    post_office.deliver_all()
    assert [str(mail["To"]) for mail in cloud.sent_mails()] == ["drugi@poczta.example", JAN]
