"""The mailbox: safe whatever a mail holds, faithful, and lasting."""

import base64
import contextlib
import html
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.client import Api, Letterbox, NoMail
from local.mailbox import Mailbox
from local.mails import Mails
from tests.e2e.stack import Deployed

_SCRIPT = "<script>alert(document.domain)</script>"
_BREAKOUT = "\"'></pre></title><img src=x onerror=alert(1)>"


@pytest.fixture
def mails(tmp_path: Path) -> Mails:
    return Mails(tmp_path)


@pytest.fixture
def mailbox(mails: Mails) -> Iterator[Api]:
    with contextlib.ExitStack() as exits:
        server = exits.enter_context(Mailbox(0, mails))
        exits.enter_context(server.serving())
        yield Api(server.url)


def _take(
    mails: Mails, to: str = "jan@example.com", subject: str = "Temat", text: str = "", page: str = ""
) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Panel <panel@example.com>", to, subject
    message.set_content(text)
    message.add_alternative(page, subtype="html")
    request = {
        "FromEmailAddress": "panel@example.com",
        "Destination": {"ToAddresses": [to]},
        "Content": {"Raw": {"Data": _base64(message)}},
        "EmailTags": [{"Name": "kind", "Value": "password_reset"}],
    }
    mails.take(request, "ses-message-id")


def _base64(message: EmailMessage) -> str:
    return base64.b64encode(message.as_bytes()).decode()


def test_a_hostile_mail_is_only_text_on_our_pages(mails: Mails, mailbox: Api) -> None:
    _take(mails, to='"<b>"@example.com', subject=_SCRIPT + _BREAKOUT, text=_SCRIPT + _BREAKOUT, page=_SCRIPT)
    for path in ("/", "/mail/1", "/?to=" + "%22%3E%3Cb%3E"):
        page = mailbox.get(path).body.decode()
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "<b>" not in page
    assert html.escape(_SCRIPT) in mailbox.get("/mail/1").body.decode()


def test_the_html_of_a_mail_can_run_and_load_nothing(mails: Mails, mailbox: Api) -> None:
    _take(mails, page=f"<html><head></head><body>{_SCRIPT}<p>Dzień dobry</p></body></html>")
    frame = mailbox.get("/mail/1/html")
    policy = frame.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "Dzień dobry" in frame.body.decode()
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in mailbox.get("/mail/1").body.decode()


def test_links_can_be_clicked_in_the_text_and_open_outside_the_html(mails: Mails, mailbox: Api) -> None:
    link = "https://panel.example.com/reset?token=a_b-c&x=1"
    _take(mails, text=f"Link:\n\n{link}\n\nPozdrawiamy", page=f'<head></head><a href="{link}">Dalej</a>')
    assert f'href="{html.escape(link)}"' in mailbox.get("/mail/1").body.decode()
    assert '<head><base target="_blank"></head>' in mailbox.get("/mail/1/html").body.decode()


def test_programs_find_mail_by_address_and_age(mails: Mails, mailbox: Api) -> None:
    _take(mails, to="jan@example.com", text="https://panel.example.com/reset?token=1")
    _take(mails, to="zofia@example.com")
    _take(mails, to="Jan@Example.com", text="https://panel.example.com/reset?token=2")
    letterbox = Letterbox(mailbox.url)
    assert [letter.number for letter in letterbox.letters("jan@example.com")] == [1, 3]
    assert letterbox.wait_for("jan@example.com", after=1).token("/reset") == "2"
    assert mailbox.get("/latest-link?to=jan@example.com").body == b"https://panel.example.com/reset?token=2\n"
    assert mailbox.get("/latest-link?to=zofia@example.com").status == 404
    with pytest.raises(NoMail):
        letterbox.wait_for("zofia@example.com", after=2, seconds=0.1)


@pytest.mark.parametrize(
    "path", ["/mail/2", "/mail/99999999999", "/mail/1/../../etc/passwd", "/pages/list.html"]
)
def test_there_is_nothing_else(path: str, mails: Mails, mailbox: Api) -> None:
    _take(mails)
    assert mailbox.get(path).status == 404


def test_mails_are_kept_and_counted_on(mails: Mails, tmp_path: Path) -> None:
    _take(mails, subject="Zażółć gęślą jaźń", text="Pierwszy")
    again = Mails(tmp_path)
    _take(again, text="Drugi")
    newest, oldest = Mails(tmp_path).newest_first()
    assert (oldest.number, oldest.subject, oldest.text) == (1, "Zażółć gęślą jaźń", "Pierwszy\n")
    assert (newest.number, newest.text) == (2, "Drugi\n")


def test_a_mail_of_the_application_is_there_as_it_was_sent(deployed: Deployed) -> None:
    customer = deployed.customer("halina", language="en")
    (letter,) = deployed.letterbox.letters(customer.email)
    headers = dict(letter.headers)
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Content-Language"] == "en"
    assert letter.tags["kind"] == "confirm_email"
    assert urlsplit(letter.links[0])[:3] == (*urlsplit(deployed.where.panel_url)[:2], "/confirm")
    assert letter.links[0] in letter.html
