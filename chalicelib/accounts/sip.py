"""SIP accounts (R14): the number and password of a customer's device, which nothing of the panel's opens.

The password itself is made when it is mailed (sip_mail.py); here and in the table are only digests of
it, by which a registrar checks what a device answers.
"""

import hashlib
import random
import secrets
from dataclasses import dataclass
from datetime import timedelta

from chalicelib import clock, storage
from chalicelib.accounts import throttle
from chalicelib.accounts.models import Account, SipAccount, Status, is_live
from chalicelib.accounts.reauthentication import checked_credential
from chalicelib.accounts.sessions import Session
from chalicelib.errors import (
    AddressUnreachable,
    NoNumberFree,
    NotLoggedIn,
    NotVerified,
    NumberNotFound,
)
from chalicelib.notifications import outbox
from chalicelib.notifications.kinds import Kind
from chalicelib.notifications.models import OutboxMessage
from chalicelib.settings import settings

# Whoever hears a device register can guess at its digest offline for ever: 100 bits, five in each
# character, are out of reach. One case and nothing that looks like something else, because it is typed
# on a telephone's keys; without capitals it could not be a panel password either (R2).
_PASSWORD_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # noqa: S105 - an alphabet, not a password
_PASSWORD_CHARACTERS = 20

# How many numbers are looked at in one call, which takes no more, and how often they are drawn from a
# range that is nearly full.
_CANDIDATES = 100
_DRAWS = 10

_NUMBER_MAX_CHARACTERS = 15


@dataclass(frozen=True)
class SipRegistration:
    """What a registrar needs to know about a number.

    The digests are of number, realm and password (HA1 of RFC 7616; RFC 8760 brought SHA-256 to SIP), and
    None until a password was mailed. `allowed` is whether the device may register now.
    """

    realm: str
    ha1_md5: str | None
    ha1_sha256: str | None
    allowed: bool


def registration_of(number: str) -> SipRegistration:
    """What a registrar needs to know about a number, as of now; two calls.

    The account's status alone decides who is allowed: blocked customers keep number and password.
    Raises NumberNotFound.
    """
    if not number or len(number) > _NUMBER_MAX_CHARACTERS:
        raise NumberNotFound
    row = storage.get(SipAccount, number)
    if row is None or _is_over(row):
        raise NumberNotFound
    account = storage.get(Account, row.account_id)
    allowed = is_live(account) and account.status == Status.ACTIVE and account.sip_number == number
    return SipRegistration(row.realm or settings().sip_realm, row.ha1_md5, row.ha1_sha256, allowed)


def replace_password(session: Session, current_password: str, network: str) -> None:
    """Have a new SIP password mailed; the old one works until that mail is on its way. Four calls.

    Asked for twice, only the password of the newer mail will work. Raises NotVerified while there is no
    SIP account, WrongPassword, AddressUnreachable (the old password would end and the new one not arrive)
    and TooManyAttempts.
    """
    account = session.account
    number = account.sip_number
    if number is None or account.status == Status.REGISTERED:
        raise NotVerified
    if account.address_unreachable is not None:
        raise AddressUnreachable
    credential = checked_credential(session, current_password)
    message = credentials_message(account, number, network=network)
    entry = Account.sessions[session.session_id]
    still_the_customer = (
        Account.status.is_in(Status.ACTIVE, Status.BLOCKED)
        & entry.exists()
        & (Account.password_version == credential.password_version)
    )
    storage.write(
        storage.check(account, when=still_the_customer, otherwise=NotLoggedIn()),
        throttle.mail_asked_for(account.email),
        storage.update(
            SipAccount(number),
            SipAccount.awaited_message.set(message.message_id),
            when=SipAccount.account_id == account.account_id,
            otherwise=NotVerified(),
        ),
        storage.put(message),
    )


def credentials_message(account: Account, number: str, *, network: str | None) -> OutboxMessage:
    """The message that is to bring number and password; `network` is where it was asked for in the panel."""
    return outbox.message(
        Kind.SIP_CREDENTIALS,
        account_id=account.account_id,
        language=account.language,
        parameters={"sip_number": number, "network": network},
    )


def free_number() -> str:
    """A number of the operator's range, chosen at random, that nobody has at this moment; one call.

    Several calls when the range is nearly full. No counter and no list: nothing that all verifications
    would wait for. Raises NoNumberFree when all are taken, or so many that none was drawn.
    """
    numbers = settings().sip_numbers
    for _ in range(_DRAWS):
        drawn = random.sample(numbers, min(_CANDIDATES, len(numbers)))
        candidates = [SipAccount(str(number)) for number in drawn]
        for candidate, stored in zip(candidates, storage.get_many(*candidates), strict=True):
            if stored is None or _is_over(stored):
                return str(candidate.sip_number)
        if len(drawn) == len(numbers):
            break
    raise NoNumberFree


def assigned(
    number: str, account_id: str, awaited_message: str, otherwise: NoNumberFree | None = None
) -> storage.Write:
    """The write that gives a number to an account, to which that message will bring the password.

    Refused with ConditionFailed, or with `otherwise`, when somebody else has the number.
    """
    own = SipAccount.account_id == account_id
    free = SipAccount.account_id.does_not_exist() | (SipAccount.expires_at <= clock.now())
    return storage.update(
        SipAccount(number),
        SipAccount.account_id.set(account_id),
        SipAccount.awaited_message.set(awaited_message),
        SipAccount.expires_at.remove(),
        when=own | free,
        otherwise=otherwise,
    )


def in_force(row: SipAccount, password: str) -> storage.Write:
    """The write that puts a password in the place of the one before it.

    Refused with ConditionFailed when another message is awaited by now than the row as read says.
    """
    number, realm = str(row.sip_number), settings().sip_realm
    return storage.update(
        SipAccount(number),
        SipAccount.realm.set(realm),
        SipAccount.ha1_md5.set(ha1_md5(number, realm, password)),
        SipAccount.ha1_sha256.set(ha1_sha256(number, realm, password)),
        SipAccount.awaited_message.remove(),
        when=(SipAccount.account_id == row.account_id) & (SipAccount.awaited_message == row.awaited_message),
    )


def ended(number: str) -> storage.Write:
    """The write that ends a deleted customer's SIP account and keeps its number from others for a while.

    Refused with ConditionFailed when there is no such SIP account.
    """
    return storage.update(
        SipAccount(number),
        SipAccount.realm.remove(),
        SipAccount.ha1_md5.remove(),
        SipAccount.ha1_sha256.remove(),
        SipAccount.awaited_message.remove(),
        SipAccount.expires_at.set(clock.now() + timedelta(days=settings().login_reserved_days)),
        when=SipAccount.account_id.exists(),
    )


def new_password() -> str:
    """A random SIP password, fit to be typed on a telephone."""
    return "".join(secrets.choice(_PASSWORD_ALPHABET) for _ in range(_PASSWORD_CHARACTERS))


def ha1_md5(number: str, realm: str, password: str) -> str:
    """HA1 for devices that know nothing newer, which are most."""
    return hashlib.md5(_a1(number, realm, password), usedforsecurity=False).hexdigest()


def ha1_sha256(number: str, realm: str, password: str) -> str:
    """HA1 for devices that know RFC 8760."""
    return hashlib.sha256(_a1(number, realm, password)).hexdigest()


def _a1(number: str, realm: str, password: str) -> bytes:
    return f"{number}:{realm}:{password}".encode()


def _is_over(row: SipAccount) -> bool:
    """Whether the number of a deleted customer is anybody's again; the table deletes late."""
    return row.expires_at is not None and row.expires_at <= clock.now()
