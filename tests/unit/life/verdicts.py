"""Whether what is stored is what ought to be true of the lives (lives.py), by the tables themselves."""

import base64
import json
from collections import Counter
from datetime import datetime
from typing import Any

from tests.unit import cloud, quick_dynamodb
from tests.unit.leaks import MEANT_TO_CARRY, leaked, texts
from tests.unit.life.lives import Lives, Person, key, mailbox


class Eavesdropper:
    """Reads all that is asked of AWS, and so all that comes into a table or a queue (I2)."""

    def __init__(self, wire: cloud.Wire, secrets: list[str]) -> None:
        self._wire, self._secrets = wire, secrets
        self._read, self._known, self._texts = 0, 0, ""

    def hears_no_secret(self) -> None:
        """New secrets are looked for in all that was ever asked, old ones in what was asked since."""
        calls = [call for call in self._wire.requests[self._read :] if call.operation not in MEANT_TO_CARRY]
        asked = "\n".join(text for call in calls for text in texts(call.body))
        self._texts += asked
        assert leaked(self._secrets[: self._known], asked) == []
        assert leaked(self._secrets[self._known :], self._texts) == []
        self._read, self._known = len(self._wire.requests), len(self._secrets)

    def finds_no_secret(self) -> None:
        """Nor is one in what is stored in the end."""
        found = "\n".join(text for each in everything().values() for text in each)
        assert "poczta.example" in found
        assert leaked(self._secrets, found) == []


def addresses_are_right(lives: Lives) -> None:
    """Present addresses recover their accounts, no others do (I5); when they were written to (I9)."""
    rows = [row for row in stored("ADDRESSES_TABLE") if _lasts(row, lives.now)]
    found = {(row["address"]["S"], row["account_id"]["S"]): _moment(row, "last_notified_at") for row in rows}
    assert found == {
        (mailbox(each.email), each.account_id): each.told and int(each.told.timestamp())
        for each in lives.existing()
    }


def logins_are_right(lives: Lives) -> None:
    """Every login is one account's, however it is spelled (I6); those of deleted accounts are unreadable."""
    rows = [row for row in stored("CREDENTIALS_TABLE") if _lasts(row, lives.now)]
    keys = {row["login_key"]["S"]: row.get("account_id", {}).get("S") for row in rows}
    taken = {login: account_id for login, account_id in keys.items() if account_id is not None}
    assert taken == {key(each.login): each.account_id for each in lives.existing()}
    reserved = [login for login, until in lives.reserved.items() if until > lives.now]
    assert len(keys) - len(taken) == len(reserved)


def accounts_are_right(lives: Lives) -> None:
    """Status, address and sessions of every account are what became of them."""
    found = {item["account_id"]["S"]: item for item in stored("ACCOUNTS_TABLE")}
    assert found.keys() == lives.people.keys()
    for person in lives.people.values():
        account = found[person.account_id]
        assert account["status"]["S"] == person.status
        assert account["email"]["S"] == person.email
        assert account.get("pending_email", {}).get("S") == (person.pending and person.pending.new)
        if lives.exists(person):
            assert _sessions(account, lives) == _tokens(person, lives)
            assert ("email_confirmed_at" in account) == person.confirmed
        if person.status == "deleted":
            assert account["sessions"]["M"] == {}


def the_log_is_right(mailed: list[tuple[str, str, str, int]]) -> None:
    """The log has every mail that was sent, once for each account that it was about."""
    entries = stored("NOTIFICATIONS_TABLE")
    names = ("account_id", "kind", "recipient")
    logged = [(*(entry[name]["S"] for name in names), _moment(entry, "sent_at")) for entry in entries]
    assert Counter(logged) == Counter(mailed)


def stored(variable: str) -> list[dict[str, Any]]:
    """Everything in a table."""
    return quick_dynamodb.items(cloud.table_variables()[variable])


def _lasts(row: dict[str, Any], now: datetime) -> bool:
    ends = _moment(row, "expires_at")
    return ends is None or ends > now.timestamp()


def _moment(row: dict[str, Any], name: str) -> int | None:
    return int(row[name]["N"]) if name in row and "N" in row[name] else None


def _sessions(account: dict[str, Any], lives: Lives) -> dict[str, int]:
    entries = account["sessions"]["M"]
    ends = {session_id: int(entry["M"]["expires_at"]["N"]) for session_id, entry in entries.items()}
    return {session_id: end for session_id, end in ends.items() if end > lives.now.timestamp()}


def _tokens(person: Person, lives: Lives) -> dict[str, int]:
    return {
        _session_id(token): int(ends.timestamp())
        for token, (ends, _) in person.sessions.items()
        if ends > lives.now
    }


def _session_id(token: str) -> str:
    claims = token.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sid"])


def everything() -> dict[str, list[str]]:
    """All that is stored, counters too."""
    return {variable: sorted(map(str, stored(variable))) for variable in cloud.table_variables()}
