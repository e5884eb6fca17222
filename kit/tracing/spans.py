"""Spans: of a trace that is recorded, and the silent one in place of all that are not."""

import time
from contextvars import ContextVar
from random import getrandbits
from types import TracebackType
from typing import TYPE_CHECKING

from kit.call import TRACEPARENT
from kit.tracing.w3c import TRACESTATE, Remote, traceparent

if TYPE_CHECKING:
    from kit.tracing.tracer import Tracer

INTERNAL, SERVER, CLIENT = 1, 2, 3
"""As OTLP numbers them."""

Value = str | int
"""Not a bool, which is the same as a number to whatever remembers by value."""


class Trace:
    """Of which this process records spans. Times are in nanoseconds; `epoch` is what makes them those since 1970."""

    __slots__ = ("epoch", "id", "prefix", "state", "tracer")

    def __init__(self, tracer: "Tracer", trace_id: int, state: str) -> None:
        self.tracer = tracer
        self.id = trace_id
        self.prefix = f"00-{trace_id:032x}-"
        self.state = state
        # One look at the clock for the whole trace, which may be set meanwhile.
        self.epoch = time.time_ns() - time.perf_counter_ns()


class Span:
    """Begun when it is made; it ends once, and is sent then. As a context it is the parent of what begins inside."""

    __slots__ = ("_outer", "attributes", "begun", "ended", "failure", "id", "kind", "link", "name", "parent", "trace")

    def __init__(self, trace: Trace, parent: int, name: str, kind: int, link: Remote | None = None) -> None:
        self.trace = trace
        self.id = getrandbits(64) or 1
        self.parent = parent
        self.name = name
        self.kind = kind
        self.link = link
        self.attributes: dict[str, Value] = {}
        self.failure: str | None = None
        self.ended = 0
        self.begun = time.perf_counter_ns()

    @property
    def recording(self) -> bool:
        return not self.ended

    @property
    def tracer(self) -> "Tracer":
        return self.trace.tracer

    def set(self, name: str, value: Value) -> None:
        self.attributes[name] = value

    def fail(self, kind: str) -> None:
        """`kind` is a class or a code, never a message: those quote what people wrote. The first one stays."""
        self.failure = self.failure or kind

    def end(self) -> None:
        if not self.ended:
            self.ended = time.perf_counter_ns()
            self.trace.tracer.ended(self)

    def place(self) -> Remote:
        """After its end nothing is a part of it any more, so whoever is called then records nothing."""
        return Remote(self.trace.id, self.id, self.recording, self.trace.state)

    def headers(self) -> dict[str, str]:
        trace = self.trace
        parent = f"{trace.prefix}{self.id:016x}-{'00' if self.ended else '01'}"
        return {TRACEPARENT: parent, TRACESTATE: trace.state} if trace.state else {TRACEPARENT: parent}

    def __enter__(self) -> "Span":
        self._outer = _current.get()
        _current.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None:
            self.fail(kind.__name__)
        self.end()
        # Not by a token: a generator may be closed in another context than the one in which it began.
        _current.set(self._outer)


class Unrecorded:
    """The place of a trace that is not recorded here, which those who are called are told."""

    __slots__ = ("_at", "_outer", "tracer")
    recording = False

    def __init__(self, tracer: "Tracer", at: Remote | None) -> None:
        self.tracer = tracer
        self._at = at

    def place(self) -> Remote | None:
        return self._at

    def headers(self) -> dict[str, str]:
        at = self._at
        if at is None:
            return {}
        parent = traceparent(at.trace_id, at.span_id, sampled=at.sampled)
        return {TRACEPARENT: parent, TRACESTATE: at.state} if at.state else {TRACEPARENT: parent}

    def set(self, name: str, value: Value) -> None:
        pass

    def fail(self, kind: str) -> None:
        pass

    def end(self) -> None:
        pass

    def __enter__(self) -> "Unrecorded":
        self._outer = _current.get()
        _current.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        _current.set(self._outer)


class Aside(Unrecorded):
    """A connection on which things go on that are traced each by itself, linked to whoever opened it."""

    __slots__ = ()


class Silent:
    """There is one, and it changes nothing."""

    __slots__ = ()
    recording = False

    def place(self) -> None:
        return None

    def set(self, name: str, value: Value) -> None:
        pass

    def fail(self, kind: str) -> None:
        pass

    def end(self) -> None:
        pass

    def __enter__(self) -> "Silent":
        return self

    def __exit__(self, *_: object) -> None:
        pass


AnySpan = Span | Unrecorded | Silent
SILENT = Silent()

_current: ContextVar[Span | Unrecorded | None] = ContextVar("current_span", default=None)


def span(name: str, kind: int = INTERNAL) -> Span | Silent:
    """Inside the current one, where that is recorded and goes on."""
    parent = _current.get()
    if not isinstance(parent, Span) or parent.ended:
        return SILENT
    return Span(parent.trace, parent.id, name, kind)


def current() -> Span | Silent:
    """The one that is recorded and goes on, if there is one."""
    here = _current.get()
    return here if isinstance(here, Span) and here.recording else SILENT


def entry(name: str, kind: int = INTERNAL) -> AnySpan:
    """Inside the current one; on a connection, a trace of its own."""
    here = _current.get()
    if here is None:
        return SILENT
    return fresh(name, kind) if isinstance(here, Aside) else span(name, kind)


def fresh(name: str, kind: int = INTERNAL, link: Remote | None = None) -> AnySpan:
    """A trace of its own: for one of many things that follow, perhaps for hours. Without a link it has one to here."""
    here = _current.get()
    return SILENT if here is None else here.tracer.begin(name, kind, link=link or here.place())


def outgoing(given: str | None = None, by: AnySpan = SILENT) -> dict[str, str]:
    """Headers of a call to another service. `given`: the caller's own, for when nothing is traced here.

    `by`: the call's span, in place of the current one.
    """
    here = by if isinstance(by, Span) else _current.get()
    if here is None:
        return {TRACEPARENT: given} if given else {}
    return here.headers()


def trace_id() -> str | None:
    """Of the trace that is recorded."""
    here = _current.get()
    return f"{here.trace.id:032x}" if isinstance(here, Span) else None
