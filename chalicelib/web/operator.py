"""The operator's routes, for staff and systems whom IAM lets in: parse, one audited act, respond.

`routes` has the addresses.
"""

from typing import Any

from chalice.app import Response

from chalicelib.accounts import (
    address_change,
    deletion,
    lifecycle,
    lookup,
    reachability,
    sip,
    verification,
)
from chalicelib.audit import Act
from chalicelib.errors import AccountNotFound, MalformedBody, MessageNotWaiting
from chalicelib.notifications import backlog
from chalicelib.web import operator_schemas as schemas
from chalicelib.web import operator_views as views
from chalicelib.web.edge import accepted, answer, endpoint, no_content, parse
from chalicelib.web.request import caller_arn, request_id
from chalicelib.web.schemas import FieldProblem

_ID_CHARACTERS = 26


@endpoint
def find_accounts() -> Response:
    """Find accounts by login, address, SIP number or id."""
    form = parse(schemas.SearchForm)
    given = {"login": form.login, "email": form.email, "sip_number": form.sip_number, "id": form.account_id}
    by = [name for name, value in given.items() if value is not None]
    if not by:
        raise MalformedBody
    with _act("find") as act:
        found = lookup.find_accounts(
            login=form.login, address=form.email, sip_number=form.sip_number, account_id=form.account_id
        )
        act.done(by=by, accounts=[each.account.account_id for each in found])
    return answer(schemas.FoundAccounts([views.dossier(each) for each in found]))


@endpoint
def send_reset(account_id: str) -> Response:
    """Mail a link to set a new password."""
    with _act("send-reset", account_id, parse(schemas.ActForm).reason):
        lifecycle.send_reset(account_id)
    return accepted()


@endpoint
def allow_address(account_id: str) -> Response:
    """Write to the account's address again."""
    with _act("allow-address", account_id, parse(schemas.ActForm).reason):
        reachability.allow_address(account_id)
    return no_content()


@endpoint
def verify_account(account_id: str) -> Response:
    """Make the account active and mail its SIP credentials."""
    with _act("verify", account_id, parse(schemas.ActForm).reason):
        account = verification.verify_account(account_id)
    return answer(views.profile(account))


@endpoint
def block_account(account_id: str) -> Response:
    """Block the services for want of funds."""
    with _act("block", account_id, parse(schemas.ActForm).reason):
        account = lifecycle.block_account(account_id)
    return answer(views.profile(account))


@endpoint
def unblock_account(account_id: str) -> Response:
    """Give a blocked account its services back."""
    with _act("unblock", account_id, parse(schemas.ActForm).reason):
        account = lifecycle.unblock_account(account_id)
    return answer(views.profile(account))


@endpoint
def lock_account(account_id: str) -> Response:
    """Let nobody in any more."""
    with _act("lock", account_id, parse(schemas.ActForm).reason):
        account = lifecycle.lock_account(account_id)
    return answer(views.profile(account))


@endpoint
def unlock_account(account_id: str) -> Response:
    """Make a locked account again what it was before."""
    with _act("unlock", account_id, parse(schemas.ActForm).reason):
        account = lifecycle.unlock_account(account_id)
    return answer(views.profile(account))


@endpoint
def end_sessions(account_id: str) -> Response:
    """Log the customer out everywhere."""
    with _act("end-sessions", account_id, parse(schemas.ActForm).reason):
        account = lifecycle.end_sessions(account_id)
    return answer(views.profile(account))


@endpoint
def set_address(account_id: str) -> Response:
    """Give the account a new address, pending until its link confirms it."""
    form = parse(schemas.SetAddressForm)
    with _act("set-address", account_id, form.reason):
        account = address_change.set_address(account_id, form.email)
    return answer(views.profile(account))


@endpoint
def delete_account_for_customer(account_id: str) -> Response:
    """Delete the account."""
    with _act("delete", account_id, parse(schemas.DeletionByStaffForm).reason):
        deletion.delete_account(account_id)
    return no_content()


@endpoint
def import_accounts() -> Response:
    """Bring customers of a former system along."""
    from chalicelib.support import importing
    from chalicelib.web import import_schemas

    form = parse(import_schemas.ImportForm, import_schemas.MOST_BYTES)
    with _act("import", rows=len(form.rows), dry_run=form.dry_run) as act:
        outcomes = importing.import_rows(form.rows, dry_run=form.dry_run)
        imported = [each.account_id for each in outcomes if each.result is importing.Result.IMPORTED]
        act.done(accounts=[] if form.dry_run else imported)
    results = [
        import_schemas.RowResult(
            each.result, each.account_id, each.code, [FieldProblem(*field) for field in each.fields]
        )
        for each in outcomes
    ]
    return answer(import_schemas.ImportResults(results))


@endpoint
def list_waiting() -> Response:
    """List what waits to be sent."""
    form = parse(schemas.BacklogForm)
    with _act("list-outbox"):
        waiting = backlog.waiting(form.limit)
    return answer(schemas.BacklogView([views.waiting(each) for each in waiting.messages], waiting.more))


@endpoint
def resend(message_id: str) -> Response:
    """Try to send a waiting message again now."""
    form = parse(schemas.ResendForm)
    if not _is_id(message_id):
        raise MessageNotWaiting
    with _act("resend", reason=form.reason, message_id=message_id):
        backlog.resend(message_id)
    return accepted()


@endpoint
def sip_registration(number: str) -> Response:
    """Tell a SIP registrar about a number; not audited, since registrars ask all day long."""
    caller_arn()
    known = sip.registration_of(number)
    return answer(schemas.SipRegistrationView(known.realm, known.ha1_md5, known.ha1_sha256, known.allowed))


def _act(what: str, account_id: str | None = None, reason: str | None = None, **facts: Any) -> Act:
    who = caller_arn()
    if account_id is not None and not _is_id(account_id):
        raise AccountNotFound  # what can be no id comes neither into the trail nor to the database
    return Act(who, what, request_id(), account_id, reason, facts)


def _is_id(text: str) -> bool:
    return len(text) == _ID_CHARACTERS and text.isascii() and text.isalnum()
