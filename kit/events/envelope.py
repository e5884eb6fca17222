"""What every event looks like on the wire, whichever transport carries it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

SCHEMA_VERSION = 1

# Neither NUL nor lone surrogates, which PostgreSQL refuses, and short enough for an index.
EventType = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:-]{1,255}$")]


class Metadata(msgspec.Struct, frozen=True):
    """`aggregate_version` rises by one per event of the aggregate: the order that consumers may rely on."""

    aggregate_id: UUID
    aggregate_version: int | None = None


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """`metadata` is raw because other producers put what they like there; `aggregate` reads ours."""

    event_id: UUID
    event_type: EventType
    event_timestamp: Annotated[datetime, msgspec.Meta(tz=True)]
    source_service: str
    schema_version: int
    correlation_id: str | None = None
    data: msgspec.Raw
    metadata: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET

    @property
    def aggregate(self) -> Metadata | None:
        if self.metadata is msgspec.UNSET:
            return None
        try:
            return msgspec.json.decode(self.metadata, type=Metadata)
        except (msgspec.MsgspecError, RecursionError):
            return None


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """An envelope as we make it."""

    event_id: UUID
    event_type: str
    event_timestamp: datetime
    source_service: str
    schema_version: int = SCHEMA_VERSION
    correlation_id: str
    data: Any
    metadata: Metadata
