"""Who may try how often (I8, I13): counters per identifier *and* network, reserved before the work.

A counter's key holds what it counts, hashed (it is somebody's login, address or network), and its
window of time. Every limit is a setting.
"""

import hashlib
from datetime import datetime, timedelta

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib import clock, storage
from chalicelib.accounts.models import Throttle
from chalicelib.errors import TooManyAttempts
from chalicelib.settings import settings

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# A closed login opens again by a reset; its counter is only tidied away after this long a silence.
_FAILURES_KEPT = timedelta(days=90)


class AttemptRefused(Exception):
    """The log-in attempt comes too soon, unless the account forgives some; `stored` is the counter."""

    def __init__(self, stored: Throttle) -> None:
        self.stored = stored
        super().__init__()


def window_start(length: timedelta) -> int:
    """When the current window of this length began, in seconds since 1970."""
    now = int(clock.now().timestamp())
    return now - now % int(length.total_seconds())


def counter(scope: str, *subjects: str, window: timedelta | None = None) -> Throttle:
    """The key of a counter; what is counted is not readable from it."""
    digest = hashlib.sha256("\0".join(subjects).encode()).hexdigest()[:32]
    return Throttle(f"{scope}#{digest}" + (f"#{window_start(window)}" if window else ""))


# Log-in: five free attempts per login and network, then growing pauses between them.


def reserve_log_in(login_key: str, network: str, password_version: int) -> Throttle:
    """Count an attempt to log in before it is checked; returns the counter with it. One call.

    The counter is of one password version: a reset makes the old one void. Raises AttemptRefused
    when the attempts from this network come too fast.
    """
    attempt = counter("log-in", login_key, network, str(password_version), window=DAY)
    try:
        return _counted(attempt, when=_free_or_rested(), kept=DAY)
    except storage.ConditionFailed as refusal:
        raise AttemptRefused(refusal.stored) from None


def reserve_forgiven(stored: Throttle, forgiven: int) -> Throttle:
    """Count a refused attempt after all, when the pause that counts only unforgiven ones has passed.

    `forgiven` is how many of the counted attempts a successful log-in has made void.
    Raises TooManyAttempts with the rest of the pause.
    """
    rest = stored.last_at + log_in_pause(int(stored.attempts) - forgiven) - clock.now()
    if rest > timedelta(0):
        raise TooManyAttempts(rest)
    try:
        return _counted(stored, when=Throttle.attempts == stored.attempts, kept=DAY)
    except storage.ConditionFailed:
        # Another attempt came in between: this one would have to wait for its pause.
        raise TooManyAttempts(timedelta(seconds=settings().log_in_delay_seconds)) from None


def log_in_pause(attempts: int) -> timedelta:
    """How long to wait after so many attempts: nothing, then a delay that doubles up to a limit."""
    tuned = settings()
    paid_for = attempts - tuned.log_in_free_attempts
    if paid_for < 0:
        return timedelta(0)
    seconds = min(tuned.log_in_delay_seconds * 2 ** min(paid_for, 16), tuned.log_in_max_delay_seconds)
    return timedelta(seconds=seconds)


def _free_or_rested() -> Condition:
    # Every step of the growing pause is a term of the condition, so that one conditional write
    # decides: two attempts at once cannot both use the same pause.
    tuned = settings()
    condition: Condition = Throttle.attempts.does_not_exist()
    condition |= Throttle.attempts < tuned.log_in_free_attempts
    attempts = tuned.log_in_free_attempts
    longest = timedelta(seconds=tuned.log_in_max_delay_seconds)
    while log_in_pause(attempts) < longest:
        rested = Throttle.last_at <= clock.now() - log_in_pause(attempts)
        condition |= (Throttle.attempts == attempts) & rested
        attempts += 1
    condition |= (Throttle.attempts >= attempts) & (Throttle.last_at <= clock.now() - longest)
    return condition


# Log-in failures: per network, and for each login consecutively from anywhere.


def network_failures(network: str) -> Throttle:
    """The key of the counter of a network's failed log-ins in this hour."""
    return counter("network-failures", network, window=HOUR)


def login_failures(login_key: str) -> Throttle:
    """The key of the counter of a login's failures; it counts for one password version only."""
    return counter("login-failures", login_key)


def count_failure(network: Throttle, login: Throttle, stored: Throttle | None, version: int) -> None:
    """Count a failed log-in for its network and its login, in one call.

    `stored` is the login's counter as read before: one of another password version is void (also of a
    customer who had this login before), and counting starts anew.
    """
    expires_at = clock.now() + _FAILURES_KEPT
    for_network = storage.update(
        network, Throttle.attempts.add(1), Throttle.expires_at.set(clock.now() + 2 * HOUR)
    )
    one_more = storage.update(login, Throttle.attempts.add(1), Throttle.expires_at.set(expires_at))
    first = storage.put(
        Throttle(login.key, attempts=1, password_version=version, expires_at=expires_at),
        when=Throttle.key.does_not_exist() | (Throttle.password_version != version),
    )
    if stored is not None and stored.password_version == version:
        storage.write(for_network, one_more)
        return
    try:
        storage.write(for_network, first)
    except storage.ConditionFailed:  # somebody else's failure was the first
        storage.write(for_network, one_more)


# Everything else: so many in an hour.


def at_most(limit: int, scope: str, *subjects: str) -> storage.Write:
    """The write that counts one more in this hour; refused with TooManyAttempts past the limit."""
    return storage.update(
        counter(scope, *subjects, window=HOUR),
        Throttle.attempts.add(1),
        Throttle.expires_at.set(clock.now() + 2 * HOUR),
        when=Throttle.attempts.does_not_exist() | (Throttle.attempts < limit),
        otherwise=TooManyAttempts(rest_of(HOUR)),
    )


def mail_to(recipient: str, otherwise: TooManyAttempts | None = None) -> storage.Write:
    """The write that counts a mail which a stranger could ask for, of whatever kind.

    So many in an hour, then one in each interval: nobody's mailbox is flooded (I13). Refused with
    `otherwise`, or with ConditionFailed on its counter.
    """
    now = clock.now()
    rested = Throttle.last_at <= now - _mail_interval()
    return _counted_mail(recipient, rested, Throttle.last_at.set(now), otherwise=otherwise)


def reset_mail_to(recipient: str) -> storage.Write:
    """The same for a reset mail: past the limit, only reset mails make it wait.

    So no other mail that strangers cause can use up what lets an owner back in (I8).
    """
    now = clock.now()
    rested = Throttle.last_reset_at.does_not_exist() | (Throttle.last_reset_at <= now - _mail_interval())
    return _counted_mail(recipient, rested, Throttle.last_at.set(now), Throttle.last_reset_at.set(now))


def mail_asked_for(recipient: str) -> storage.Write:
    """As `mail_to`, for a mail without which the request makes no sense: refused with TooManyAttempts."""
    return mail_to(recipient, otherwise=TooManyAttempts(_mail_interval()))


def _counted_mail(
    recipient: str, rested: Condition, *moments: Action, otherwise: TooManyAttempts | None = None
) -> storage.Write:
    from chalicelib.notifications import addresses  # not needed for a log-in

    within_the_limit = Throttle.attempts.does_not_exist() | (
        Throttle.attempts < settings().mails_per_recipient_per_hour
    )
    return storage.update(
        counter("mail", addresses.fold(recipient), window=HOUR),
        Throttle.attempts.add(1),
        *moments,
        Throttle.expires_at.set(clock.now() + 2 * HOUR),
        when=within_the_limit | rested,
        otherwise=otherwise,
    )


def _mail_interval() -> timedelta:
    return timedelta(minutes=settings().mail_interval_minutes)


def _counted(attempt: Throttle, *, when: Condition, kept: timedelta) -> Throttle:
    now = clock.now()
    counted: Throttle = storage.write_one(
        storage.update(
            attempt,
            Throttle.attempts.add(1),
            Throttle.last_at.set(now),
            Throttle.expires_at.set(now + 2 * kept),
            when=when,
        ),
        returning="ALL_NEW",
    )
    return counted


def rest_of(length: timedelta) -> timedelta:
    """How much of the current window of this length is left."""
    end = datetime.fromtimestamp(window_start(length), clock.now().tzinfo) + length
    return end - clock.now()
