"""Heads of requests: how large they may be, which are refused, and how a refusal looks that no application gives."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from httptools import HttpRequestParser
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from kit.call import CORRELATION_ID, begin_call, current_call
from kit.errors import HeadersTooLargeError, ServiceError, UrlTooLongError, invalid
from kit.responses import Telling, error_response

Fields = Sequence[tuple[bytes, bytes]]

_HOST = re.compile(rb"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._~!$&'()*+,;=%-]{1,255})(:[0-9]{0,5})?")


@dataclass(frozen=True, slots=True)
class ReadLimits:
    head_seconds: float
    body_seconds: float
    url_bytes: int
    header_bytes: int
    headers: int
    connections: int


def check_head(
    url: bytes, fields: Fields, parser: HttpRequestParser, known: bytes | None, limits: ReadLimits
) -> bytes | None:
    """Its Host, which is not looked at again when it is the one that is known. Raises a ServiceError."""
    size, host, hosts, chunked = 0, known, 0, False
    for name, value in fields:
        size += len(name) + len(value)
        if name == b"host":
            host, hosts = value, hosts + 1
        elif name == b"transfer-encoding":
            chunked = True
    check_sizes(url, fields, size, limits)
    if hosts != 1 and (hosts or parser.get_http_version() != "1.0"):
        raise invalid("Host", "must be given once")
    if host is not None and host != known and not _HOST.fullmatch(host):
        raise invalid("Host", "must be a name or an address, and a port or none")
    if chunked and parser.get_http_version() != "1.1":
        raise invalid("Transfer-Encoding", "is of HTTP/1.1")
    return host


def check_sizes(url: bytes, fields: Fields, size: int, limits: ReadLimits) -> None:
    """`size`: bytes of the fields that are there. Raises UrlTooLongError or HeadersTooLargeError."""
    if len(url) > limits.url_bytes:
        raise UrlTooLongError(f"The URL may have at most {limits.url_bytes} bytes.")
    if size > limits.header_bytes:
        raise HeadersTooLargeError(f"The header fields may have at most {limits.header_bytes} bytes.")
    if len(fields) > limits.headers:
        raise HeadersTooLargeError(f"A request may have at most {limits.headers} header fields.")


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
