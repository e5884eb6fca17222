"""Tables that every service with events and live updates has; a service's own `tables.py` adds them to its metadata."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Enum, ForeignKey, Identity, Index, MetaData, SmallInteger, Text, func, text
from sqlalchemy.dialects.postgresql import BYTEA, JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

NAMES = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
}

TYPES: dict[Any, Any] = {
    datetime: DateTime(timezone=True),
    str: Text(),
    int: BigInteger(),
    dict[str, Any]: JSONB(),
    list[str]: JSONB(),
    bytes: BYTEA(),
}


def labelled(of: type[StrEnum], name: str) -> Enum:
    """A PostgreSQL enum whose labels are the values."""
    return Enum(of, name=name, values_callable=lambda members: [each.value for each in members])


NEWEST_FIRST = text("created_at DESC")


def service_metadata() -> MetaData:
    return MetaData(naming_convention=NAMES)


class EventAggregate:
    """The last version published of each aggregate; outlives it, and its row is the writer's lock."""

    __tablename__ = "event_aggregates"
    aggregate_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]


class EventOutbox:
    """Envelopes in the order of their aggregates' lanes. Routed: its deliveries are known. Published: all are made."""

    __tablename__ = "event_outbox"
    position: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    event_id: Mapped[UUID] = mapped_column(unique=True)
    event_type: Mapped[str]
    aggregate_id: Mapped[UUID]
    lane: Mapped[int] = mapped_column(SmallInteger)
    envelope: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    routed_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Index, ...]:
        return (
            Index("event_outbox_lane_position_idx", "lane", "position", postgresql_where=text("published_at IS NULL")),
            Index("event_outbox_unrouted_idx", "lane", "position", postgresql_where=text("routed_at IS NULL")),
            Index("event_outbox_published_idx", "published_at", postgresql_where=text("published_at IS NOT NULL")),
        )


class EventDelivery:
    """What one subscriber gets of one envelope, and when. Parked: refused for good, until an operator decides."""

    __tablename__ = "event_deliveries"

    @declared_attr
    @classmethod
    def position(cls) -> Mapped[int]:
        # First in the primary key too, or a purge of the outbox would scan all deliveries for each row.
        return mapped_column(ForeignKey("event_outbox.position", ondelete="CASCADE"), primary_key=True, sort_order=-1)

    subscriber: Mapped[str] = mapped_column(primary_key=True)
    lane: Mapped[int] = mapped_column(SmallInteger)
    aggregate_id: Mapped[UUID]
    delivered_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    parked_at: Mapped[datetime | None]
    last_error: Mapped[str | None]

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Index, ...]:
        # The first finds the oldest row of each aggregate without reading those behind it.
        return (
            Index(
                "event_deliveries_pending_idx",
                *("subscriber", "lane", "aggregate_id", "position"),
                postgresql_where=text("delivered_at IS NULL"),
            ),
            Index("event_deliveries_parked_idx", "position", postgresql_where=text("parked_at IS NOT NULL")),
        )


class ProcessedEvent:
    """Events whose effect is committed."""

    __tablename__ = "processed_events"
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    event_type: Mapped[str]
    processed_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


class DeadLetter:
    """What came in and cannot be processed; `body` is as received, since it may not even be text."""

    __tablename__ = "dead_letters"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    event_id: Mapped[UUID | None] = mapped_column(index=True)
    event_type: Mapped[str | None]
    reason: Mapped[str]
    body: Mapped[bytes]
    headers: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Index, ...]:
        return (Index("dead_letters_body_idx", text("sha256(body)")),)


class TeacherUpdate:
    """One teacher's updates; a service adds the enumerated `type`. `seq` is drawn under the teacher's lock."""

    __tablename__ = "teacher_updates"
    user_id: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, server_default=text("nextval('teacher_update_seq')")
    )
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


class TeacherUpdatePurge:
    """The highest sequence purged of each teacher: an older cursor has expired."""

    __tablename__ = "teacher_update_purges"
    user_id: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int]
