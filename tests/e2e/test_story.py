"""The seed's story over HTTP and mail only, and what it leaves behind."""

import base64
import json
from urllib.parse import quote

from tests.e2e.stack import Deployed

OLD_PASSWORD = "Lody-na-Patyku-9"
NEW_PASSWORD = "Kompot-z-Wisni-10"
EMAIL = "anna@example.com"


def live_through_the_story(deployed: Deployed) -> list[str]:
    """Register, confirm, log in, forget by login, reset, forget by address; returns every secret it used."""
    anna, letterbox = deployed.caller(), deployed.letterbox

    form = {"login": "anna", "email": EMAIL, "password": OLD_PASSWORD}
    assert anna.post("/v1/accounts", form).status == 201
    confirmation = letterbox.wait_for(EMAIL)
    assert "anna" not in confirmation.text.replace(EMAIL, "")
    assert anna.post("/v1/accounts/confirm", {"token": confirmation.token("/confirm")}).status == 204

    log_in = anna.post("/v1/sessions", {"login": "anna", "password": OLD_PASSWORD})
    assert log_in.status == 201
    old_session = log_in.json["token"]
    assert anna.get("/v1/account", token=old_session).json["email_confirmed"] is True

    assert anna.post("/v1/password-resets", {"identifier": "anna"}).status == 202
    reminder = letterbox.wait_for(EMAIL, after=confirmation.number)
    token = reminder.token("/reset")
    assert "anna" in reminder.text.split()
    for _ in range(2):
        assert anna.get(f"/reset?token={token}").status == 200
        assert anna.post("/v1/password-resets/check", {"token": token}).json["login"] == "anna"
    new = {"token": token, "password": NEW_PASSWORD}
    assert anna.post("/v1/password-resets/complete", new).status == 204
    notice = letterbox.wait_for(EMAIL, after=reminder.number)

    assert anna.post("/v1/password-resets/complete", new).json["code"] == "link_expired"
    assert anna.get("/v1/account", token=old_session).json["code"] == "not_logged_in"
    old = {"login": "anna", "password": OLD_PASSWORD}
    assert anna.post("/v1/sessions", old).json["code"] == "invalid_credentials"
    new_session = anna.post("/v1/sessions", {"login": "anna", "password": NEW_PASSWORD}).json["token"]

    assert anna.post("/v1/password-resets", {"identifier": EMAIL.upper()}).status == 202
    by_address = letterbox.wait_for(EMAIL, after=notice.number)
    unknown = anna.post("/v1/password-resets", {"identifier": "nikt@example.com"})
    assert unknown.json["code"] == "user_not_found"
    assert "na który adres przychodzą nasze powiadomienia" in unknown.json["detail"]

    log = anna.get("/v1/account/notifications", token=new_session).json["notifications"]
    kinds = ["password_reset", "password_changed", "password_reset", "confirm_email"]
    assert [entry["kind"] for entry in log] == kinds
    return [
        OLD_PASSWORD,
        NEW_PASSWORD,
        old_session,
        new_session,
        token,
        confirmation.token("/confirm"),
        by_address.token("/reset"),
    ]


def test_a_customer_gets_back_in_and_leaves_no_readable_secret_behind(deployed: Deployed) -> None:
    secrets = live_through_the_story(deployed)
    stored = deployed.everything_stored()
    assert EMAIL in stored, "the dump must hold what the story stored"
    assert deployed.log_lines(), "the dump must hold what the functions logged"
    for secret in secrets:
        encoded = base64.b64encode(secret.encode()).decode()
        for form in (secret, quote(secret), encoded, json.dumps(secret)[1:-1]):
            assert form not in stored


def test_the_outbox_is_empty_and_nothing_is_in_a_dead_letter_queue_afterwards(deployed: Deployed) -> None:
    jan = deployed.customer("jan-outbox")
    jan.api.post("/v1/password-resets", {"identifier": jan.login})
    deployed.letterbox.wait_for(jan.email, after=deployed.letterbox.letters(jan.email)[-1].number)
    deployed.wait_until(lambda: not deployed.items("OutboxTable"))
    waiting = deployed.waiting()
    assert not waiting["UrgentDeadLetters"]
    assert not waiting["BulkDeadLetters"]


def test_one_address_of_two_customers_gets_one_mail_with_both_logins(deployed: Deployed) -> None:
    address = "dom.wspolny@example.com"
    ewa, adam = deployed.customer("ewa-e2e", address), deployed.customer("adam-e2e", address)
    before = deployed.letterbox.newest()
    ewa.api.post("/v1/password-resets", {"identifier": address})
    mail = deployed.letterbox.wait_for(address, after=before)
    assert {"ewa-e2e", "adam-e2e"} <= set(mail.text.split())
    tokens = [link.partition("token=")[2] for link in mail.links if "/reset?token=" in link]
    logins = {adam.api.post("/v1/password-resets/check", {"token": token}).json["login"] for token in tokens}
    assert logins == {"ewa-e2e", "adam-e2e"}
    assert len(deployed.letterbox.letters(address, before)) == 1
