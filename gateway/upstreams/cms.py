"""CMS's endpoints, a line or two each."""

from collections.abc import Awaitable, Sequence
from typing import ClassVar, TypeVar
from uuid import UUID

from cms_service import contract as cms
from gateway.upstreams.http1.request import query_of
from gateway.upstreams.keyed import Found, Keyed, by_text, page, texts
from gateway.upstreams.merging_calls import Merging
from gateway.upstreams.transport import Upstream
from gateway.windows import Window
from kit.errors import invalid

V = TypeVar("V")
_CLASS_INFO = by_text(cms.ClassInfoByBatch)
_VALIDATION = by_text(cms.ValidationStatusByBatch)


class Cms(Keyed, frozen=True):
    at_most: ClassVar[int] = cms.MAX_IDS
    merging: Merging[cms.ClassInfo | None] | None = None
    """Of class-info across requests: CMS answers it irrespective of the teacher, for ids of a scoped answer of RAS."""

    async def courses(self) -> list[cms.Course]:
        return (await self.upstream.call(self.session, "GET", "/internal/v1/courses", cms.Courses)).courses

    def classes(self, asked: Window) -> Awaitable[cms.ClassPage]:
        """Raises ValidationError for a cursor that the list did not give."""
        return self._list("/v1/classes", asked.query(), cms.ClassPage)

    async def students(self, asked: Window, search: str) -> cms.StudentPage:
        """Raises ValidationError for a cursor that the list did not give, and for what cannot be searched for."""
        if len(search) > cms.MAX_SEARCH or "\0" in search:
            raise invalid("search", f"must be at most {cms.MAX_SEARCH} characters, without NUL")
        return await self._list("/v1/classes/students", asked.query(q=search), cms.StudentPage)

    def class_info(self, batch_ids: Sequence[UUID]) -> Awaitable[Found[cms.ClassInfo | None]]:
        if self.merging and batch_ids:
            return self.merging.read(self.session, batch_ids)
        return self._by_url("/batches/class-info", batch_ids, _CLASS_INFO)

    def validation(self, batch_ids: Sequence[UUID]) -> Awaitable[Found[cms.ValidationStatus | None]]:
        return self._by_url("/batches/validation-status", batch_ids, _VALIDATION)

    def classes_by_id(self, class_ids: Sequence[UUID]) -> Awaitable[Found[cms.SchoolClass | None]]:
        return self.lookup("/classes/lookup", cms.ClassIds, class_ids, by_text(cms.ClassById))

    def students_by_id(self, student_ids: Sequence[UUID]) -> Awaitable[Found[cms.Student | None]]:
        return self.lookup("/students/lookup", cms.StudentIds, student_ids, by_text(cms.StudentById))

    def students_of_essays(self, essay_ids: Sequence[UUID]) -> Awaitable[Found[cms.Student | None]]:
        return self.lookup("/essays/students", cms.EssayIds, essay_ids, by_text(cms.StudentByEssay))

    def rosters(self, class_ids: Sequence[UUID], asked: Window) -> Awaitable[Found[cms.KeyedPage[cms.Student]]]:
        return self.pages("/classes/rosters", cms.ClassPages, class_ids, asked, by_text(cms.RosterByClass))

    def batches_of_classes(self, class_ids: Sequence[UUID], asked: Window) -> Awaitable[Found[cms.KeyedPage[UUID]]]:
        return self.pages("/classes/batches", cms.ClassPages, class_ids, asked, by_text(cms.BatchIdsByClass))

    def essays_of_students(
        self, student_ids: Sequence[UUID], asked: Window
    ) -> Awaitable[Found[cms.KeyedPage[cms.WrittenEssay]]]:
        return self.pages("/students/essays", cms.StudentPages, student_ids, asked, by_text(cms.EssaysByStudent))

    def associations_of_batches(
        self, batch_ids: Sequence[UUID], asked: Window
    ) -> Awaitable[Found[cms.KeyedPage[cms.StudentAssociation]]]:
        path = "/batches/associations"
        return self.pages(path, cms.BatchPages, batch_ids, asked, by_text(cms.AssociationsByBatch))

    def _list(self, path: str, query: str, answer: type[V]) -> Awaitable[V]:
        return page(self.upstream.call(self.session, "GET", path, answer, query=query))

    def _by_url(self, path: str, batch_ids: Sequence[UUID], answer: type[dict[str, V]]) -> Awaitable[Found[V]]:
        """By POST when the ids are too many for a URL."""
        if len(batch_ids) > cms.MAX_IDS_IN_URL:
            return self.lookup(path, cms.BatchIds, batch_ids, answer)

        whole = f"/internal/v1{path}"

        def get(ids: Sequence[str]) -> Awaitable[dict[str, V]]:
            query = query_of({"batch_ids": ",".join(ids)})
            return self.upstream.call(self.session, "GET", whole, answer, query=query, keys=len(ids))

        return self.chunk(texts(batch_ids), get)


def merged_class_info(upstream: Upstream) -> Merging[cms.ClassInfo | None]:
    return Merging(upstream, lambda session, ids: Cms(upstream, session).class_info(ids), cms.MAX_IDS)
