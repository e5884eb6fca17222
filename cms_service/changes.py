"""What a transaction leaves behind beside its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from kit.events.outbox import Event
from kit.updates import Update

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """`result` is what the caller is told; then the events are published, and last the updates told."""

    result: T
    events: Sequence[Event] = ()
    updates: Sequence[Update] = ()
