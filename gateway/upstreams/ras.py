"""RAS's endpoints, a line or two each."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

from gateway.upstreams.transport import RefusedError, Session, Upstream
from kit.errors import invalid
from ras_service import contract as ras


@dataclass(frozen=True, slots=True)
class Ras:
    upstream: Upstream
    session: Session

    async def batches(
        self, first: int, after: str | None, offset: int, statuses: Sequence[ras.BatchStatus]
    ) -> ras.BatchPage:
        """Raises ValidationError for a cursor that the list did not give."""
        params = {"limit": first, "offset": offset, "cursors": "true", "status": [each.value for each in statuses]}
        if after is not None:
            params["after"] = after
        path = f"/internal/v1/batches/user/{quote(self.session.user_id, safe='')}"
        try:
            return await self.upstream.call(self.session, "GET", path, ras.BatchPage, params=params)
        except RefusedError as error:
            if "after" in error.fields:
                raise invalid("after", "must be a cursor that this list gave") from None
            raise

    async def batches_by_id(self, batch_ids: Sequence[UUID]) -> ras.BatchById:
        return await self.upstream.call(
            self.session,
            "POST",
            "/internal/v1/batches/lookup",
            ras.BatchById,
            body=ras.BatchIds([str(each) for each in batch_ids]),
            keys=len(batch_ids),
        )
