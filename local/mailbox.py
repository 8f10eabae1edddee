"""The mailbox: every mail of the local cloud on a web page, as its recipient would see it, and as JSON.

GET /                  the list, newest first; /?to=jan@example.com for one address
GET /mail/17           one mail: HTML part, text part, headers
GET /mail/17/html      its HTML part alone, unable to run scripts or to load anything
GET /messages.json     the same for programs; ?to=…, ?after=17 (newer than number 17), ?limit=1
GET /latest-link?to=…  the first link of the newest mail to that address, as plain text
"""

import json
import re
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jinja2
import markupsafe

from local.mails import LINK, Mail, Mails
from local.serving import Answer, Handler, Server

_PAGES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "pages"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_MOST_LISTED = 500
_UNLIMITED = 10**9
_MAIL_PATH = re.compile(r"/mail/(\d{1,9})(/html)?")
_HEAD_TAG = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; frame-src 'self'"
)
# What a careful mail program allows: no scripts, nothing loaded, links open outside the mail.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


class Mailbox(Server):
    """The mailbox's web server."""

    def __init__(self, port: int, mails: Mails) -> None:
        super().__init__("MAIL_PORT", port, _Reader)
        self.mails = mails


class _Reader(Handler):
    server: Mailbox

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        if mail_path := _MAIL_PATH.fullmatch(url.path):
            self.send_answer(_one_mail(self.server.mails, int(mail_path[1]), bare=bool(mail_path[2])))
        else:
            page = _PATHS.get(url.path, _not_found)
            self.send_answer(page(self.server.mails, query))

    do_HEAD = do_GET


def _list(mails: Mails, query: dict[str, str]) -> Answer:
    address = query.get("to", "")
    found = mails.newest_first(to=address)
    return _page("list.html", mails=found[:_MOST_LISTED], older=len(found[_MOST_LISTED:]), address=address)


def _one_mail(mails: Mails, number: int, *, bare: bool) -> Answer:
    mail = mails.find(number)
    if mail is None or (bare and mail.html is None):
        return _not_found(mails, {})
    if bare:
        return _answer("text/html", _opening_links_outside(mail.html or ""), policy=_MAIL_POLICY)
    return _page("mail.html", mail=mail, text=_with_links(mail.text or ""))


def _messages(mails: Mails, query: dict[str, str]) -> Answer:
    after, limit = query.get("after", "0"), query.get("limit", str(_UNLIMITED))
    if not (after.isdecimal() and limit.isdecimal()):
        return _answer("text/plain", "after and limit must be numbers\n", HTTPStatus.BAD_REQUEST)
    found = mails.newest_first(to=query.get("to", ""), after=int(after))[: int(limit)]
    return _answer("application/json", json.dumps([_as_json(mail) for mail in found], ensure_ascii=False))


def _latest_link(mails: Mails, query: dict[str, str]) -> Answer:
    for mail in mails.newest_first(to=query.get("to", "")):
        if mail.links:
            return _answer("text/plain", mail.links[0] + "\n")
    return _answer("text/plain", "no mail with a link\n", HTTPStatus.NOT_FOUND)


def _script(_mails: Mails, _query: dict[str, str]) -> Answer:
    return _answer("text/javascript", (Path(__file__).parent / "pages" / "refresh.js").read_text())


def _not_found(_mails: Mails, _query: dict[str, str]) -> Answer:
    return _answer("text/plain", "There is no such page or mail.\n", HTTPStatus.NOT_FOUND)


_PATHS: dict[str, Callable[[Mails, dict[str, str]], Answer]] = {
    "/": _list,
    "/messages.json": _messages,
    "/latest-link": _latest_link,
    "/refresh.js": _script,
}


def _as_json(mail: Mail) -> dict[str, object]:
    return {
        "id": mail.number,
        "sent_at": mail.sent_at.isoformat(timespec="milliseconds"),
        "from": mail.sender,
        "to": mail.recipients,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "links": mail.links,
        "headers": mail.headers,
        "tags": mail.tags,
        "ses_message_id": mail.ses_message_id,
    }


def _with_links(text: str) -> markupsafe.Markup:
    """The text, escaped, with its links made clickable, as mail programs do."""
    pieces: list[markupsafe.Markup | str] = []
    rest = 0
    for link in LINK.finditer(text):
        pieces += [text[rest : link.start()], _anchor(link[0])]
        rest = link.end()
    return markupsafe.Markup().join([*pieces, text[rest:]])


def _anchor(link: str) -> markupsafe.Markup:
    return markupsafe.Markup('<a href="{0}" target="_blank" rel="noreferrer">{0}</a>').format(link)


def _opening_links_outside(html: str) -> str:
    """The mail's HTML, its links opening a new tab, as webmail makes them."""
    base = '<base target="_blank">'
    if head := _HEAD_TAG.search(html):
        return html[: head.end()] + base + html[head.end() :]
    return base + html


def _page(template: str, **values: object) -> Answer:
    return _answer("text/html", _PAGES.get_template(template).render(values), policy=_PAGE_POLICY)


def _answer(
    content_type: str, body: str, status: HTTPStatus = HTTPStatus.OK, policy: str = "default-src 'none'"
) -> Answer:
    headers = (
        ("Content-Type", f"{content_type}; charset=utf-8"),
        ("Content-Security-Policy", policy),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
    )
    return Answer(status, headers, body.encode())
