"""Getting back in with a forgotten password or login (R5 to R10).

The request only counts and puts one message into the outbox; who it is for is found out at
delivery, so that in `hide` mode neither the answer nor the work done betrays who exists (I7).
"""

from dataclasses import dataclass
from datetime import datetime

from chalicelib import clock, metrics, storage
from chalicelib.accounts import passwords, rules, throttle, tokens
from chalicelib.accounts.models import MAY_LOG_IN, Account, Credential, is_live, may_log_in
from chalicelib.accounts.tokens import Purpose
from chalicelib.errors import AddressUnreachable, LinkExpired, UserNotFound
from chalicelib.notifications import addresses, outbox
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import AddressRow
from chalicelib.settings import settings


@dataclass(frozen=True)
class OpenReset:
    """What the page behind a reset link shows."""

    login: str
    expires_at: datetime


@metrics.counted("Resets", "Step", done="asked", refused={UserNotFound: "unknown_user"})
def request_reset(identifier: str, *, language: str, network: str) -> None:
    """Ask for a reset mail by login or address.

    Raises InvalidIdentifier, TooManyAttempts, and in `reveal` mode UserNotFound (R10) and
    AddressUnreachable.
    """
    identifier = rules.valid_identifier(identifier)
    refusal = None if settings().unknown_user == "hide" else _refusal(identifier)
    tuned = settings()
    counters = [
        throttle.at_most(
            tuned.resets_per_identifier_per_hour, "resets", rules.login_key(identifier), network
        ),
        throttle.at_most(tuned.resets_per_network_per_hour, "network-resets", network),
    ]
    if refusal is not None:
        storage.write(*counters)
        raise refusal
    request = outbox.message(
        Kind.RESET_REQUESTED,
        language=language,
        parameters={
            "identifier": identifier,
            "network": network,
            "requested_at": clock.now().isoformat(timespec="seconds"),
        },
    )
    storage.write(*counters, storage.put(request))


def _refusal(identifier: str) -> UserNotFound | AddressUnreachable | None:
    credential = storage.get(Credential, rules.login_key(identifier))
    rows = addresses.rows_of(identifier)
    if is_live(credential):
        return None
    if not rows:
        return UserNotFound()
    # Who has the login may still ask by it: only here do we know that nothing would arrive.
    return AddressUnreachable() if all(row.unreachable for row in rows) else None


def check_reset(secret: str) -> OpenReset:
    """Whose password a link would change, and until when it works; changes nothing (I4).

    Raises LinkExpired as `complete_reset` would.
    """
    token = tokens.find(secret, Purpose.RESET_PASSWORD)
    credential, account = storage.get_many(
        Credential(rules.login_key(token.login)), Account(token.account_id)
    )
    if (
        not is_live(credential)
        or not is_live(account)
        or account.status not in MAY_LOG_IN
        or credential.account_id != token.account_id
        or credential.password_version != token.password_version
        or account.email != token.email
    ):
        raise LinkExpired
    return OpenReset(token.login, token.expires_at)


@metrics.counted("Resets", "Step", done="completed", refused={})
def complete_reset(secret: str, password: str, *, language: str, network: str) -> None:
    """Set a new password by a mailed link and end every session of the account.

    Raises LinkExpired when the link is unknown, used, past its time or older than the last
    password or address change; WeakPassword leaves the link usable.
    """
    token = tokens.find(secret, Purpose.RESET_PASSWORD)
    password = passwords.check(password, login=token.login, email=token.email)
    now = clock.now()
    version = int(token.password_version)
    changes = [
        Account.password_version.set(version + 1),
        Account.password_changed_at.set(now),
        Account.failures_forgiven.set(0),
        Account.sessions.set({}),
        Account.expires_at.remove(),
        # Nothing that somebody else has begun outlives a reset, nor can a change be taken back after it (I5).
        Account.pending_email.remove(),
        Account.pending_change.remove(),
        Account.confirmed_change.remove(),
    ]
    if token.recipient == addresses.fold(token.email):
        # Whoever opened the mail has the address (for an imported one, the mail may have gone elsewhere).
        changes.append(Account.email_confirmed_at.set(Account.email_confirmed_at | now))
        changes.append(Account.address_unreachable.remove())
    storage.write(
        tokens.used_up(token),
        storage.update(
            Credential(rules.login_key(token.login)),
            Credential.password_hash.set(passwords.hash_password(password)),
            Credential.password_version.set(version + 1),
            Credential.expires_at.remove(),
            when=(Credential.account_id == token.account_id) & (Credential.password_version == version),
            otherwise=LinkExpired(),
        ),
        storage.update(
            Account(token.account_id),
            *changes,
            when=may_log_in() & (Account.password_version == version) & (Account.email == token.email),
            otherwise=LinkExpired(),
        ),
        storage.update(
            AddressRow(token.recipient, token.account_id),
            AddressRow.expires_at.remove(),
            AddressRow.unreachable.remove(),
            when=AddressRow.account_id.exists(),
            otherwise=LinkExpired(),
        ),
        storage.put(
            outbox.message(
                Kind.PASSWORD_CHANGED,
                account_id=token.account_id,
                language=language,
                parameters={"changed_at": now.isoformat(timespec="seconds"), "network": network},
            )
        ),
    )
