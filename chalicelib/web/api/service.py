"""What there is to know about the service itself."""

from chalice.app import Response

from chalicelib import VERSION
from chalicelib.settings import settings
from chalicelib.web import schemas
from chalicelib.web.edge import answer, endpoint, redirect


@endpoint
def health() -> Response:
    """Say that the API runs, and which version; asks nothing of AWS."""
    return answer(schemas.Health("ok", VERSION))


@endpoint
def openapi() -> Response:
    """Describe this API (OpenAPI 3.1)."""
    from chalicelib.web.openapi import document

    return answer(document())


@endpoint
def change_password_page() -> Response:
    """Send password managers to the page where a password is changed (W3C well-known URL)."""
    return redirect(f"{settings().panel_url}/data")
