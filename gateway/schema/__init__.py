"""The graph: the services' contracts, plus edges."""

import strawberry

from gateway.schema.query import Query

schema = strawberry.Schema(Query)
