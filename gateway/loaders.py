"""Every batched read, one table: made per request, named value_by_key, answered by key and never by position."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar
from uuid import UUID

from msgspec import Struct

from gateway.loading import Loader, Reading
from gateway.upstreams.cms import Cms
from gateway.upstreams.entitlements import Entitlements
from gateway.upstreams.keyed import Found
from gateway.upstreams.ras import Ras
from gateway.windows import Window

K = TypeVar("K")
V = TypeVar("V")
PageKey = tuple[UUID, Window]
"""The parent, and which page of what it has."""


class Read(Generic[K, V]):
    """A line of the table: the loader is made when a request first asks for it, since it asks for few of them."""

    def __init__(self, of: Callable[["Loaders"], Reading[K, V]]) -> None:
        self._of = of
        self._name = ""

    def __set_name__(self, _: type, name: str) -> None:
        self._name = name

    def __get__(self, loaders: "Loaders", _: type | None = None) -> Loader[K, V]:
        made = Loader(self._of(loaders), self._name)
        setattr(loaders, self._name, made)  # found there from now on
        return made


class Loaders(Struct, dict=True, eq=False):
    cms: Cms
    ras: Ras
    entitlements: Entitlements

    batch_by_id = Read(lambda of: of.ras.batches_by_id)
    essay_by_id = Read(lambda of: of.ras.essays_by_id)
    essays_by_batch = Read(lambda of: paged(of.ras.essays_of_batches))
    class_info_by_batch = Read(lambda of: of.cms.class_info)
    validation_by_batch = Read(lambda of: of.cms.validation)
    associations_by_batch = Read(lambda of: paged(of.cms.associations_of_batches))
    class_by_id = Read(lambda of: of.cms.classes_by_id)
    students_by_class = Read(lambda of: paged(of.cms.rosters))
    batch_ids_by_class = Read(lambda of: paged(of.cms.batches_of_classes))
    student_by_id = Read(lambda of: of.cms.students_by_id)
    student_by_essay = Read(lambda of: of.cms.students_of_essays)
    essay_ids_by_student = Read(lambda of: paged(of.cms.essays_of_students))
    balance_by_user = Read(lambda of: of.entitlements.balances)

    def forget(self) -> None:
        """What was read before a change may not be so after it."""
        for each in vars(self).values():
            if isinstance(each, Loader):
                each.forget()


def paged(
    read: Callable[[Sequence[UUID], Window], Awaitable[Found[V]]],
) -> Reading[PageKey, V]:
    """The endpoints take one window for all parents, so each window is a read of its own."""

    async def of_window(asked: Window, parents: Sequence[UUID]) -> Mapping[PageKey, V | Exception]:
        found = await read(parents, asked)
        return {(parent, asked): page for parent, page in zip(parents, found, strict=True)}

    async def of_all(keys: Sequence[PageKey]) -> Sequence[V | Exception]:
        parents: dict[Window, list[UUID]] = defaultdict(list)
        for parent, asked in keys:
            parents[asked].append(parent)
        if len(parents) == 1:
            return await read([parent for parent, _ in keys], keys[0][1])
        answers = await asyncio.gather(*(of_window(asked, each) for asked, each in parents.items()))
        pages = {key: page for answer in answers for key, page in answer.items()}
        return [pages[key] for key in keys]

    return of_all
