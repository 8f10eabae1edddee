"""Logging in by login and password (R3), and the throttle around it (I8)."""

from dataclasses import dataclass

from chalicelib import metrics, storage
from chalicelib.accounts import passwords, rules, sessions, throttle
from chalicelib.accounts.models import Account, Credential, Throttle, is_live
from chalicelib.accounts.sessions import NewSession
from chalicelib.errors import InvalidCredentials, TooManyAttempts, Unavailable
from chalicelib.settings import settings

# Stands in for the account of an unknown login, so that it costs the same calls as a known one.
_NOBODY = "0" * 26


@dataclass(frozen=True)
class Checked:
    """A login and password that belong together, and what the throttle knows about the attempt.

    `failures` is up to which failure of the login a success would forgive; None while it is closed.
    """

    credential: Credential
    attempt: Throttle
    failures: int | None

    @property
    def password_version(self) -> int:
        """The password that was checked: what follows must not happen after it was changed."""
        return int(self.credential.password_version)


@dataclass(frozen=True)
class _Attempt:
    """One attempt to log in, with what was read about it."""

    login_key: str
    network: str
    credential: Credential | None
    network_failures: Throttle
    login_failures: Throttle
    stored_failures: Throttle | None

    @property
    def account_id(self) -> str:
        return self.credential.account_id if self.credential else _NOBODY

    @property
    def password_version(self) -> int:
        return int(self.credential.password_version) if self.credential else 0

    @property
    def failures(self) -> int:
        """Failures of this login since its password was last changed, from anywhere."""
        stored = self.stored_failures
        return int(stored.attempts) if stored and stored.password_version == self.password_version else 0


@metrics.counted(
    "LogIns",
    "Outcome",
    done="opened",
    refused={InvalidCredentials: "refused", TooManyAttempts: "throttled"},
)
def log_in(login: str, password: str, *, network: str, user_agent: str) -> tuple[NewSession, Account]:
    """Open a session for a customer who knows login and password; three calls.

    Raises InvalidCredentials alike for an unknown login, a wrong password and an account that may
    not be entered; TooManyAttempts when this network has failed too often, or this login from
    anywhere and the customer never logged in from this network before.
    """
    checked = check(login, password, network=network)
    opened = sessions.open_session(
        checked.credential.account_id,
        checked.password_version,
        network=network,
        user_agent=user_agent,
        attempt=checked.attempt,
        failures=checked.failures,
    )
    _rehash_if_cheap(checked.credential, password)
    return opened


def check(login: str, password: str, *, network: str) -> Checked:
    """Whose login and password these are, under the throttle; two calls. Raises as `log_in` does."""
    key = rules.login_key(login)
    if not key or len(key) > rules.IDENTIFIER_MAX_CHARACTERS:
        raise InvalidCredentials
    network_failures, login_failures = throttle.network_failures(network), throttle.login_failures(key)
    found, of_network, of_login = storage.get_many(Credential(key), network_failures, login_failures)
    credential = found if is_live(found) else None
    attempt = _Attempt(key, network, credential, network_failures, login_failures, of_login)
    reserved = _reserve(attempt)
    failures = _admit(attempt, of_network)
    return Checked(_verified(attempt, password), reserved, failures)


def _reserve(attempt: _Attempt) -> Throttle:
    """Count the attempt before its password is looked at; returns the counter with it."""
    try:
        return throttle.reserve_log_in(attempt.login_key, attempt.network, attempt.password_version)
    except throttle.AttemptRefused as refusal:
        stored = refusal.stored
    account = storage.get(Account, attempt.account_id)
    return throttle.reserve_forgiven(stored, _forgiven(account, attempt.network, stored))


def _forgiven(account: Account | None, network: str, stored: Throttle) -> int:
    """How many of the counted attempts a later success has made void."""
    known = account.networks.as_dict().get(network) if account else None
    return int(known["attempts"]) if known and known["counter"] == stored.key else 0


def _admit(attempt: _Attempt, of_network: Throttle | None) -> int | None:
    """Let the attempt pass the wider counters.

    Returns up to which failure of the login a success would forgive; None while the login is
    closed, which only a reset ends.
    """
    tuned = settings()
    network_spent = of_network is not None and of_network.attempts >= tuned.log_in_network_failures_per_hour
    if not network_spent and attempt.failures < tuned.log_in_failures_until_closed:
        return attempt.failures
    account = storage.get(Account, attempt.account_id)
    forgiven = int(account.failures_forgiven) if account else 0
    closed = attempt.failures - forgiven >= tuned.log_in_failures_until_closed
    known_here = account is not None and attempt.network in account.networks.as_dict()
    if (closed or network_spent) and not known_here:
        raise TooManyAttempts(throttle.HOUR if closed else throttle.rest_of(throttle.HOUR))
    return None if closed else attempt.failures


def _verified(attempt: _Attempt, password: str) -> Credential:
    password_hash = attempt.credential.password_hash if attempt.credential else passwords.decoy_hash()
    if passwords.verify(password, password_hash) and attempt.credential:
        return attempt.credential
    throttle.count_failure(
        attempt.network_failures, attempt.login_failures, attempt.stored_failures, attempt.password_version
    )
    raise InvalidCredentials


def _rehash_if_cheap(credential: Credential, password: str) -> None:
    if not passwords.needs_rehash(credential.password_hash):
        return
    try:
        storage.write(
            storage.update(
                credential,
                Credential.password_hash.set(passwords.hash_password(passwords.composed(password))),
                when=Credential.password_hash == credential.password_hash,
            )
        )
    except (storage.ConditionFailed, Unavailable):
        # Changed meanwhile, and so hashed at today's cost; or the next log-in will see to it.
        return
