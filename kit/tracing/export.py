"""Sends spans to a collector, from a thread of its own: nothing that goes wrong there is felt by a request."""

import asyncio
import http.client
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import structlog

from kit.tracing import protobuf
from kit.tracing.spans import Span

log = structlog.get_logger("tracing")

QUEUE = 4096
"""Spans that wait; what comes while there are so many is dropped, and counted."""
BATCH = 512
EVERY_SECONDS = 5
"""How long a few spans wait for more."""
TIMEOUT_SECONDS = 10
TRIES = 3
PAUSE_SECONDS = 1.0
"""Before the second try; twice as long before the third."""
FLUSH_SECONDS = 5
"""What is left at the end may take so long."""
_TELL_SECONDS = 60
_AGAIN = frozenset({408, 429, 502, 503, 504})
_MOST_ANSWER = 65_536


class NotTakenError(Exception):
    """Sending the same once more would be no use."""


@dataclass(frozen=True, slots=True)
class Collector:
    """`url` is that of the traces. The headers are sent with each request, and may be secret."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class Exporter:
    def __init__(self, collector: Collector, resource: bytes) -> None:
        url = urlsplit(collector.url)
        assert url.hostname
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(url.hostname, url.port, timeout=TIMEOUT_SECONDS)
        self._path = url.path or "/"
        self._headers = {"User-Agent": "kit.tracing", **collector.headers, "Content-Type": "application/x-protobuf"}
        self._resource = resource
        self._queue: deque[bytes] = deque()
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._last_moment = float("inf")
        self._thread = threading.Thread(target=self._run, name="traces", daemon=True)
        self._dropped, self._reason = 0, ""
        self._told = -float(_TELL_SECONDS)

    def put(self, span: Span) -> None:
        waiting = len(self._queue)
        if waiting >= QUEUE:
            self._dropped, self._reason = self._dropped + 1, "too many at once"
            return
        # At once, and not by the thread: of so many objects that wait the garbage collector would have more to do.
        self._queue.append(protobuf.span(span))
        if waiting + 1 == BATCH:
            self._wake.set()

    def start(self) -> None:
        self._thread.start()

    async def stop(self) -> None:
        """What waits is sent, if that takes no longer than it may; the thread keeps nobody from ending."""
        self._last_moment = time.monotonic() + FLUSH_SECONDS
        self._stopping.set()
        self._wake.set()
        await asyncio.to_thread(self._thread.join, FLUSH_SECONDS + 1)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(EVERY_SECONDS)
            self._wake.clear()
            self._drain()
        self._drain()
        self._connection.close()

    def _drain(self) -> None:
        while self._queue and time.monotonic() < self._last_moment:
            batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
            self._deliver(protobuf.request(self._resource, batch), len(batch))
            self._tell()

    def _deliver(self, body: bytes, spans: int) -> None:
        for attempt in range(TRIES):
            if attempt and self._stopping.wait(PAUSE_SECONDS * attempt):
                break
            try:
                self._post(body)
            except NotTakenError as error:
                self._reason = str(error)
                break
            except Exception as error:  # noqa: BLE001  whatever it was, spans are no reason to end the thread
                self._reason = repr(error)
                self._connection.close()
            else:
                return
        self._dropped += spans

    def _post(self, body: bytes) -> None:
        left = self._last_moment - time.monotonic()
        self._connection.timeout = seconds = max(0.1, min(TIMEOUT_SECONDS, left))
        if self._connection.sock:
            self._connection.sock.settimeout(seconds)
        self._connection.request("POST", self._path, body, self._headers)
        answer = self._connection.getresponse()
        answer.read(_MOST_ANSWER)
        if answer.status in _AGAIN:
            raise ConnectionError(f"answered {answer.status}")
        if not 200 <= answer.status < 300:
            self._connection.close()
            raise NotTakenError(f"answered {answer.status}")

    def _tell(self) -> None:
        now = time.monotonic()
        if self._dropped and now - self._told >= _TELL_SECONDS:
            self._told = now
            dropped, self._dropped = self._dropped, 0
            log.warning("traces not exported", reason=self._reason, spans=dropped)
