"""The graph: the services' contracts, plus edges."""

import strawberry

from gateway.schema import enums  # noqa: F401  before any type is made: Strawberry would make its own
from gateway.schema.deferring import DEFER
from gateway.schema.mutation import Mutation
from gateway.schema.query import Query
from gateway.schema.scalars import CONFIG
from gateway.schema.subscription import Subscription

schema = strawberry.Schema(Query, Mutation, Subscription, config=CONFIG)
schema._schema.directives = (*schema._schema.directives, DEFER)  # noqa: SLF001  Strawberry takes no such directive
