"""What a service does with the events that it consumes: one table by event type."""

import math
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from kit.call import begin_call, current_call
from kit.events.envelope import Envelope
from kit.events.reading import Incoming
from kit.updates import Update


class Unprocessable(Exception):  # noqa: N818  what the event is, not what went wrong here
    """The event goes to the dead letters with this reason, and what its handler did is undone.

    Of several events that are handled together none is known to be the one, so they are tried again in smaller groups.
    """


@dataclass(frozen=True, slots=True)
class Handled:
    """`updates` are told last in the transaction. `refused` events, by id with the reason, left nothing behind."""

    updates: Sequence[Update] = ()
    refused: Mapping[UUID, str] = field(default_factory=dict)


Handle = Callable[[AsyncConnection, Sequence[Incoming]], Awaitable[Handled]]


@dataclass(frozen=True, slots=True)
class Handler:
    """`data` is the class that the envelope's data is decoded into.

    `handle` takes events that came one after the other, of all the types that share it; each is new, and comes once.
    It runs in the transaction that records them, and may run again after a rollback. `alone`: in a transaction of its
    own, because it takes locks that must come first in one, and a list's other events would come before.
    """

    data: type
    handle: Handle
    alone: bool = False


def one_by_one(handle: Callable[[AsyncConnection, Envelope, Any], Awaitable[Iterable[Update] | None]]) -> Handle:
    """For a handler of single events, which answers the updates to tell."""

    async def handle_each(connection: AsyncConnection, events: Sequence[Incoming]) -> Handled:
        updates: list[Update] = []
        for event in events:
            with on_behalf_of(event.envelope):
                updates.extend(await handle(connection, event.envelope, event.data) or ())
        return Handled(updates)

    return handle_each


Handlers = Mapping[str, Handler]
"""By event type."""


@contextmanager
def on_behalf_of(envelope: Envelope) -> Iterator[None]:
    """What is logged and published inside the block has the correlation id of the event."""
    budget = current_call.get().remaining() if current_call.get(None) else math.inf
    token = current_call.set(begin_call(envelope.correlation_id, None, budget))
    try:
        yield
    finally:
        current_call.reset(token)
