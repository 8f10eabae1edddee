"""What the operator does to an account: block it for want of funds (R19), lock it for fraud, help its owner.

Each act may be repeated without harm, and refuses with WrongStatus what the account's status does not
allow; all raise AccountNotFound.
"""

from chalicelib import clock, storage
from chalicelib.accounts.attempts import existing, write_about
from chalicelib.accounts.models import MAY_LOG_IN, Account, Status
from chalicelib.errors import WrongStatus
from chalicelib.notifications import outbox
from chalicelib.notifications.kinds import Kind


def block_account(account_id: str) -> Account:
    """Block an active account's services, and mail so; its owner can still log in and top up."""

    def writes(account: Account) -> list[storage.Write]:
        if account.status == Status.BLOCKED:
            return []
        mail = outbox.message(Kind.SERVICES_BLOCKED, account_id=account.account_id, language=account.language)
        return [_becomes(account, Status.BLOCKED, only_from=(Status.ACTIVE,)), storage.put(mail)]

    write_about(account_id, writes)
    return existing(account_id)


def unblock_account(account_id: str) -> Account:
    """Give a blocked account its services back."""

    def writes(account: Account) -> list[storage.Write]:
        if account.status == Status.ACTIVE:
            return []
        return [_becomes(account, Status.ACTIVE, only_from=(Status.BLOCKED,))]

    write_about(account_id, writes)
    return existing(account_id)


def lock_account(account_id: str) -> Account:
    """Let nobody in any more, by any way, and end every session."""

    def writes(account: Account) -> list[storage.Write]:
        if account.status == Status.LOCKED:
            return []
        return [
            storage.update(
                account,
                Account.status.set(Status.LOCKED),
                Account.status_before_lock.set(account.status),
                Account.sessions.set({}),
                when=Account.status == account.status,
            )
        ]

    write_about(account_id, writes)
    return existing(account_id)


def unlock_account(account_id: str) -> Account:
    """Let the owner in again; the account is what it was before it was locked."""

    def writes(account: Account) -> list[storage.Write]:
        if account.status != Status.LOCKED:
            return []
        return [
            storage.update(
                account,
                Account.status.set(account.status_before_lock),
                Account.status_before_lock.remove(),
                when=Account.status == Status.LOCKED,
            )
        ]

    write_about(account_id, writes)
    return existing(account_id)


def end_sessions(account_id: str) -> Account:
    """Log the customer out everywhere."""
    write_about(
        account_id,
        lambda account: [
            storage.update(account, Account.sessions.set({}), when=Account.status == account.status)
        ],
    )
    return existing(account_id)


def send_reset(account_id: str) -> None:
    """Mail the account's current address a link to set a new password."""

    def writes(account: Account) -> list[storage.Write]:
        if account.status not in MAY_LOG_IN:
            raise WrongStatus
        mail = outbox.message(
            Kind.PASSWORD_RESET,
            account_id=account.account_id,
            recipient=account.email,
            language=account.language,
            parameters={
                "account_ids": [account.account_id],
                "network": None,
                "requested_at": clock.now().isoformat(timespec="seconds"),
            },
        )
        return [storage.put(mail)]

    write_about(account_id, writes)


def _becomes(account: Account, status: Status, *, only_from: tuple[Status, ...]) -> storage.Write:
    if account.status not in only_from:
        raise WrongStatus
    return storage.update(account, Account.status.set(status), when=Account.status == account.status)
