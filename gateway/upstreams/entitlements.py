"""The entitlements service's endpoints, a line or two each."""

import asyncio
from collections.abc import Sequence

from msgspec import Struct

from gateway.contracts.entitlements import Balance
from gateway.errors import NotConfiguredError
from gateway.upstreams.transport import Session, Upstream

NAME, TITLE = "entitlements", "entitlements service"


class Entitlements(Struct, frozen=True):
    """Without `upstream` every call raises NotConfiguredError."""

    upstream: Upstream | None
    session: Session

    async def balances(self, user_ids: Sequence[str]) -> Sequence[Balance]:
        """The service knows no bulk endpoint: one call for each."""
        return await asyncio.gather(*(self._balance(each) for each in user_ids))

    async def _balance(self, user_id: str) -> Balance:
        if self.upstream is None:
            error = NotConfiguredError(f"The {TITLE} is not configured.")
            error.service = NAME
            raise error
        endpoint = "/v1/entitlements/balance/{user_id}"
        return await self.upstream.call(self.session, "GET", endpoint, Balance, at={"user_id": user_id})
