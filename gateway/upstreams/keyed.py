"""Reads of many keys: so many to a call, the calls in parallel, and one that fails takes its own keys along only."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, TypeVar, get_args
from uuid import UUID

from msgspec import Struct, to_builtins

from gateway.upstreams.refusals import UNUSABLE, RefusedError
from gateway.upstreams.transport import Session, Upstream
from gateway.windows import Window, no_cursor
from kit.errors import ExternalServiceError

V = TypeVar("V")
Found = Sequence[V | Exception]
"""Of each id, in their order; or why it could not be read."""
Reading = Callable[[Sequence[str]], Awaitable[Mapping[str, V]]]

MAX_ITEMS = 2500
"""In the pages of one call. An essay or a student is well below a kilobyte, and an answer may have 4 MiB."""


class Keyed(Struct, frozen=True):
    """A service's endpoints under `/internal/v1`; each takes `at_most` ids."""

    upstream: Upstream
    session: Session
    at_most: ClassVar[int]

    def lookup(
        self, path: str, body: Callable[[list[str]], Any], ids: Sequence[UUID], answer: type[dict[str, V]]
    ) -> Awaitable[Found[V]]:
        def read(chunk: Sequence[str]) -> Awaitable[dict[str, V]]:
            return self._post(path, body([*chunk]), len(chunk), answer)

        return self.in_chunks(ids, self.at_most, read)

    def pages(
        self,
        path: str,
        body: Callable[[list[str], int, str | None], Any],
        ids: Sequence[UUID],
        asked: Window,
        answer: type[dict[str, V]],
    ) -> Awaitable[Found[V]]:
        def read(chunk: Sequence[str]) -> Awaitable[dict[str, V]]:
            whole = body([*chunk], asked.first, asked.after)
            return page(self._post(path, whole, len(chunk), answer, "?cursors=true"))

        return self.in_chunks(ids, parents_per_call(asked.first, self.at_most), read)

    def in_chunks(self, ids: Sequence[UUID], size: int, read: Reading[V]) -> Awaitable[Found[V]]:
        keys = texts(ids)
        # One call needs no task of its own.
        return self.chunk(keys, read) if len(keys) <= size else self._chunks(keys, size, read)

    async def _chunks(self, keys: Sequence[str], size: int, read: Reading[V]) -> Found[V]:
        chunks = [keys[at : at + size] for at in range(0, len(keys), size)]
        parts = await asyncio.gather(*(self.chunk(chunk, read) for chunk in chunks))
        return [each for part in parts for each in part]

    async def chunk(self, keys: Sequence[str], read: Reading[V]) -> Found[V]:
        if not keys:
            return []
        try:
            answer = await read(keys)
        except Exception as error:  # noqa: BLE001  each of its keys fails with it
            return [error] * len(keys)
        try:
            return [answer[key] for key in keys]
        except KeyError:
            return [answer[key] if key in answer else self._no_answer() for key in keys]

    def _no_answer(self) -> ExternalServiceError:
        """For a key that the answer leaves out: null would say that there is nothing."""
        error = ExternalServiceError(f"The {self.upstream.title} {UNUSABLE.said}")
        error.service = self.upstream.name
        return error

    def _post(self, path: str, body: Any, keys: int, answer: type[V], query: str = "") -> Awaitable[V]:
        path = f"/internal/v1{path}"
        return self.upstream.call(self.session, "POST", path, answer, query=query, body=body, keys=keys, again=True)


@cache
def by_text(answer: type[dict[UUID, V]]) -> type[dict[str, V]]:
    """Keys are canonical on both sides; a UUID takes Python longer to hash than a text."""
    _, value = get_args(answer)
    return dict[str, value]  # type: ignore[valid-type]


def parents_per_call(first: int, at_most: int) -> int:
    return min(at_most, MAX_ITEMS // first)


def texts(ids: Sequence[UUID]) -> list[str]:
    """By msgspec, which writes a UUID ten times as fast as str does."""
    made: list[str] = to_builtins(ids)
    return made


async def page(read: Awaitable[V]) -> V:
    """Raises ValidationError for a cursor that the list did not give."""
    try:
        return await read
    except RefusedError as error:
        if "after" in error.fields:
            raise no_cursor() from None
        raise
