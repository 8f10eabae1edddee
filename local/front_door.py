"""The front door: the deployed API at the root of a loopback port, as a custom domain gives it on AWS."""

import json

from local.serving import Answer, Handler, Server, UpstreamDown, pass_on


class FrontDoor(Server):
    """A reverse proxy to one stage of one API of the local cloud.

    Method, path, query, headers (X-Forwarded-For among them, from which the emulator takes the caller's
    address) and body go through as they are, and so do status, headers and body of the answer.
    """

    def __init__(self, port: int, cloud_port: int) -> None:
        super().__init__("PANEL_PORT", port, _Visitor)
        self.cloud_port = cloud_port
        self.stage_path = ""

    def lead_to(self, api_id: str, stage: str) -> None:
        """From now on, pass requests to this stage."""
        self.stage_path = f"/_aws/execute-api/{api_id}/{stage}"


class _Visitor(Handler):
    server: FrontDoor

    def _answer(self) -> None:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            self.close_connection = True
            self.send_answer(_problem(411, "length_required", "Length Required", "Send a Content-Length."))
            return
        body = self.read_body()
        try:
            self.send_answer(self._passed_on(body))
        except UpstreamDown as error:
            detail = f"The application is not there: {error}. Start the local cloud with: make run"
            self.send_answer(_problem(502, "local_cloud_down", "Bad Gateway", detail))

    def _passed_on(self, body: bytes) -> Answer:
        if not self.server.stage_path:
            raise UpstreamDown("it is still being deployed")
        return pass_on(self, body, self.server.cloud_port, self.server.stage_path)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer


def _problem(status: int, code: str, title: str, detail: str) -> Answer:
    document = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}
    return Answer(
        status,
        (("Content-Type", "application/problem+json"), ("Cache-Control", "no-store")),
        json.dumps(document).encode(),
    )
