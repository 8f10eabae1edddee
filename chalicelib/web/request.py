"""The request being answered: what was sent, and who called."""

import ipaddress
import re
from contextvars import ContextVar
from operator import itemgetter
from urllib.parse import parse_qs, unquote

from chalice.app import Request

from chalicelib.errors import BodyTooLarge, MalformedBody, NotAllowed
from chalicelib.settings import settings

MAX_BODY_BYTES = 16 * 1024

# An attacker easily has many addresses in one network, and few networks.
_IPV4_NETWORK_BITS = 24
_IPV6_NETWORK_BITS = 48

# More than any form of the panel has.
_MOST_FORM_FIELDS = 12

# One choice of Accept-Language that could be ours (RFC 9110, section 12.5.4): a language, with or
# without its region, and how much it is wanted.
_LANGUAGE_CHOICE = re.compile(
    r"(?P<language>pl|en)(-[a-z0-9-]*)?(\s*;\s*q=(?P<quality>[01](\.[0-9]{0,3})?))?", re.IGNORECASE
)

_request: ContextVar[Request] = ContextVar("request")


def remember(request: Request) -> None:
    """Make this the request that all of this module is about."""
    _request.set(request)


def method() -> str:
    """GET, POST and so on."""
    return str(_request.get().method)


def route() -> str:
    """The path as its route is declared: `/data`, `/v1/sessions/{session_id}`."""
    return str(_request.get().path)


def path() -> str:
    """The path as the caller asked for it, with the stage's name where the API has no domain of its own."""
    return str(_request.get().context.get("path", route()))


def path_parameter(name: str) -> str:
    """What the path has in the place of `{name}` in its route, percent-decoded."""
    return unquote(str((_request.get().uri_params or {}).get(name, "")))


def header(name: str) -> str:
    """A header, empty if it was not sent."""
    return str(_request.get().headers.get(name, ""))


def query(name: str) -> str | None:
    """A parameter of the address, None if it has none."""
    parameters = _request.get().query_params
    value = None if parameters is None else parameters.get(name)
    return None if value is None else str(value)


def request_id() -> str:
    """What API Gateway calls this request."""
    return str(_request.get().context["requestId"])


def reference() -> str:
    """The name under which a failure to answer this request is in the log."""
    return f"urn:klucznik:request:{request_id()}"


def body(most_bytes: int = MAX_BODY_BYTES) -> str | bytes:
    """The request's body. Raises MalformedBody and BodyTooLarge."""
    try:
        sent: str | bytes = _request.get().raw_body
    except ValueError:  # not the base64 it is said to be
        raise MalformedBody from None
    if len(sent) > most_bytes:
        raise BodyTooLarge
    return sent


def form_fields(most_bytes: int = MAX_BODY_BYTES) -> dict[str, str]:
    """The fields of a form, each once, as a browser sends them. Raises MalformedBody and BodyTooLarge."""
    sent = body(most_bytes)
    text = sent if isinstance(sent, str) else sent.decode(errors="replace")
    try:
        fields = parse_qs(text, keep_blank_values=True, max_num_fields=_MOST_FORM_FIELDS)
    except ValueError:  # too many
        raise MalformedBody from None
    return {name: values[0] for name, values in fields.items()}


def caller_network() -> str:
    """The network the request came from, as API Gateway saw it: /24 for IPv4, /48 for IPv6.

    An IPv4 address written as IPv6 (::ffff:192.0.2.1) counts as what it is. Never from
    X-Forwarded-For, which the caller writes.
    """
    address = ipaddress.ip_address(_request.get().context["identity"]["sourceIp"])
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    bits = _IPV4_NETWORK_BITS if address.version == 4 else _IPV6_NETWORK_BITS  # noqa: PLR2004 - IPv4
    return str(ipaddress.ip_network((address, bits), strict=False))


def caller_arn() -> str:
    """Whom IAM has let in: a user's or an assumed role's ARN. Raises NotAllowed."""
    arn = _request.get().context["identity"].get("userArn")
    if not arn:  # a route that lacks its authorizer must not let everybody in
        raise NotAllowed
    return str(arn)


def caller_user_agent() -> str:
    """What the browser calls itself."""
    return header("user-agent")


def caller_language() -> str:
    """The language that Accept-Language wants most of those we speak, or the operator's default."""
    choices = map(str.strip, header("accept-language").split(","))
    ours = filter(None, map(_LANGUAGE_CHOICE.fullmatch, choices))
    wanted = [(float(each["quality"] or 1), each["language"].lower()) for each in ours]
    quality, language = max(wanted, key=itemgetter(0), default=(0.0, ""))
    return language if quality > 0 else settings().default_language
