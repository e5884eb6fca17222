"""Every batched read, one table: made per request, named value_by_key, answered by key and never by position."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from aiodataloader import DataLoader

from cms_service import contract as cms
from gateway.upstreams.cms import Cms
from gateway.upstreams.ras import Ras
from ras_service import contract as ras

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Loaders:
    batch_by_id: DataLoader[UUID, ras.Batch | None]
    class_info_by_batch: DataLoader[UUID, cms.ClassInfo | None]


def make_loaders(cms_client: Cms, ras_client: Ras) -> Loaders:
    return Loaders(
        batch_by_id=keyed(ras_client.batches_by_id),
        class_info_by_batch=keyed(cms_client.class_info),
    )


def keyed(read: Callable[[Sequence[K]], Awaitable[Mapping[K, V | None]]]) -> DataLoader[K, V | None]:
    async def load(keys: list[K]) -> list[V | None]:
        found = await read(keys)
        return [found.get(key) for key in keys]

    return DataLoader(load)
