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
from kit.responses import encode_json

V = TypeVar("V")
Found = Mapping[UUID, V | Exception]
"""Or why it could not be read."""
Reading = Callable[[Sequence[UUID]], Awaitable[Mapping[UUID, V]]]

MAX_ITEMS = 2500
"""In the pages of one call. An essay or a student is well below a kilobyte, and an answer may have 4 MiB."""


class Answered(dict[UUID, V | Exception]):
    """What an upstream answered, and `no_answer` for each key that it left out."""

    def __init__(self, answer: Mapping[UUID, V], no_answer: Callable[[], Exception]) -> None:
        super().__init__(answer)  # copies what each key hashes to, which Python would take long to find out
        self._no_answer = no_answer

    def __missing__(self, key: UUID) -> Exception:
        error = self[key] = self._no_answer()
        return error


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

    async def in_chunks(self, ids: Sequence[UUID], size: int, read: Reading[V]) -> Found[V]:
        if len(ids) <= size:  # one call, which needs no task of its own
            return await self._chunk(ids, read) if ids else {}
        chunks = [ids[at : at + size] for at in range(0, len(ids), size)]
        found: dict[UUID, V | Exception] = {}
        parts = await asyncio.gather(*(self._chunk(chunk, read) for chunk in chunks))
        for chunk, part in zip(chunks, parts, strict=True):
            found.update((each, part[each]) for each in chunk)
        return found

    async def _chunk(self, ids: Sequence[UUID], read: Reading[V]) -> Found[V]:
        try:
            answer = await read(ids)
        except Exception as error:  # noqa: BLE001  each of its keys fails with it
            return dict.fromkeys(ids, error)
        return Answered(answer, self._no_answer)

    def _no_answer(self) -> ExternalServiceError:
        """For a key that the answer leaves out: null would say that there is nothing."""
        error = ExternalServiceError(f"The {self.upstream.title} {UNUSABLE.said}")
        error.service = self.upstream.name
        return error

    async def _post(self, path: str, body: Any, keys: int, answer: type[V], **params: str) -> V:
        path = f"/internal/v1{path}"
        return await self.upstream.call(
            self.session, "POST", path, answer, params=params, body=body, keys=keys, again=True
        )


def parents_per_call(first: int, at_most: int) -> int:
    return min(at_most, MAX_ITEMS // first)


def texts(ids: Sequence[UUID]) -> list[str]:
    return joined(ids).split(",") if ids else []


def joined(ids: Sequence[UUID]) -> str:
    """With commas: by the encoder, which writes a UUID five times as fast as str does."""
    return encode_json(ids)[2:-2].replace(b'","', b",").decode()


@contextmanager
def cursors_told() -> Iterator[None]:
    """Raises ValidationError for a cursor that the list did not give."""
    try:
        yield
    except RefusedError as error:
        if "after" in error.fields:
            raise no_cursor() from None
        raise
