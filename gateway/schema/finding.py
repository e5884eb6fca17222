"""Any object by its global id."""

from collections.abc import Awaitable
from typing import TypeAlias

from cms_service import contract as cms
from gateway.context import GraphInfo
from gateway.schema.node import typed_uuid
from ras_service import contract as ras

NodeRecord: TypeAlias = ras.Batch | ras.Essay | cms.SchoolClass | cms.Student


def find(info: GraphInfo, global_id: str) -> Awaitable[NodeRecord | None] | None:
    """None at once for what is no global id, or of a type that is no node."""
    loaders = info.context.loaders
    match typed_uuid(global_id):
        case ("Batch", uuid):
            return loaders.batch_by_id.load(info, uuid)
        case ("Essay", uuid):
            return loaders.essay_by_id.load(info, uuid)
        case ("SchoolClass", uuid):
            return loaders.class_by_id.load(info, uuid)
        case ("Student", uuid):
            return loaders.student_by_id.load(info, uuid)
    return None
