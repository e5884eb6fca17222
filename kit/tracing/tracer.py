"""Which traces are recorded, and where their spans go."""

from collections.abc import Callable
from dataclasses import dataclass
from random import getrandbits

from kit.tracing.spans import Aside, Span, Trace, Unrecorded
from kit.tracing.w3c import Remote

_RANDOM_BITS = 56
"""Of a trace id, from its end: so many are random at least, and every service decides by the same ones."""


@dataclass(frozen=True, slots=True)
class Sampler:
    """`ratio` of the traces that begin here; `parent_based`: of those that do not, whoever called has decided."""

    ratio: float
    parent_based: bool

    def wants(self, trace_id: int, caller: Remote | None) -> bool:
        if caller is not None and self.parent_based:
            return caller.sampled
        return (trace_id & ((1 << _RANDOM_BITS) - 1)) < self.ratio * (1 << _RANDOM_BITS)


def sampler(name: str, ratio: float) -> Sampler:
    """By the names that OpenTelemetry gives them."""
    kind = name.removeprefix("parentbased_")
    ratios = {"always_on": 1.0, "always_off": 0.0, "traceidratio": ratio}
    return Sampler(ratios[kind], parent_based=kind != name)


@dataclass(frozen=True, slots=True)
class Tracer:
    """Of one application. `ended` takes each span at its end."""

    sampler: Sampler
    ended: Callable[[Span], None]

    def begin(
        self, name: str, kind: int, *, caller: Remote | None = None, link: Remote | None = None
    ) -> Span | Unrecorded:
        """The first span of a trace in this process. What it links to decides as a caller does."""
        trace_id = caller.trace_id if caller else getrandbits(128) or 1
        state = caller.state if caller else ""
        if self.sampler.wants(trace_id, caller or link):
            return Span(Trace(self, trace_id, state), caller.span_id if caller else 0, name, kind, link)
        # It has no span of ours to point to; without a caller it is a new one all the same.
        return Unrecorded(self, Remote(trace_id, caller.span_id if caller else getrandbits(64) or 1, False, state))

    def aside(self, caller: Remote | None) -> Aside:
        """`caller`: whoever opens the connection."""
        return Aside(self, caller)
