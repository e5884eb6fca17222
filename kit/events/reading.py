"""What was received, made into an envelope and its data, or into the reason why that cannot be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import msgspec

from kit.events.dead_letters import Dead, identified
from kit.events.envelope import SCHEMA_VERSION, Envelope

_DECODER = msgspec.json.Decoder(Envelope)


@dataclass(frozen=True, slots=True)
class Incoming:
    """`index` is the event's place among those received together."""

    index: int
    body: bytes
    envelope: Envelope
    data: Any


class Reader:
    """`kinds`: the class of the data, by the event types that are handled."""

    def __init__(self, kinds: Mapping[str, type]) -> None:
        self._decoders: dict[str, msgspec.json.Decoder[Any]] = {
            event_type: msgspec.json.Decoder(kind) for event_type, kind in kinds.items()
        }

    def read(self, index: int, body: bytes) -> Incoming | Dead | None:
        """None for an event of a type that nobody here handles."""
        try:
            envelope = _in_utc(_DECODER.decode(body))
            if envelope.schema_version != SCHEMA_VERSION:
                return identified(body, f"schema version {envelope.schema_version} is unknown")
            decoder = self._decoders.get(envelope.event_type)
            return Incoming(index, body, envelope, decoder.decode(envelope.data)) if decoder else None
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            return identified(body, str(error))
        except OverflowError:
            return identified(body, "event_timestamp is out of range")
        except RecursionError:
            return identified(body, "nested too deeply")


def _in_utc(envelope: Envelope) -> Envelope:
    moment = envelope.event_timestamp
    if moment.tzinfo is UTC:
        return envelope
    return msgspec.structs.replace(envelope, event_timestamp=moment.astimezone(UTC))
