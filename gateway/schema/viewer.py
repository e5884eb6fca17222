"""The signed-in teacher: what the token says, and what other services know of them."""

import strawberry

from gateway.context import GraphInfo
from gateway.contracts import entitlements
from gateway.schema.credits import Credits


@strawberry.type(description="The signed-in teacher.")
class Teacher:
    user_id: str = strawberry.field(description="Who the token is for.")
    org_id: str | None = strawberry.field(description="The organisation that the token names.")

    @strawberry.field(
        graphql_type=Credits | None,
        description="What the teacher may still spend; null only with an error: NOT_CONFIGURED where no entitlements "
        "service is, another one when it fails.",
    )
    async def credits(self, info: GraphInfo) -> entitlements.Balance | None:
        return await info.context.loaders.balance_by_user.load(info, self.user_id)
