"""The post office: stands before the emulator's SES and keeps every mail that it accepted, as it was sent.

Functions reach SES here, by the SDK's own variable AWS_ENDPOINT_URL_SESV2. Signature and body go through
untouched, so the emulator checks identity, configuration set and IAM policy as ever; but where it keeps
subject and bodies only, we keep the whole message, every header included, over restarts.
"""

import json
from http import HTTPStatus

from local.mails import Mails
from local.serving import Answer, Handler, Server, UpstreamDown, pass_on

_SEND_EMAIL = "/v2/email/outbound-emails"


class PostOffice(Server):
    """A proxy to the emulator's SES on any free port."""

    def __init__(self, cloud_port: int, mails: Mails) -> None:
        super().__init__("MAIL_PORT", 0, _Counter)
        self.cloud_port = cloud_port
        self.mails = mails


class _Counter(Handler):
    server: PostOffice

    def _answer(self) -> None:
        body = self.read_body()
        try:
            answer = pass_on(self, body, self.server.cloud_port)
        except UpstreamDown:
            answer = Answer(HTTPStatus.SERVICE_UNAVAILABLE, (), b"{}")
        if self.command == "POST" and self.path == _SEND_EMAIL and answer.status == HTTPStatus.OK:
            self.server.mails.take(json.loads(body), json.loads(answer.body)["MessageId"])
        self.send_answer(answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _answer
