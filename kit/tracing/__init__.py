"""Traces as OpenTelemetry has them: W3C trace context in and out, OTLP to a collector. Off without an endpoint.

docs/decisions/0014-own-spans.md says why the spans are ours.
"""

from kit.tracing.opened import Tracing, tracing
from kit.tracing.spans import CLIENT, INTERNAL, SERVER, AnySpan, current, entry, fresh, outgoing, span, trace_id

__all__ = [
    "CLIENT",
    "INTERNAL",
    "SERVER",
    "AnySpan",
    "Tracing",
    "current",
    "entry",
    "fresh",
    "outgoing",
    "span",
    "trace_id",
    "tracing",
]
