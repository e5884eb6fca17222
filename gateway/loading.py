"""Batched loads, as many as a document has fields, whatever the event loop's timing.

graphql-core resolves a field for all of its parents, but not in one turn of the event loop, and what was read before is
there at once while the rest has to wait. A loader that batches by turns then calls again for the stragglers, and so
does every field below. So here a field of the document is the unit: what it asks for, of all its parents, is one batch,
and is given back in one turn, so that the field below it is asked for in one turn as well. Where one document has
several fields of a kind, what one of them has read the others do not read again: that much aiodataloader does, of
the batches that close in one turn.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

from aiodataloader import DataLoader
from graphql.pyutils import Path
from strawberry.types import Info

K = TypeVar("K")
V = TypeVar("V")

Batch: TypeAlias = list[tuple[K, asyncio.Future[V]]]

TURNS = 3
"""Of the event loop, in which a field's parents may ask. Two suffice: between one upstream answer and the next question
there is one list, and graphql-core takes a turn more for several items than for one."""


class Loader(Generic[K, V]):
    """`read` answers every key, with an exception where it failed. What failed is read again when asked for again."""

    def __init__(self, read: Callable[[Sequence[K]], Awaitable[Mapping[K, V | Exception]]]) -> None:
        self._read = read
        self._open: dict[tuple[str, ...], Batch[K, V]] = {}
        self._readings: dict[K, asyncio.Future[V]] = {}
        self._reader = DataLoader(self._load, cache_map=self._readings)

    def load(self, info: Info[Any, Any], key: K) -> asyncio.Future[V]:
        waiting: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self._batch(field_of(info.path)).append((key, waiting))
        return waiting

    def load_many(self, info: Info[Any, Any], keys: Iterable[K]) -> Awaitable[list[V]]:
        return asyncio.gather(*(self.load(info, key) for key in keys))

    async def load_all(self, keys: Sequence[K]) -> list[V | Exception]:
        """For whoever knows all parents at once. An exception for each key that could not be read."""
        readings = {key: self._reader.load(key) for key in keys}
        answers = await asyncio.gather(*readings.values(), return_exceptions=True)
        found: dict[K, V | Exception] = {}
        for key, answer in zip(readings, answers, strict=True):
            if isinstance(answer, BaseException) and not isinstance(answer, Exception):
                raise answer
            found[key] = answer
        return [found[key] for key in keys]

    def forget(self) -> None:
        """What was read before a change may be otherwise after it."""
        self._reader.clear_all()

    def _batch(self, field: tuple[str, ...]) -> Batch[K, V]:
        if field not in self._open:
            self._open[field] = []
            after_turns(TURNS, lambda: self._close(field))
        return self._open[field]

    def _close(self, field: tuple[str, ...]) -> None:
        batch = self._open.pop(field)
        readings = {key: self._reader.load(key) for key, _ in batch}
        everything = asyncio.gather(*readings.values(), return_exceptions=True)
        everything.add_done_callback(lambda _: give(batch, readings))

    async def _load(self, keys: list[K]) -> list[Any]:
        try:
            answer = await self._read(keys)
        except asyncio.CancelledError:
            for key in keys:
                if key in self._readings:
                    self._readings.pop(key).cancel()
            raise
        for key in keys:
            if isinstance(answer[key], Exception):
                self._reader.clear(key)
        return [answer[key] for key in keys]


def give(batch: Batch[K, V], readings: Mapping[K, asyncio.Future[V]]) -> None:
    for key, waiting in batch:
        reading = readings[key]
        if waiting.done():
            continue
        if reading.cancelled():
            waiting.cancel()
        elif error := reading.exception():
            waiting.set_exception(error)
        else:
            waiting.set_result(reading.result())


def field_of(path: Path | None) -> tuple[str, ...]:
    """The field of the document, whichever items of lists the path goes through."""
    names: list[str] = []
    while path:
        if isinstance(path.key, str):
            names.append(path.key)
        path = path.prev
    return tuple(names)


def after_turns(n: int, call: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    if n:
        loop.call_soon(after_turns, n - 1, call)
    else:
        call()
