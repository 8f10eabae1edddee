"""The operator's routes for the OpenAPI document."""

from typing import Any

from chalicelib.web import import_schemas
from chalicelib.web import operator_schemas as schemas
from chalicelib.web.operation import Operation, parameter

_ACCOUNT_ID = parameter("account_id", "path", {"type": "string"}, "The account's id, as `find` gives it.")
_MESSAGE_ID = parameter("message_id", "path", {"type": "string"}, "The message's id, as the lists give it.")
_NUMBER = parameter("number", "path", {"type": "string"}, "The SIP account number.")


def _act(path: str, name: str, summary: str, *refusals: str, **different: Any) -> Operation:
    """An act of staff about an account, which answers with what the account is then."""
    described: dict[str, Any] = {
        "body": schemas.ActForm,
        "success": (200, schemas.StaffProfile),
        "parameters": (_ACCOUNT_ID,),
        "refusals": ("not_found", *refusals),
    }
    path = f"/operator/accounts/{{account_id}}/{path}"
    return Operation("post", path, name, summary, staff=True, **described | different)


OPERATOR_OPERATIONS = (
    Operation(
        "post", "/operator/accounts/find", "find_accounts",
        "Find accounts by login, address, SIP number or id, with their log and what waits for them",
        body=schemas.SearchForm,
        staff=True,
        success=(200, schemas.FoundAccounts),
    ),
    _act(
        "send-reset", "send_reset", "Mail the current address a link to set a new password", "wrong_status",
        success=(202, None),
    ),
    _act(
        "allow-address", "allow_address", "Write to an address again that bounced or complained",
        success=(204, None),
    ),
    _act(
        "verify", "verify_account", "Make the account active and mail its SIP credentials",
        "wrong_status", "address_not_confirmed", "no_number_free",
    ),
    _act("block", "block_account", "Block the services for want of funds", "wrong_status"),
    _act("unblock", "unblock_account", "Give a blocked account its services back", "wrong_status"),
    _act("lock", "lock_account", "Let nobody in any more, for fraud"),
    _act("unlock", "unlock_account", "Make a locked account again what it was before"),
    _act("end-sessions", "end_sessions", "Log the customer out everywhere"),
    _act(
        "set-address", "set_address", "Give the account a new address, pending until its link confirms it",
        "invalid_email", "too_many_attempts",
        body=schemas.SetAddressForm,
    ),
    _act(
        "delete", "delete_account_for_customer", "Delete the account",
        body=schemas.DeletionByStaffForm,
        success=(204, None),
    ),
    Operation(
        "post", "/operator/accounts/import", "import_accounts",
        "Bring up to 100 customers of a former system along; what is there stays as it is",
        body=import_schemas.ImportForm,
        staff=True,
        success=(200, import_schemas.ImportResults),
    ),
    Operation(
        "post", "/operator/outbox", "list_waiting", "List the messages that wait, parked ones first",
        body=schemas.BacklogForm,
        staff=True,
        success=(200, schemas.BacklogView),
    ),
    Operation(
        "post", "/operator/outbox/{message_id}/resend", "resend", "Try to send a waiting message again now",
        body=schemas.ResendForm,
        parameters=(_MESSAGE_ID,),
        staff=True,
        success=(202, None),
        refusals=("not_found",),
    ),
    Operation(
        "post", "/operator/sip/{number}", "sip_registration", "What a SIP registrar needs of a number",
        parameters=(_NUMBER,),
        staff=True,
        success=(200, schemas.SipRegistrationView),
        refusals=("not_found",),
    ),
)  # fmt: skip
