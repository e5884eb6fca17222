"""Reads of many keys: so many to a call, the calls in parallel, and one that fails takes its own keys along only."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from gateway.upstreams.refusals import UNUSABLE, RefusedError
from gateway.upstreams.transport import Session, Upstream
from gateway.windows import Window, no_cursor
from kit.errors import ExternalServiceError

V = TypeVar("V")
Found = Mapping[UUID, V | Exception]
"""Or why it could not be read."""

MAX_ITEMS = 2500
"""In the pages of one call. An essay or a student is well below a kilobyte, and an answer may have 4 MiB."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """A service's endpoints under `/internal/v1`; each takes `at_most` ids."""

    upstream: Upstream
    session: Session
    at_most: int

    async def lookup(
        self, path: str, body: Callable[[list[str]], Any], ids: Sequence[UUID], answer: type[dict[UUID, V]]
    ) -> Found[V]:
        async def read(chunk: Sequence[UUID]) -> dict[UUID, V]:
            return await self._post(path, body(texts(chunk)), len(chunk), answer)

        return await self.in_chunks(ids, self.at_most, read)

    async def pages(
        self,
        path: str,
        body: Callable[[list[str], int, str | None], Any],
        ids: Sequence[UUID],
        asked: Window,
        answer: type[dict[UUID, V]],
    ) -> Found[V]:
        async def read(chunk: Sequence[UUID]) -> dict[UUID, V]:
            whole = body(texts(chunk), asked.first, asked.after)
            with cursors_told():
                return await self._post(path, whole, len(chunk), answer, cursors="true")

        return await self.in_chunks(ids, parents_per_call(asked.first, self.at_most), read)

    async def in_chunks(
        self, ids: Sequence[UUID], size: int, read: Callable[[Sequence[UUID]], Awaitable[Mapping[UUID, V]]]
    ) -> Found[V]:
        chunks = [ids[at : at + size] for at in range(0, len(ids), size)]
        answers = await asyncio.gather(*(read(chunk) for chunk in chunks), return_exceptions=True)
        found: dict[UUID, V | Exception] = {}
        for chunk, answer in zip(chunks, answers, strict=True):
            if isinstance(answer, Exception):
                found.update(dict.fromkeys(chunk, answer))
            elif isinstance(answer, BaseException):
                raise answer
            else:
                found.update((each, answer[each] if each in answer else self._no_answer()) for each in chunk)
        return found

    def _no_answer(self) -> ExternalServiceError:
        """For a key that the answer leaves out: null would say that there is nothing."""
        error = ExternalServiceError(f"The {self.upstream.title} {UNUSABLE.said}")
        error.service = self.upstream.name
        return error

    async def _post(self, path: str, body: Any, keys: int, answer: type[V], **params: str) -> V:
        path = f"/internal/v1{path}"
        return await self.upstream.call(self.session, "POST", path, answer, params=params, body=body, keys=keys)


def parents_per_call(first: int, at_most: int) -> int:
    return min(at_most, MAX_ITEMS // first)


def texts(ids: Sequence[UUID]) -> list[str]:
    return [str(each) for each in ids]


@contextmanager
def cursors_told() -> Iterator[None]:
    """Raises ValidationError for a cursor that the list did not give."""
    try:
        yield
    except RefusedError as error:
        if "after" in error.fields:
            raise no_cursor() from None
        raise
