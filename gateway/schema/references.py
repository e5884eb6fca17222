"""The graph's types by name, for the edges between modules that know each other."""

from typing import TYPE_CHECKING, Annotated, TypeAlias

import strawberry

if TYPE_CHECKING:
    from gateway.schema.batches import Batch
    from gateway.schema.classes import SchoolClass
    from gateway.schema.essays import Essay
    from gateway.schema.students import Student

BatchType: TypeAlias = Annotated["Batch", strawberry.lazy("gateway.schema.batches")]
ClassType: TypeAlias = Annotated["SchoolClass", strawberry.lazy("gateway.schema.classes")]
EssayType: TypeAlias = Annotated["Essay", strawberry.lazy("gateway.schema.essays")]
StudentType: TypeAlias = Annotated["Student", strawberry.lazy("gateway.schema.students")]
