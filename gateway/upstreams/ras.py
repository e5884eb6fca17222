"""RAS's endpoints, a line or two each."""

from collections.abc import Awaitable, Sequence
from typing import ClassVar
from uuid import UUID

from gateway.upstreams.keyed import Found, Keyed, by_text, page
from gateway.windows import Window
from ras_service import contract as ras


class Ras(Keyed, frozen=True):
    at_most: ClassVar[int] = ras.MAX_IDS

    def batches(self, asked: Window, statuses: Sequence[ras.BatchStatus]) -> Awaitable[ras.BatchPage]:
        """Raises ValidationError for a cursor that the list did not give."""
        wanted = {"status": [each.value for each in dict.fromkeys(statuses)]} if statuses else {}
        endpoint, at = "/internal/v1/batches/user/{user_id}", {"user_id": self.session.user_id}
        query = asked.query(**wanted)
        return page(self.upstream.call(self.session, "GET", endpoint, ras.BatchPage, at=at, query=query))

    def batches_by_id(self, batch_ids: Sequence[UUID]) -> Awaitable[Found[ras.Batch | None]]:
        return self.lookup("/batches/lookup", ras.BatchIds, batch_ids, by_text(ras.BatchById))

    def essays_by_id(self, essay_ids: Sequence[UUID]) -> Awaitable[Found[ras.Essay | None]]:
        return self.lookup("/essays/lookup", ras.EssayIds, essay_ids, by_text(ras.EssayById))

    def essays_of_batches(self, batch_ids: Sequence[UUID], asked: Window) -> Awaitable[Found[ras.KeyedPage[ras.Essay]]]:
        return self.pages("/batches/essays", ras.BatchPages, batch_ids, asked, by_text(ras.EssaysByBatch))
