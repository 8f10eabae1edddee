"""The customer's own data: seeing, changing and deleting them."""

import msgspec
from chalice.app import Response

from chalicelib import money
from chalicelib.accounts import address_change, address_undo, deletion, profile, sip
from chalicelib.accounts.models import Account
from chalicelib.balances import preferences, rows
from chalicelib.balances.models import Balance
from chalicelib.web import schemas
from chalicelib.web.api.profile import profile_of
from chalicelib.web.edge import answer, authenticated, authenticated_with, endpoint, no_content, parse
from chalicelib.web.request import caller_language, caller_network

_SIP_PASSWORD_ON_ITS_WAY = {
    "pl": "Wyślemy nowe hasło SIP na Twój adres e-mail; wtedy dotychczasowe przestanie działać. Sprawdź "
    "wszystkie foldery skrzynki, również spam.",
    "en": "We are sending a new SIP password to your e-mail address; then the old one stops working. Please "
    "look in all folders of your mailbox, spam too.",
}


@endpoint
def read_profile() -> Response:
    """See the account."""
    session, balance = authenticated_with(Balance)
    return answer(_profile_with_balance(session.account, balance))


@endpoint
def change_profile() -> Response:
    """Change login, address, password, language, or when a low balance is told."""
    session, row = authenticated_with(Balance)
    form = parse(schemas.ProfileForm)
    choices = preferences.Choices(preferences.threshold(form.low_balance_threshold), form.low_balance_notices)
    balance, writes = preferences.choose(session.account.account_id, row, choices)
    account = profile.change(
        session,
        profile.Changes(form.login, form.email, form.password, form.language),
        current_password=form.current_password,
        network=caller_network(),
        also=writes,
    )
    return answer(_profile_with_balance(account, balance))


@endpoint
def delete_account() -> Response:
    """Delete the account."""
    session = authenticated()
    deletion.delete_own_account(session, current_password=parse(schemas.DeletionForm).current_password)
    return no_content()


@endpoint
def confirm_new_email() -> Response:
    """Put a pending address in force by the link mailed to it."""
    address_change.confirm_new_email(parse(schemas.TokenForm).token, network=caller_network())
    return no_content()


@endpoint
def undo_change_of_email() -> Response:
    """Take a change of address back by the link mailed to the old one."""
    address_undo.undo_change(parse(schemas.TokenForm).token, network=caller_network())
    return no_content()


@endpoint
def replace_sip_password() -> Response:
    """Have a new SIP password mailed."""
    session = authenticated()
    sip.replace_password(session, parse(schemas.SipPasswordForm).current_password, caller_network())
    return answer(schemas.Accepted(_SIP_PASSWORD_ON_ITS_WAY[caller_language()]), 202)


def _profile_with_balance(account: Account, row: Balance | None) -> schemas.ProfileWithBalance:
    told = rows.last_told(row) if row else None
    return schemas.ProfileWithBalance(
        **msgspec.structs.asdict(profile_of(account)),
        balance=money.write(int(row.balance)) if row and row.balance is not None else None,
        balance_as_of=row.as_of if row else None,
        low_balance_threshold=money.write(rows.threshold_of(row)),
        low_balance_notices=bool(row.notices) if row else True,
        last_balance_notice=schemas.BalanceNotice(*told) if told else None,
    )
