"""Every batched read, one table: made per request, named value_by_key, answered by key and never by position."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TypeVar
from uuid import UUID

from cms_service import contract as cms
from gateway.contracts import entitlements
from gateway.loading import Loader
from gateway.upstreams.cms import Cms
from gateway.upstreams.entitlements import Entitlements
from gateway.upstreams.keyed import Found
from gateway.upstreams.ras import Ras
from gateway.windows import Window
from ras_service import contract as ras

V = TypeVar("V")
PageKey = tuple[UUID, Window]
"""The parent, and which page of what it has."""


@dataclass(frozen=True, slots=True)
class Loaders:
    batch_by_id: Loader[UUID, ras.Batch | None]
    essay_by_id: Loader[UUID, ras.Essay | None]
    essays_by_batch: Loader[PageKey, ras.KeyedPage[ras.Essay]]
    class_info_by_batch: Loader[UUID, cms.ClassInfo | None]
    validation_by_batch: Loader[UUID, cms.ValidationStatus | None]
    associations_by_batch: Loader[PageKey, cms.KeyedPage[cms.StudentAssociation]]
    class_by_id: Loader[UUID, cms.SchoolClass | None]
    students_by_class: Loader[PageKey, cms.KeyedPage[cms.Student]]
    batch_ids_by_class: Loader[PageKey, cms.KeyedPage[UUID]]
    student_by_id: Loader[UUID, cms.Student | None]
    student_by_essay: Loader[UUID, cms.Student | None]
    essay_ids_by_student: Loader[PageKey, cms.KeyedPage[cms.WrittenEssay]]
    balance_by_user: Loader[str, entitlements.Balance]

    def forget(self) -> None:
        """What was read before a change may not be so after it."""
        for each in fields(self):
            getattr(self, each.name).forget()


def make_loaders(cms_client: Cms, ras_client: Ras, entitlements_client: Entitlements) -> Loaders:
    return Loaders(
        batch_by_id=Loader(ras_client.batches_by_id),
        essay_by_id=Loader(ras_client.essays_by_id),
        essays_by_batch=paged(ras_client.essays_of_batches),
        class_info_by_batch=Loader(cms_client.class_info),
        validation_by_batch=Loader(cms_client.validation),
        associations_by_batch=paged(cms_client.associations_of_batches),
        class_by_id=Loader(cms_client.classes_by_id),
        students_by_class=paged(cms_client.rosters),
        batch_ids_by_class=paged(cms_client.batches_of_classes),
        student_by_id=Loader(cms_client.students_by_id),
        student_by_essay=Loader(cms_client.students_of_essays),
        essay_ids_by_student=paged(cms_client.essays_of_students),
        balance_by_user=Loader(entitlements_client.balances),
    )


def paged(read: Callable[[Sequence[UUID], Window], Awaitable[Found[V]]]) -> Loader[PageKey, V]:
    """The endpoints take one window for all parents, so each window is a read of its own."""

    async def of_window(asked: Window, parents: Sequence[UUID]) -> Mapping[PageKey, V | Exception]:
        found = await read(parents, asked)
        return {(parent, asked): found[parent] for parent in parents}

    async def of_all(keys: Sequence[PageKey]) -> Mapping[PageKey, V | Exception]:
        parents: dict[Window, list[UUID]] = defaultdict(list)
        for parent, asked in keys:
            parents[asked].append(parent)
        answers = await asyncio.gather(*(of_window(asked, each) for asked, each in parents.items()))
        return {key: page for answer in answers for key, page in answer.items()}

    return Loader(of_all)
