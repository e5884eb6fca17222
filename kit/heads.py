"""Heads of requests: how large they may be, which are refused, and how a refusal looks that no application gives."""

import re
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any
from urllib.parse import unquote

from httptools import HttpRequestParser, parse_url
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from kit.call import CORRELATION_ID, begin_call, current_call
from kit.errors import HeadersTooLargeError, ServiceError, UrlTooLongError, invalid
from kit.header_fields import fields
from kit.responses import Telling, error_response

Fields = Sequence[tuple[bytes, bytes]]

_KEPT = 128
"""Bytes of a URL of which the parts are remembered: most are the same few."""
_HOST = re.compile(rb"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._~!$&'()*+,;=%-]{1,255})(:[0-9]{0,5})?")


@dataclass(frozen=True, slots=True)
class ReadLimits:
    head_seconds: float
    body_seconds: float
    url_bytes: int
    header_bytes: int
    headers: int
    connections: int


def check_head(scope: Scope, url: bytes, known: bytes | None, limits: ReadLimits, came: int) -> bytes | None:
    """Its Host, which is not looked at again when it is the one that is known. Raises a ServiceError.

    `came`: bytes of which the head is a part; it is measured only where it may be too large.
    """
    given, sent = fields(scope), scope["headers"]
    size = came if came <= limits.header_bytes else sum(map(len, chain.from_iterable(sent)))
    check_sizes(url, sent, size, limits)
    host = given.get(b"host")
    if host is None:
        if scope["http_version"] != "1.0":
            raise invalid("Host", "must be given once")
    elif len(given) != len(sent) and [name for name, _ in sent].count(b"host") > 1:
        raise invalid("Host", "must be given once")
    elif host != known and not _HOST.fullmatch(host):
        raise invalid("Host", "must be a name or an address, and a port or none")
    if b"transfer-encoding" in given and scope["http_version"] != "1.1":
        raise invalid("Transfer-Encoding", "is of HTTP/1.1")
    return known if host is None else host


def check_unchanged(sent: Fields, parser: HttpRequestParser) -> None:
    """Of an upgrade to what we do not speak: the parser cannot read on. Raises ValidationError."""
    body = any(
        name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0")) for name, value in sent
    )
    if body or parser.get_method() == b"CONNECT":
        raise invalid("Upgrade", "may be to WebSocket only")


def check_sizes(url: bytes, fields: Fields, size: int, limits: ReadLimits) -> None:
    """`size`: bytes of the fields that are there. Raises UrlTooLongError or HeadersTooLargeError."""
    if len(url) > limits.url_bytes:
        raise UrlTooLongError(f"The URL may have at most {limits.url_bytes} bytes.")
    if size > limits.header_bytes:
        raise HeadersTooLargeError(f"The header fields may have at most {limits.header_bytes} bytes.")
    if len(fields) > limits.headers:
        raise HeadersTooLargeError(f"A request may have at most {limits.headers} header fields.")


def told(scope: MutableMapping[str, Any], url: bytes, parser: HttpRequestParser) -> None:
    """What the scope has of a head besides its fields."""
    scope["method"] = parser.get_method().decode("ascii")
    parts = _kept_parts(url) if len(url) <= _KEPT else _parts(url)
    scope["path"], scope["raw_path"], scope["query_string"] = parts


def _parts(url: bytes) -> tuple[str, bytes, bytes]:
    parsed = parse_url(url)
    path = parsed.path
    return unquote(path.decode("ascii")) if b"%" in path else path.decode("ascii"), path, parsed.query or b""


_kept_parts = lru_cache(256)(_parts)


_AS_EVERY_ANSWER = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
"""What no middleware is there to add."""


def refusal_bytes(error: ServiceError, tell: Telling = error_response) -> bytes:
    """An answer to no call in particular."""
    token = current_call.set(begin_call(None, None, 0))
    try:
        response = tell(error)
        correlation_id = current_call.get().correlation_id
    finally:
        current_call.reset(token)
    told = ((CORRELATION_ID.encode(), correlation_id.encode()), (b"connection", b"close"), *_AS_EVERY_ANSWER)
    lines = b"".join(b"%b: %b\r\n" % each for each in {**dict(response.raw_headers), **dict(told)}.items())
    return b"%b%b\r\n%b" % (STATUS_LINE[response.status_code], lines, bytes(response.body))
