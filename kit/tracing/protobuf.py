"""Spans as OTLP writes them: opentelemetry/proto/collector/trace/v1, by hand, since there is one message to write."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from struct import Struct

from kit.tracing.spans import Span, Value
from kit.tracing.w3c import Remote

_IDS = Struct(">2s16s2s8s").pack
_PARENT = Struct(">2s8s").pack
_TIMES = Struct("<cqcq").pack
_STATUS_FAILED = b"\x7a\x02\x18\x02"
_MOST_BYTES = 8192
"""Of one attribute."""


def request(resource: bytes, spans: Iterable[bytes]) -> bytes:
    """An ExportTraceServiceRequest, of what the functions of these names make."""
    scope = _field(1, _field(1, b"kit.tracing"))
    return _field(1, resource + _field(2, scope + b"".join(spans)))


def resource(attributes: Mapping[str, Value]) -> bytes:
    return _field(1, b"".join(_field(1, _attribute(*each)) for each in attributes.items()))


def span(span: Span) -> bytes:
    trace = span.trace
    parts = [_IDS(b"\x0a\x10", trace.id.to_bytes(16, "big"), b"\x12\x08", span.id.to_bytes(8, "big"))]
    if span.parent:
        parts.append(_PARENT(b"\x22\x08", span.parent.to_bytes(8, "big")))
    parts.append(_TIMES(b"\x39", trace.epoch + span.begun, b"\x41", trace.epoch + span.ended))
    parts.append(_words(span.name, span.kind, span.failure, *span.attributes.items()))
    if trace.state:
        parts.append(_field(3, trace.state.encode()))
    if span.link:
        parts.append(_field(13, _link(span.link)))
    return _field(2, b"".join(parts))


def _link(to: Remote) -> bytes:
    ids = _IDS(b"\x0a\x10", to.trace_id.to_bytes(16, "big"), b"\x12\x08", to.span_id.to_bytes(8, "big"))
    return ids + (_field(3, to.state.encode()) if to.state else b"")


@lru_cache(1024)
def _words(name: str, kind: int, failure: str | None, *attributes: tuple[str, Value]) -> bytes:
    """What a span has beside ids and times: the same again and again, for most of them."""
    told = dict(attributes) if failure is None else {**dict(attributes), "error.type": failure}
    status = b"" if failure is None else _STATUS_FAILED
    listed = b"".join(_field(9, _attribute(*each)) for each in told.items())
    return _field(5, _text(name)) + b"\x30" + _varint(kind) + listed + status


def _attribute(name: str, value: Value) -> bytes:
    return _field(1, name.encode()) + _field(2, _value(value))


def _value(value: Value) -> bytes:
    if isinstance(value, int):
        return b"\x18" + _varint(value & (1 << 64) - 1)
    return _field(1, _text(value))


def _text(text: str) -> bytes:
    """Valid UTF-8 whatever is given, and no more than is taken."""
    whole = text.encode(errors="replace")
    return whole if len(whole) <= _MOST_BYTES else whole[:_MOST_BYTES].decode(errors="ignore").encode()


def _field(number: int, content: bytes) -> bytes:
    """Of wire type 2, as texts, bytes and messages are."""
    return bytes((number << 3 | 2,)) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    if value < 0x80:
        return bytes((value,))
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)
