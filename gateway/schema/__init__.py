"""The graph: the services' contracts, plus edges."""

import strawberry

from gateway.schema import enums  # noqa: F401  before any type is made: Strawberry would make its own
from gateway.schema.mutation import Mutation
from gateway.schema.query import Query
from gateway.schema.scalars import CONFIG
from gateway.schema.subscription import Subscription

schema = strawberry.Schema(Query, Mutation, Subscription, config=CONFIG)
