"""Compiled execution: an operation becomes a Python function made for it, and graphql-core stays the law.

`Plans` picks the plan of a document; `plan` knows what is selected where; `source` writes the function; `running` is
graphql-core's own executor, entered wherever a value is not what the function was made for. So results and errors are
graphql-core's, and only the ordinary case is fast. `bulk` declares fields that are resolved for all parents at once,
and `kinds` types whose values are told by their class.

It knows Strawberry and graphql-core, and nothing of what a schema is about.
"""

from gateway.executor.bulk import BULK, bulk
from gateway.executor.kinds import OfClasses
from gateway.executor.plans import Document, Plans, Statistics

__all__ = ["BULK", "Document", "OfClasses", "Plans", "Statistics", "bulk"]
