"""RAS's endpoints, a line or two each."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from gateway.upstreams.keyed import Found, Keyed, cursors_told
from gateway.upstreams.transport import Session, Upstream
from gateway.windows import Window
from ras_service import contract as ras


@dataclass(frozen=True, slots=True)
class Ras:
    upstream: Upstream
    session: Session

    async def batches(self, asked: Window, statuses: Sequence[ras.BatchStatus]) -> ras.BatchPage:
        """Raises ValidationError for a cursor that the list did not give."""
        params = {**asked.params(), "status": [each.value for each in dict.fromkeys(statuses)]}
        endpoint, at = "/internal/v1/batches/user/{user_id}", {"user_id": self.session.user_id}
        with cursors_told():
            return await self.upstream.call(self.session, "GET", endpoint, ras.BatchPage, at=at, params=params)

    async def batches_by_id(self, batch_ids: Sequence[UUID]) -> Found[ras.Batch | None]:
        return await self._keyed.lookup("/batches/lookup", ras.BatchIds, batch_ids, ras.BatchById)

    async def essays_by_id(self, essay_ids: Sequence[UUID]) -> Found[ras.Essay | None]:
        return await self._keyed.lookup("/essays/lookup", ras.EssayIds, essay_ids, ras.EssayById)

    async def essays_of_batches(self, batch_ids: Sequence[UUID], asked: Window) -> Found[ras.KeyedPage[ras.Essay]]:
        return await self._keyed.pages("/batches/essays", ras.BatchPages, batch_ids, asked, ras.EssaysByBatch)

    @property
    def _keyed(self) -> Keyed:
        return Keyed(self.upstream, self.session, ras.MAX_IDS)
