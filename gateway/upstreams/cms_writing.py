"""What CMS changes on behalf of a teacher, a line or two each. What it refuses is RefusedError."""

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from msgspec import Struct

from cms_service import contract as cms
from gateway.upstreams.transport import Session, Upstream

T = TypeVar("T")
IDEMPOTENCY_KEY = "Idempotency-Key"
CLASS = "/v1/classes/{class_id}"
STUDENT = "/v1/classes/students/{student_id}"
Body = Mapping[str, Any]


class CmsWriting(Struct, frozen=True):
    """Bodies are plain values, so that what is absent is absent; they fit the contract's classes."""

    upstream: Upstream
    session: Session

    async def create_class(self, body: Body, key: str | None) -> cms.SchoolClass:
        return await self._create("/v1/classes", body, key, cms.SchoolClass)

    async def update_class(self, class_id: UUID, body: Body) -> cms.SchoolClass:
        return await self._call("PUT", CLASS, cms.SchoolClass, body, at={"class_id": class_id})

    async def delete_class(self, class_id: UUID) -> None:
        await self._call("DELETE", CLASS, type(None), at={"class_id": class_id})

    async def create_student(self, body: Body, key: str | None) -> cms.Student:
        return await self._create("/v1/classes/students", body, key, cms.Student)

    async def update_student(self, student_id: UUID, body: Body) -> cms.Student:
        return await self._call("PUT", STUDENT, cms.Student, body, at={"student_id": student_id})

    async def delete_student(self, student_id: UUID) -> None:
        await self._call("DELETE", STUDENT, type(None), at={"student_id": student_id})

    async def confirm(self, batch_id: UUID, body: Body) -> cms.AssociationCounts:
        endpoint = "/v1/batches/{batch_id}/student-associations/confirm"
        return await self._call("POST", endpoint, cms.AssociationCounts, body, at={"batch_id": batch_id})

    async def _create(self, path: str, body: Body, key: str | None, answer: type[T]) -> T:
        return await self._call("POST", path, answer, body, {IDEMPOTENCY_KEY: key} if key else None)

    async def _call(
        self,
        method: str,
        endpoint: str,
        answer: type[T],
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        at: Mapping[str, UUID] | None = None,
    ) -> T:
        return await self.upstream.call(self.session, method, endpoint, answer, at=at, body=body, headers=headers)
