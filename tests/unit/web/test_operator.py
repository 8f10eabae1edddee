"""What staff do for customers, over the operator's routes."""

from collections.abc import Callable

import pytest

from chalicelib import storage
from chalicelib.accounts.models import Account, SipAccount, Status
from chalicelib.accounts.verification import verify_account
from chalicelib.web.import_schemas import MOST_BYTES
from tests.unit import cloud
from tests.unit.accounts.people import JAN, ZOFIA, as_stored, is_in, logged_in, settled
from tests.unit.clients import Customer, PostOffice, tokens_in
from tests.unit.conftest import FrozenClock
from tests.unit.notifications.messages import a_change
from tests.unit.staff import Staff, trail


@pytest.fixture
def jan(aws_in_memory: None) -> Account:
    return settled()


@pytest.fixture
def ewa(aws_in_memory: None) -> Staff:
    return Staff()


def logins(found: list[dict[str, dict[str, str]]]) -> list[str]:
    return [each["account"]["login"] for each in found]


# Finding.


def test_a_customer_is_found_by_login_address_number_and_id(jan: Account, ewa: Staff) -> None:
    settled("zofia", ZOFIA)
    number = str(verify_account(jan.account_id).sip_number)
    for by in ({"login": "JAN"}, {"email": JAN}, {"sip_number": number}, {"account_id": jan.account_id}):
        assert logins(ewa.find(**by)) == ["jan"]
    assert logins(ewa.find(login="zofia", sip_number=number)) == ["zofia", "jan"]


def test_a_search_for_nothing_is_malformed_and_one_for_nobody_finds_nobody(jan: Account, ewa: Staff) -> None:
    assert ewa.post("/operator/accounts/find").code == "malformed_body"
    assert ewa.post("/operator/accounts/find", login=None).code == "malformed_body"
    for by in ("login", "email", "sip_number", "account_id"):
        for nobody in ("", "nobody", "x" * 1024, "ﷺ" * 1024):
            assert ewa.find(**{by: nobody}) == []


def test_the_number_of_a_deleted_customer_leads_to_the_account_until_it_is_free_again(
    jan: Account, ewa: Staff, frozen_clock: FrozenClock
) -> None:
    number = str(verify_account(jan.account_id).sip_number)
    assert ewa.act("delete", jan, reason="asked by letter").status == 204
    [found] = ewa.find(sip_number=number)
    assert found["account"]["status"] == "deleted"
    assert found["account"]["deleted_at"] == "2026-11-22T10:00:00Z"
    assert ewa.find(login="jan") == ewa.find(email=JAN) == []
    frozen_clock.advance(days=400)
    assert storage.get(SipAccount, number) is not None
    assert ewa.find(sip_number=number) == []


def test_what_is_found_tells_why_no_mail_arrived(
    jan: Account, ewa: Staff, post_office: PostOffice, frozen_clock: FrozenClock
) -> None:
    a_change(jan)
    post_office.deliver_all()
    waits = a_change(jan)
    [found] = ewa.find(login="jan")
    assert found["address"] == {"last_notified_at": "2026-11-22T10:00:00Z", "unreachable": None}
    [entry] = found["log"]
    assert (entry["kind"], entry["recipient"], entry["status"]) == ("password_changed", JAN, "sent")
    [waiting] = found["waiting"]
    assert waiting == {
        "message_id": waits.message_id,
        "kind": "password_changed",
        "account_id": jan.account_id,
        "created_at": "2026-11-22T10:00:00Z",
        "attempts": 0,
        "last_error": None,
        "parked_at": None,
    }


def test_sessions_are_counted_as_long_as_they_last(
    jan: Account, ewa: Staff, frozen_clock: FrozenClock
) -> None:
    logged_in()
    frozen_clock.advance(hours=6)
    logged_in()
    assert ewa.find(login="jan")[0]["account"]["sessions"] == 2
    frozen_clock.advance(hours=6)
    assert ewa.find(login="jan")[0]["account"]["sessions"] == 1


# The life of an account.


def test_an_account_is_verified_blocked_unblocked_locked_and_unlocked(ewa: Staff) -> None:
    jan = settled(status=Status.REGISTERED)
    statuses = [ewa.act(act, jan).json["status"] for act in ("verify", "block", "unblock", "lock", "unlock")]
    assert statuses == ["active", "blocked", "active", "locked", "active"]
    assert as_stored(jan).sip_number == ewa.find(login="jan")[0]["account"]["sip_number"]


def test_locking_and_ending_sessions_log_the_customer_out(jan: Account, ewa: Staff) -> None:
    browser = logged_in()
    assert ewa.act("end-sessions", jan).json["sessions"] == 0
    assert not is_in(browser)
    browser = logged_in()
    ewa.act("lock", jan, reason="fraud")
    assert not is_in(browser)
    assert Customer().log_in("jan").code == "invalid_credentials"
    ewa.act("unlock", jan)
    assert Customer().log_in("jan").status == 201


def test_a_reset_mail_that_staff_send_goes_to_the_current_address(
    jan: Account, ewa: Staff, post_office: PostOffice
) -> None:
    assert ewa.act("send-reset", jan, reason="cannot find the login").status == 202
    [mail] = post_office.mails_to(JAN)
    [link] = tokens_in(mail)
    assert Customer().post("/v1/password-resets/check", token=link).json["login"] == "jan"


def test_after_a_ticket_an_address_is_changed_by_its_link(
    jan: Account, ewa: Staff, post_office: PostOffice
) -> None:
    changed = ewa.act("set-address", jan, email=ZOFIA, reason="ticket 8").json
    assert (changed["email"], changed["pending_email"]) == (JAN, ZOFIA)
    [mail] = post_office.mails_to(ZOFIA)
    [link] = tokens_in(mail)
    assert Customer().post("/v1/account/email/confirm", token=link).status == 204
    assert ewa.find(email=ZOFIA)[0]["account"]["pending_email"] is None
    assert ewa.find(email=JAN) == []
    assert len(post_office.mails_to(JAN)) >= 1


def test_a_deleted_account_is_gone_for_its_customer(jan: Account, ewa: Staff) -> None:
    browser = logged_in()
    assert ewa.act("delete", jan, reason="asked by letter").status == 204
    assert not is_in(browser)
    assert Customer().log_in("jan").code == "invalid_credentials"
    assert ewa.act("delete", jan, reason="again").code == "not_found"
    assert trail()[-1] == ("delete", "refused")


# What waits.


def test_a_parked_message_is_listed_and_sent_when_it_is_resent(
    jan: Account, ewa: Staff, post_office: PostOffice, frozen_clock: FrozenClock
) -> None:
    message = a_change(jan)
    listed = ewa.post("/operator/outbox").json
    assert [each["message_id"] for each in listed["messages"]] == [message.message_id]
    assert listed["more"] is False
    answer = ewa.post(f"/operator/outbox/{message.message_id}/resend", reason="SES works again")
    assert (answer.status, answer.text) == (202, "")
    assert post_office.deliver_queued() == []
    assert len(cloud.sent_mails()) == 1
    assert ewa.post("/operator/outbox").json == {"messages": [], "more": False}
    assert [line["message_id"] for line in cloud.audit_lines() if line["what"] == "resend"] == [
        message.message_id
    ] * 2


@pytest.mark.parametrize("limit", [0, 101, -1, "25", 2.5, None])
def test_a_limit_that_is_none_is_malformed(limit: object, ewa: Staff) -> None:
    answer = ewa.post("/operator/outbox", limit=limit)
    assert answer.json["errors"] == [{"field": "limit", "code": "invalid"}]


# The import, and the registrar.


def test_rows_are_imported_and_their_accounts_are_in_the_trail(ewa: Staff) -> None:
    rows = [{"login": "jan", "email": JAN, "status": "active"}, {"login": "x", "email": "x"}]
    first, second = ewa.post("/operator/accounts/import", rows=rows).json["results"]
    assert (first["result"], first["code"], first["errors"]) == ("imported", None, [])
    assert (second["result"], second["account_id"]) == ("refused", None)
    assert {each["field"] for each in second["errors"]} == {"login", "email"}
    asked, done = cloud.audit_lines()
    assert (asked["what"], asked["rows"], asked["dry_run"]) == ("import", 2, False)
    assert done["accounts"] == [first["account_id"]]
    assert logins(ewa.find(account_id=first["account_id"])) == ["jan"]


def test_a_rehearsed_import_writes_nothing_but_the_trail(ewa: Staff) -> None:
    rows = [{"login": "jan", "email": JAN}]
    [result] = ewa.post("/operator/accounts/import", rows=rows, dry_run=True).json["results"]
    assert result["result"] == "imported"
    assert cloud.items("ACCOUNTS_TABLE") == []
    assert cloud.audit_lines()[-1]["accounts"] == []


@pytest.mark.parametrize("number", [0, 101])
def test_an_import_of_no_rows_or_too_many_is_malformed(number: int, ewa: Staff) -> None:
    answer = ewa.post("/operator/accounts/import", rows=[{"login": "jan", "email": JAN}] * number)
    assert answer.json["errors"] == [{"field": "rows", "code": "invalid"}]


def test_a_hundred_rows_of_the_longest_values_fit_into_a_request() -> None:
    # Login, two addresses, and a password's hash of a former system; the other values are short.
    longest = 100 * (64 * 4 + 2 * 254 + 512 + 1024)
    assert longest < MOST_BYTES


def test_the_registrar_is_told_whether_a_number_may_register(
    jan: Account, ewa: Staff, post_office: PostOffice, with_settings: Callable[..., None]
) -> None:
    with_settings(SIP_REALM="sip.example")
    number = str(verify_account(jan.account_id).sip_number)
    path = f"/operator/sip/{number}"
    assert ewa.post(path).json == {
        "realm": "sip.example", "ha1_md5": None, "ha1_sha256": None, "allowed": True
    }  # fmt: skip
    post_office.deliver_all()
    known = ewa.post(path).json
    assert (len(known["ha1_md5"]), len(known["ha1_sha256"])) == (32, 64)
    ewa.act("block", jan)
    assert ewa.post(path).json == known | {"allowed": False}
    ewa.act("delete", jan, reason="asked by letter")
    assert ewa.post(path).json == {
        "realm": "sip.example", "ha1_md5": None, "ha1_sha256": None, "allowed": False
    }  # fmt: skip
    assert ewa.post("/operator/sip/600999999").code == "not_found"
