"""One JSON object per line on standard output, each with the correlation id of the call that it belongs to."""

import json
import logging
import sys
import time
from datetime import UTC, datetime
from typing import BinaryIO, ClassVar

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
        if isinstance(value, datetime):
            return value.isoformat().replace("+00:00", "Z")
        return value if isinstance(value, str) else repr(value)
    except Exception:  # noqa: BLE001
        return f"{type(value).__name__} without repr"


class Lines:
    """Where our own loggers write; the way through those of the standard library would cost five times as much."""

    def __init__(self, name: str, stream: BinaryIO) -> None:
        self.name = name
        self._stream = stream

    def write(self, line: bytes) -> None:
        write(self._stream, line)

    debug = info = warning = error = critical = write


def write(stream: BinaryIO, line: bytes) -> None:
    try:
        stream.write(line + b"\n")
        stream.flush()
    except (OSError, ValueError):
        pass  # nobody reads any more, which may end no request


# Without the frames' variables, which structlog would tell, too: tokens and pupils' names are among them.
_with_exception = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)
_LEVELS = {"warn": "warning", "exception": "error"}


def complete(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """What every line has. In one go, since each processor of structlog's costs as much as all that is done here."""
    record = event.get("_record")  # of the standard library's
    fill(event, logger.name if record is None else record.name, method)
    return _with_exception(logger, method, event) if "exc_info" in event else event


def fill(event: EventDict, name: str, method: str) -> None:
    add_correlation_id(None, method, event)
    event["logger"] = name
    event["level"] = _LEVELS.get(method, method)
    event["timestamp"] = datetime.now(UTC)


_OURS: list[structlog.typing.Processor] = [complete, render]
_processors: list[structlog.typing.Processor] = []
"""structlog's, once it is configured: whoever captures lines puts others into this very list."""


class Informing:
    """For a line with every request: past structlog's layers, which cost more than all that is in the line."""

    stream: ClassVar[BinaryIO | None] = None
    """Where lines go, once it is known; without one, and where lines are captured, structlog has them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._log = structlog.get_logger(name)

    def __call__(self, event: str, fields: EventDict) -> None:
        """At INFO. The fields are taken over."""
        if self.stream is None or _processors != _OURS:
            self._log.info(event, **fields)
            return
        fields["event"] = event
        fill(fields, self.name, "info")
        write(self.stream, render(None, "info", fields))


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
            foreign_pre_chain=[complete],
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
    _processors[:] = _OURS
    Informing.stream = stream if logging.getLevelName(level) <= logging.INFO else None
    structlog.configure(
        processors=_processors,
        logger_factory=lambda name="": Lines(name, stream),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
