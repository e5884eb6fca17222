"""The entitlements service: who may still use how much."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

Credit = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
"""As the graph's integers are."""


@dataclass
class Balance:
    """`org_balance` is that of the organisation `org_id`; both are null for a user without one."""

    user_balance: Credit
    org_balance: Credit | None
    org_id: str | None
