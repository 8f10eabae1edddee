"""The addresses of the JSON API and of the operator's staff, and which function answers each.

The functions are imported when they are asked for: neither a log-in nor any other Lambda function pays, in
its cold start, for what only other requests need. What all of them need comes with the middleware.
"""

import importlib
from collections.abc import Callable, Mapping

from chalice.app import Blueprint, IAMAuthorizer, Response

# Method and path → module beside this one, and the function there. Parameters of the path are its arguments.
API: Mapping[str, str] = {
    "POST /v1/accounts": "api.registration:register",
    "POST /v1/accounts/confirm": "api.registration:confirm_email",
    "POST /v1/accounts/confirmation": "api.registration:resend_confirmation",
    "POST /v1/sessions": "api.sessions:open_session",
    "GET /v1/sessions": "api.sessions:list_sessions",
    "DELETE /v1/sessions": "api.sessions:end_all_sessions",
    "DELETE /v1/sessions/{session_id}": "api.sessions:end_session",
    "POST /v1/password-resets": "api.password_resets:request_reset",
    "POST /v1/password-resets/check": "api.password_resets:check_reset",
    "POST /v1/password-resets/complete": "api.password_resets:complete_reset",
    "GET /v1/account": "api.account:read_profile",
    "PATCH /v1/account": "api.account:change_profile",
    "DELETE /v1/account": "api.account:delete_account",
    "POST /v1/account/email/confirm": "api.account:confirm_new_email",
    "POST /v1/account/email/undo": "api.account:undo_change_of_email",
    "POST /v1/account/sip-password": "api.account:replace_sip_password",
    "GET /v1/account/notifications": "api.records:list_notifications",
    "GET /v1/account/balance-history": "api.records:show_balance_history",
    "GET /v1/account/export": "api.records:export_account",
    "POST /v1/tickets": "api.tickets:open_ticket",
    "GET /v1/health": "api.service:health",
    "GET /v1/openapi.json": "api.service:openapi",
    "GET /.well-known/change-password": "api.service:change_password_page",
}
# Which of these somebody may ask is in the policies of the template, by path.
STAFF: Mapping[str, str] = {
    "POST /operator/accounts/find": "operator:find_accounts",
    "POST /operator/accounts/import": "operator:import_accounts",
    "POST /operator/accounts/{account_id}/send-reset": "operator:send_reset",
    "POST /operator/accounts/{account_id}/allow-address": "operator:allow_address",
    "POST /operator/accounts/{account_id}/verify": "operator:verify_account",
    "POST /operator/accounts/{account_id}/block": "operator:block_account",
    "POST /operator/accounts/{account_id}/unblock": "operator:unblock_account",
    "POST /operator/accounts/{account_id}/lock": "operator:lock_account",
    "POST /operator/accounts/{account_id}/unlock": "operator:unlock_account",
    "POST /operator/accounts/{account_id}/end-sessions": "operator:end_sessions",
    "POST /operator/accounts/{account_id}/set-address": "operator:set_address",
    "POST /operator/accounts/{account_id}/delete": "operator:delete_account_for_customer",
    "POST /operator/outbox": "operator:list_waiting",
    "POST /operator/outbox/{message_id}/resend": "operator:resend",
    "POST /operator/sip/{number}": "operator:sip_registration",
}

routes = Blueprint(__name__)


def _answered_by(module: str, name: str) -> Callable[..., Response]:
    def answer(**parameters: str) -> Response:
        view = getattr(importlib.import_module(f"chalicelib.web.{module}"), name)
        response: Response = view(**parameters)
        return response

    answer.__doc__ = f"`{name}` of `web/{module.replace('.', '/')}.py`."
    return answer


def _declare(table: Mapping[str, str], authorizer: IAMAuthorizer | None) -> None:
    for asked, answered in table.items():
        method, path = asked.split()
        module, name = answered.split(":")
        view = _answered_by(module, name)
        routes.route(path, methods=[method], name=name, authorizer=authorizer)(view)


_declare(API, authorizer=None)
_declare(STAFF, authorizer=IAMAuthorizer())
