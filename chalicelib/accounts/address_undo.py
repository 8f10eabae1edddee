"""Taking a change of address back, by the link mailed to the old address (I5)."""

from collections.abc import Iterator

from chalicelib import clock, storage
from chalicelib.accounts import passwords, rules, tokens
from chalicelib.accounts.address_change import in_force, replaced_rows
from chalicelib.accounts.attempts import write_about
from chalicelib.accounts.models import MAY_LOG_IN, Account, Credential, Token, may_log_in, same
from chalicelib.accounts.tokens import Purpose
from chalicelib.errors import AccountNotFound, LinkExpired
from chalicelib.notifications import outbox
from chalicelib.notifications.kinds import Kind


def undo_change(secret: str, *, network: str) -> None:
    """Take a change of address back, made or only asked for, by the link mailed to the old address.

    The old address is in force again, every session ends, the password is void (whoever asked for the
    change knew it), and the address gets a link to set a new one. Raises LinkExpired when the link is
    unknown, used, past its time, or a reset or a later confirmed change ended it (I5).
    """
    token = tokens.find(secret, Purpose.UNDO_EMAIL)

    def writes(account: Account) -> list[storage.Write]:
        was_made = token.change == account.confirmed_change
        if account.status not in MAY_LOG_IN or not (was_made or token.change == account.pending_change):
            raise LinkExpired
        rows = replaced_rows(account, token.email) if was_made else ()
        return [*_undone(account, token), *rows, _asks_for_password(account, token, network)]

    try:
        write_about(token.account_id, writes)
    except AccountNotFound:
        raise LinkExpired from None


def _undone(account: Account, token: Token) -> Iterator[storage.Write]:
    version = account.password_version
    yield tokens.used_up(token)
    yield storage.update(
        account,
        *in_force(token.email),
        Account.confirmed_change.remove(),
        Account.password_version.set(version + 1),
        Account.password_changed_at.set(clock.now()),
        Account.failures_forgiven.set(0),
        Account.sessions.set({}),
        when=may_log_in()
        & (Account.password_version == version)
        & same(Account.pending_change, account.pending_change)
        & same(Account.confirmed_change, account.confirmed_change),
    )
    yield storage.update(
        Credential(rules.login_key(account.login)),
        Credential.password_hash.set(passwords.UNUSABLE),
        Credential.password_version.set(version + 1),
        when=(Credential.account_id == account.account_id) & (Credential.password_version == version),
    )


def _asks_for_password(account: Account, token: Token, network: str) -> storage.Write:
    return storage.put(
        outbox.message(
            Kind.PASSWORD_RESET,
            account_id=account.account_id,
            recipient=token.email,
            language=account.language,
            parameters={
                "account_ids": [account.account_id],
                "network": network,
                "requested_at": clock.now().isoformat(timespec="seconds"),
            },
        )
    )
