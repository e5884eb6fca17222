"""A connection as it comes in: what uvicorn's own reader of HTTP/1.1 neither limits nor refuses.

| what | answer |
| --- | --- |
| nothing for `head_seconds` after connecting | closed |
| a head that is not whole after `head_seconds`, a body after `body_seconds` | 408 |
| a request line's target above `url_bytes` | 414 |
| header fields above `header_bytes`, or more than `headers` of them | 431 |
| what is not HTTP/1.1, no single valid Host, framing that can be read in two ways | 400 |
| more than `connections` at once, none of them idle | 503 |

What was asked before on the same connection is answered first; then it is closed without a word.
"""

import logging
from asyncio import BaseTransport, TimerHandle, Transport
from collections.abc import Mapping
from typing import Any, Final, cast

import structlog
from prometheus_client import Counter
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from kit.cycle import Cycle
from kit.errors import HeadersTooLargeError, RequestTimeoutError, ServiceError, UnavailableError, invalid
from kit.header_fields import fields
from kit.heads import ReadLimits, check_head, check_sizes, check_unchanged, refusal_bytes, told
from kit.idle import Idle, longest_idle
from kit.responses import Telling, error_response
from kit.unread import Behind

log = structlog.get_logger("access")
_errors = logging.getLogger("uvicorn.error.connection")
_errors.setLevel(logging.ERROR)  # a warning for each refusal says less than our own line

REFUSED = Counter("http_connections_refused", "Connections ended before there was a request, by status.", ["status"])

LATE: Final = "body_late"
"""In the scope of a request whose body is not whole in time."""

_PIPELINED = 16
"""Requests that may wait on a connection for the answer to the one before them."""
_FRAMING = 16
"""Bytes on the wire for each byte of a body in chunks, beyond what is allowed for a head: chunks of one byte take 6."""
_SOCKET_LINE = 8000
"""Bytes of a header field of a WebSocket's handshake, which another parser reads after this one."""
LAST_SECONDS = 5
"""That a peer has for the last of what was sent to it, when the server stops."""


class Refusal(Exception):  # noqa: N818  no error of ours: it makes the parser stop
    """Raised inside the parser."""


class Connection(HttpToolsProtocol):
    """A deadline runs only while something is missing: a request that comes in one piece costs none."""

    def __init__(self, *given: Any, limits: ReadLimits, telling: Mapping[str, Telling], **named: Any) -> None:
        super().__init__(*given, **named)
        self.telling = telling
        self.limits = limits
        self.url = b""
        self.logger = _errors
        self._whole: Any = None
        """Scope of the last message that was read to its end."""
        self._headed = False
        """Of the message that is not."""
        self._host: bytes | None = None
        self._came = 0
        """Bytes since there was nothing that had begun."""
        self._raw = 0
        self._decoded = 0
        self._deadline: TimerHandle | None = None
        self._running: RequestResponseCycle | None = None
        self._refusal: ServiceError | None = None
        self._over = False
        """Nothing is read any more."""
        self._behind = Behind(self.loop)

    @property
    def _answering(self) -> bool:
        return self._running is not None and not self._running.response_complete

    # The connection

    def connection_made(self, transport: BaseTransport) -> None:
        made = cast("Transport", transport)
        self._idle = Idle(self.loop, self.timeout_keep_alive, made.abort)  # what is unread after so long stays unread
        super().connection_made(made)
        if len(self.connections) > self.limits.connections and not self._made_room():
            many = f"There are {self.limits.connections} connections, as many as may be."
            self._refuse(UnavailableError(many, headers={"Retry-After": "1"}))
        else:
            self._expect(self.limits.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect(None)
        self._behind.end()
        self._idle.stop()
        waiting = [cycle for cycle, _ in self.pipeline]
        for cycle in [self._running, *waiting] if self._running else waiting:
            if not cycle.response_complete:
                cycle.disconnected = True
            cycle.message_event.set()
        self.pipeline.clear()
        super().connection_lost(exc)
        # What refers to each other waits for the collector, which seldom comes.
        self.cycle = self._running = None  # type: ignore[assignment]  # as it begins, with uvicorn

    def _made_room(self) -> bool:
        """A connection that waits for its next request may be closed at any time; the one that waits longest is."""
        longest = longest_idle(each._idle for each in self.connections if isinstance(each, Connection))  # noqa: SLF001
        if longest:
            longest.ended()
        return longest is not None

    def shutdown(self) -> None:
        super().shutdown()
        if self.transport.is_closing():
            self.loop.call_later(LAST_SECONDS, self.transport.abort)

    def _unset_keepalive_if_required(self) -> None:
        self._idle.since = None

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self.flow.read_paused:
            self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self._idle.begin()

    # What comes in

    @property
    def _begun(self) -> bool:
        """Of the newest message some is there, and not all of it."""
        return self.scope is not self._whole

    def data_received(self, data: bytes) -> None:
        if self._over:
            return
        before = self._whole
        self._came = len(data) if self.scope is before else self._came + len(data)
        super().data_received(data)
        whole = self._whole
        if self.scope is not whole:
            if whole is before:
                self._raw += len(data)
                self._check_raw()
            if self._deadline is None and not self._over:
                self._expect(self.limits.body_seconds if self._headed else self.limits.head_seconds)
        elif whole is before and self._deadline is None and self._idle.since is None and not self._answering:
            self._expect(self.limits.head_seconds)  # line ends alone are no request

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self._headed = True
        if self._deadline is not None:
            self._expect(None)
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]  # the same, to be written to
        scope["http_version"] = self.parser.get_http_version()
        try:
            self._host = check_head(scope, self.url, self._host, self.limits, self._came)
        except ServiceError as error:
            self._stop(error)
        if len(self.pipeline) >= _PIPELINED:
            self._stop(UnavailableError(f"At most {_PIPELINED} requests may wait on a connection."))
        self.expect_100_continue = fields(scope).get(b"expect", b"").lower() == b"100-continue"
        if not self.parser.should_upgrade():
            self._begin(scope)
            self.headers = []  # for trailers: what nobody checked must not become a header
            return
        self._check_upgrade()
        super().on_headers_complete()
        if not self._should_upgrade():
            self.cycle.keep_alive = False  # the parser cannot tell what comes after it

    def _begin(self, scope: dict[str, Any]) -> None:
        """As uvicorn does, without what we have no setting for."""
        told(scope, self.url, self.parser)
        before: RequestResponseCycle | None = self.cycle
        self.cycle = Cycle(self, keep_alive=scope["http_version"] != "1.0" and self.parser.should_keep_alive())
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def _check_upgrade(self) -> None:
        if self._should_upgrade():
            method, version = self.parser.get_method(), self.parser.get_http_version()
            if method != b"GET" or version != "1.1" or self._answering:
                self._stop(invalid("Upgrade", "to WebSocket is for a GET of HTTP/1.1 alone on its connection"))
            if any(len(name) + len(value) > _SOCKET_LINE for name, value in self.headers):
                self._stop(HeadersTooLargeError(f"A header field of an upgrade may have at most {_SOCKET_LINE} bytes."))
        else:
            try:
                check_unchanged(self.headers, self.parser)
            except ServiceError as error:
                self._stop(error)

    def on_body(self, body: bytes) -> None:
        self._decoded += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._whole = self.scope
        self._headed = False
        self._raw = self._decoded = 0
        if self._deadline is not None:
            self._expect(None)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    # Limits

    def _check_raw(self) -> None:
        """Of a message that is not whole yet."""
        limits = self.limits
        try:
            if not self._headed:
                check_sizes(self.url, self.headers, self._raw - len(self.url), limits)
            elif self._raw > limits.url_bytes + limits.header_bytes + _FRAMING * (1024 + self._decoded):
                raise invalid("Transfer-Encoding", "has more around the chunks than in them")
        except ServiceError as error:
            self._refuse(error)

    def _expect(self, seconds: float | None) -> None:
        """More within so many seconds, or nothing in particular."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if seconds is not None:
            self._deadline = self.loop.call_later(seconds, self._late)

    def _late(self) -> None:
        self._deadline = None
        if self._headed and not self.cycle.response_complete:
            cast("dict[str, Any]", self.cycle.scope)[LATE] = self.limits.body_seconds
            self.cycle.keep_alive = False
            self.cycle.message_event.set()
        elif self._begun and not self._headed:
            told = f"The head of the request was not there within {self.limits.head_seconds:g} s."
            self._refuse(RequestTimeoutError(told))
        else:
            self.transport.abort()

    def _stop(self, refusal: ServiceError) -> None:
        """Inside the parser."""
        self._refusal = refusal
        raise Refusal

    # Refusals

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  the answer is ours
        self._refuse()

    def _refuse(self, error: ServiceError | None = None) -> None:
        """Without one, for what made the parser stop."""
        error = error or self._refusal or invalid("request", "is not HTTP/1.1")
        self._over = True
        self._expect(None)
        REFUSED.labels(str(error.status)).inc()
        log.info("refused", status=error.status, reason=error.message)
        running = self._running
        if running is None or running.response_complete:
            self._tell(error)
            self.transport.close()
        elif running is self.cycle and running.more_body:
            # It is this request's body that is wrong, and its application waits for it.
            if not running.response_started:
                self._tell(error)
            self.transport.close()
        else:
            running.keep_alive = False

    def _tell(self, error: ServiceError) -> None:
        path = self.url.partition(b"?")[0].decode("latin-1")
        self.transport.write(refusal_bytes(error, self.telling.get(path, error_response)))

    # What goes out

    def pause_writing(self) -> None:
        super().pause_writing()
        self._behind.begin(self.transport)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._behind.end()
