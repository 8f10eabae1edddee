"""The pages that mailed links lead to.

Opening a link changes nothing (I4): scanners and previews open links, too.
"""

from html import escape

from chalice.app import Blueprint, Response

from chalicelib.settings import settings
from chalicelib.web.edge import endpoint

panel = Blueprint(__name__)

_PAGE = """<!doctype html>
<html lang="pl">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{operator}</title></head>
<body>
<h1>{operator}</h1>
<p>{pl}</p>
<p lang="en">{en}</p>
</body>
</html>
"""


@panel.route("/confirm", methods=["GET"])
@endpoint
def confirmation_page() -> Response:
    """Where the link of a confirmation mail leads."""
    return _page(
        "Ten link potwierdza adres e-mail. Otwarcie strony niczego jeszcze nie zmienia.",
        "This link confirms an e-mail address. Opening the page changes nothing yet.",
    )


@panel.route("/reset", methods=["GET"])
@endpoint
def reset_page() -> Response:
    """Where the link of a reminder leads."""
    return _page(
        "Ten link pozwala ustalić nowe hasło. Otwarcie strony niczego jeszcze nie zmienia.",
        "This link lets you set a new password. Opening the page changes nothing yet.",
    )


def _page(pl: str, en: str) -> Response:
    return Response(
        body=_PAGE.format(operator=escape(settings().operator_name), pl=pl, en=en),
        headers={
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "no-store",
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
            "Referrer-Policy": "strict-origin",
            "X-Content-Type-Options": "nosniff",
        },
    )
