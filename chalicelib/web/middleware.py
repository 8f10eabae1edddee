"""The middleware around every request: what Chalice answers by itself, we say in our own words."""

import logging
from collections.abc import Callable, Mapping

from chalice.app import Request, Response

from chalicelib.web import edge, request
from chalicelib.web.panel.routes import is_page

# Chalice refuses some requests before a view sees them, and answers for a view that fails, in a
# format of its own.
_CHALICE_REFUSALS = {405: "method_not_allowed", 415: "unsupported_media_type", 500: "internal_error"}

_logger = logging.getLogger(__name__)


def serve(asked: Request, get_response: Callable[[Request], Response]) -> Response:
    """Remember the request, and make Chalice's refusals pages of the panel or problem documents."""
    request.remember(asked)
    response = get_response(asked)
    code = _CHALICE_REFUSALS.get(response.status_code)
    if code and isinstance(response.body, Mapping) and "Code" in response.body:
        if code == "internal_error":
            _logger.error("%s failed for the reason logged above", request.reference())
        allowed = {name: str(value) for name, value in response.headers.items() if name == "Allow"}
        return _refused(code, allowed)
    return response


def _refused(code: str, headers: Mapping[str, str]) -> Response:
    if is_page():
        from chalicelib.web.panel.frame import error_page

        return error_page(code, headers=headers)
    return edge.problem(code, headers=headers)
