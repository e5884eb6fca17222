"""One JSON object per line on standard output, each with the correlation id of the call that it belongs to."""

import json
import logging
import sys
import time
from contextlib import suppress
from typing import BinaryIO

import msgspec
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

from kit.call import current_call
from kit.tracing.spans import trace_id

_SELDOM_SECONDS = 30


def add_correlation_id(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    call = current_call.get(None)
    if call:
        event["correlation_id"] = call.correlation_id
    trace = trace_id()
    if trace:
        event["trace_id"] = trace
    return event


class Seldom(logging.Filter):
    """Lets pass what some library repeats, several times a second while its servers are away, once in so many seconds.

    It is the same when the text before its arguments is, so there are as many as the library has lines that log.
    """

    def __init__(self, library: str, seconds: float) -> None:
        super().__init__()
        self._names = library, f"{library}."
        self._seconds = seconds
        self._told: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name != self._names[0] and not record.name.startswith(self._names[1]):
            return True
        now = time.monotonic()
        if now - self._told.get(str(record.msg), -self._seconds) < self._seconds:
            return False
        self._told[str(record.msg)] = now
        return True


_encode = msgspec.json.Encoder(enc_hook=repr).encode


def render(_: WrappedLogger, __: str, event: EventDict) -> bytes:
    """One line, whatever is in the values: a line break is escaped, and what JSON does not know is told by its repr."""
    try:
        return _encode(event)
    except Exception:  # noqa: BLE001  half a surrogate, a cycle, a repr that fails: the line must not be lost
        return json.dumps({str(key): _told(value) for key, value in event.items()}).encode()


def _told(value: object) -> str:
    try:
        return value if isinstance(value, str) else repr(value)
    except Exception:  # noqa: BLE001
        return f"{type(value).__name__} without repr"


class Lines:
    """Where our own loggers write; the way through those of the standard library would cost five times as much."""

    def __init__(self, name: str, stream: BinaryIO) -> None:
        self.name = name
        self._stream = stream

    def write(self, line: bytes) -> None:
        with suppress(OSError, ValueError):  # nobody reads any more, which may end no request
            self._stream.write(line + b"\n")
            self._stream.flush()

    debug = info = warning = error = critical = write


_SHARED: list[structlog.typing.Processor] = [
    add_correlation_id,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    # Without the frames' variables, which structlog would tell, too: tokens and pupils' names are among them.
    structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
]


def audit_logger(name: str) -> FilteringBoundLogger:
    """Its lines are written whatever LOG_LEVEL is."""
    everything = structlog.make_filtering_bound_logger(logging.NOTSET)
    made: FilteringBoundLogger = structlog.wrap_logger(None, wrapper_class=everything, logger_factory_args=(name,))
    return made


def configure_logging(level: str) -> None:
    """For our loggers and for those of the libraries alike."""
    stream = sys.stdout.buffer
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(Seldom("aiokafka", _SELDOM_SECONDS))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                lambda *event: render(*event).decode(),
            ],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # httpx and httpcore log each call at INFO; the calls are told by our own lines.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    structlog.configure(
        processors=[*_SHARED, render],
        logger_factory=lambda name="": Lines(name, stream),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
