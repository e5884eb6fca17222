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
from functools import cached_property
from operator import attrgetter
from typing import Any, Generic, TypeAlias, TypeVar

from aiodataloader import DataLoader
from graphql.pyutils import Path
from strawberry.types import Info

from gateway.tracing import loading

K = TypeVar("K")
V = TypeVar("V")

Batch: TypeAlias = list[tuple[K, asyncio.Future[V]]]
Found: TypeAlias = Sequence[V | Exception]
Call: TypeAlias = asyncio.Future[Found[V]]
Reading: TypeAlias = Callable[[Sequence[K]], Awaitable[Found[V]]]

TURNS = 3
"""Of the event loop, in which a field's parents may ask. Two suffice: between one upstream answer and the next question
there is one list, and graphql-core takes a turn more for several items than for one."""


class Loader(Generic[K, V]):
    """`read` answers the keys in their order, with an exception where it failed. What failed is read again when asked
    for again.

    `name` is for traces.
    """

    def __init__(self, read: Reading[K, V], name: str) -> None:
        self._read = read
        self._name = name
        self._open: dict[tuple[str, ...], Batch[K, V]] = {}
        self._calls: dict[K, tuple[Call[V], int]] = {}
        """By key the one that it is in, or was in, and at which place."""
        self._latest: list[tuple[Sequence[K], Call[V]]] = []
        """Of those that nobody has looked for yet: most loaders are asked once."""
        self._readings: dict[K, asyncio.Future[V]] = {}

    @cached_property
    def _reader(self) -> DataLoader[K, V]:
        """Most loaders of a request are not asked for a single key."""
        return DataLoader(self._load, cache_map=self._readings)

    def load(self, info: Info[Any, Any], key: K) -> asyncio.Future[V]:
        waiting: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self._batch(field_of(info.path)).append((key, waiting))
        return waiting

    def load_many(self, info: Info[Any, Any], keys: Iterable[K]) -> Awaitable[list[V]]:
        return asyncio.gather(*(self.load(info, key) for key in keys))

    async def load_all(self, keys: Sequence[K]) -> Found[V]:
        """For whoever knows all parents at once. An exception for each key that could not be read."""
        distinct = once(keys)
        if len(distinct) < len(keys):
            by_key = dict(zip(distinct, await self.load_all(distinct), strict=True))
            return [by_key[key] for key in keys]
        if (self._latest or self._calls) and (known := self._known(keys)):
            return await self._with_others(keys, known)
        if not keys:
            return []
        call: Call[V] = asyncio.get_running_loop().create_future()
        self._latest.append((keys, call))
        found: Found[V]
        try:
            found = await loading(self._name, len(keys), self._read(keys))
        except Exception as error:  # noqa: BLE001  each of its keys fails with it
            found = [error] * len(keys)
        except BaseException:
            call.cancel()
            raise
        call.set_result(found)
        return found

    async def _with_others(self, keys: Sequence[K], known: Mapping[K, tuple[Call[V], int]]) -> Found[V]:
        """What is read already, or about to be, is not read again."""
        new = [key for key in keys if key not in known]
        found = dict(zip(new, await self.load_all(new), strict=True))
        await asyncio.wait({call for call, _ in known.values()})
        given_up = [key for key, (call, _) in known.items() if call.cancelled()]
        found |= {key: call.result()[at] for key, (call, at) in known.items() if not call.cancelled()}
        found |= dict(zip(given_up, await self.load_all(given_up), strict=True))
        return [found[key] for key in keys]

    def _known(self, keys: Sequence[K]) -> Mapping[K, tuple[Call[V], int]]:
        for told, latest in self._latest:
            self._calls.update({each: (latest, at) for at, each in enumerate(told)})
        self._latest.clear()
        return {key: known for key in keys if (known := self._calls.get(key)) and useful(*known)}

    def forget(self) -> None:
        """What was read before a change may be otherwise after it."""
        self._latest.clear()
        self._calls.clear()
        self._readings.clear()

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
        # Whoever asks from now on has another; the two would hold each other, and all that was read, for the collector.
        vars(self).pop("_reader", None)
        try:
            answers = [*await self.load_all(keys)]
        except asyncio.CancelledError:
            for key in keys:
                if key in self._readings:
                    self._readings.pop(key).cancel()
            raise
        for key, answer in zip(keys, answers, strict=True):
            if isinstance(answer, Exception):
                self._readings.pop(key, None)
        return answers


def useful(call: Call[Any], at: int) -> bool:
    """What failed is read again."""
    return not call.cancelled() and not (call.done() and isinstance(call.result()[at], Exception))


_number: Callable[[Any], int] = attrgetter("int")
"""Of a UUID."""


def once(keys: Sequence[K]) -> Sequence[K]:
    """Each of them, in the order in which they come first."""
    # Most are UUIDs, and all different; Python computes the hash of one slowly.
    try:
        numbers = set(map(_number, keys))
    except AttributeError:
        numbers = set()
    return keys if len(numbers) == len(keys) else list(dict.fromkeys(keys))


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
