"""One JSON object per line on standard output, each with the correlation id of the call that it belongs to."""

import logging
import sys
import time

import structlog
from structlog.typing import EventDict, WrappedLogger

from kit.call import current_call

_SELDOM_SECONDS = 30


def add_correlation_id(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    call = current_call.get(None)
    if call:
        event["correlation_id"] = call.correlation_id
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


_SHARED: list[structlog.typing.Processor] = [
    add_correlation_id,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.dict_tracebacks,
]


def configure_logging(level: str) -> None:
    """For our loggers and for those of the libraries alike."""
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(Seldom("aiokafka", _SELDOM_SECONDS))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SHARED,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # httpx and httpcore log each call at INFO; the calls are told by our own lines.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
