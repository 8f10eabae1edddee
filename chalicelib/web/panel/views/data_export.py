"""Everything held about the customer, as a file (GDPR, articles 15 and 20)."""

import msgspec
from chalice.app import Response

from chalicelib.support.export import export
from chalicelib.web.panel.rendering import download
from chalicelib.web.panel.visit import Visit


def show(visit: Visit) -> Response:
    """The file."""
    facts = msgspec.json.format(msgspec.json.encode(export(visit.session)), indent=2)
    return download(facts.decode(), name="my-data.json", content_type="application/json")
