"""Credits: the entitlements service's contract, less what is another organisation's."""

import strawberry
import structlog

from gateway.context import GraphInfo
from gateway.contracts import entitlements
from gateway.upstreams.entitlements import NAME, TITLE
from kit.errors import ExternalServiceError

log = structlog.get_logger("graph")


def org_balance(root: entitlements.Balance, info: GraphInfo) -> int | None:
    """Raises ExternalServiceError for another organisation's: to show it would be wrong, and so would null."""
    own = info.context.identity.org_id
    if own is None or (root.org_balance is None and root.org_id in {None, own}):
        return None
    if root.org_id == own:
        return root.org_balance
    log.error("another organisation's balance", token=own, answered=root.org_id)
    error = ExternalServiceError(f"The {TITLE} knows the teacher in another organisation than the token names.")
    error.service = NAME
    raise error


@strawberry.type(description="What is left to spend on assessments.")
class Credits(entitlements.Balance):
    org_id: strawberry.Private[str | None]
    user_balance: int = strawberry.field(description="The teacher's own.")
    org_balance: int | None = strawberry.field(
        resolver=org_balance,
        description="Of the organisation that the token names; null without an error when it names none, or when that "
        "one has no account.",
    )
