"""CMS's endpoints, a line or two each."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from cms_service import contract as cms
from gateway.upstreams.transport import Session, Upstream


@dataclass(frozen=True, slots=True)
class Cms:
    upstream: Upstream
    session: Session

    async def courses(self) -> list[cms.Course]:
        return (await self.upstream.call(self.session, "GET", "/internal/v1/courses", cms.Courses)).courses

    async def class_info(self, batch_ids: Sequence[UUID]) -> cms.ClassInfoByBatch:
        if len(batch_ids) <= cms.MAX_IDS_IN_URL:
            return await self._class_info("GET", batch_ids)
        chunks = [batch_ids[at : at + cms.MAX_IDS] for at in range(0, len(batch_ids), cms.MAX_IDS)]
        answers = await asyncio.gather(*(self._class_info("POST", chunk) for chunk in chunks))
        return {batch_id: info for answer in answers for batch_id, info in answer.items()}

    async def _class_info(self, method: str, batch_ids: Sequence[UUID]) -> cms.ClassInfoByBatch:
        texts = [str(each) for each in batch_ids]
        return await self.upstream.call(
            self.session,
            method,
            "/internal/v1/batches/class-info",
            cms.ClassInfoByBatch,
            params={"batch_ids": ",".join(texts)} if method == "GET" else None,
            body=None if method == "GET" else cms.BatchIds(texts),
            keys=len(texts),
        )
