"""A teacher's associations of a batch: seen, and confirmed or rejected."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from cms_service.api.classes import pagination
from cms_service.api.writing import write
from cms_service.confirmation import confirm
from cms_service.contract import AssociationCounts, AssociationDecision, AssociationDecisions, AssociationPage
from cms_service.queries import associations
from cms_service.queries.associations import Decided
from cms_service.queries.pages import EssayKey
from kit.auth import acting_user
from kit.bodies import read_body
from kit.db import database
from kit.errors import FieldError, NotFoundError, ValidationError
from kit.ids import parse_uuid
from kit.openapi import operation
from kit.openapi.parameters import PAGE
from kit.query import Query
from kit.responses import json_response


@operation(
    summary="The student associations of a batch, oldest first.",
    query=PAGE,
    answers={200: AssociationPage},
    errors=[NotFoundError],
    description="Those of your classes. Of a batch that has none of them the list is empty.",
)
async def list_associations(request: Request) -> Response:
    batch_id = _batch_id(request)
    query = Query(request.query_params)
    window, with_cursors = query.window(EssayKey), query.flag("cursors")
    query.check()
    async with database(request).read() as connection:
        page = await associations.page(connection, batch_id, acting_user(request), window)
    cursors = page.cursors if with_cursors else UNSET
    return json_response(AssociationPage(page.items, pagination(window, page), cursors))


@operation(
    summary="Confirm or reject associations of a batch.",
    body=AssociationDecisions,
    answers={200: AssociationCounts},
    errors=[NotFoundError],
    description="All of them or, when one may not be, none. The answer counts those of the batch afterwards.",
)
async def confirm_associations(request: Request) -> Response:
    batch_id, body = _batch_id(request), await read_body(request, AssociationDecisions)
    decisions = _decided(body.associations)
    work = partial(confirm, batch_id=batch_id, user_id=acting_user(request), decisions=decisions)
    return json_response(await write(request, work))


def _batch_id(request: Request) -> UUID:
    batch_id = parse_uuid(request.path_params["batch_id"])
    if batch_id is None:
        raise NotFoundError("There is no such batch.")
    return batch_id


def _decided(asked: Sequence[AssociationDecision]) -> list[Decided]:
    """Raises ValidationError for an essay that comes twice, and a confirmation of nobody."""
    wrong: list[FieldError] = []
    students: dict[UUID, UUID | None] = {}
    for place, each in enumerate(asked):
        essay_id, student_id = UUID(each.essay_id), each.student_id
        if essay_id in students:
            wrong.append(FieldError(f"associations.{place}.essay_id", "is there twice"))
        if each.confirmed and student_id is None:
            wrong.append(FieldError(f"associations.{place}.student_id", "is required to confirm"))
        students[essay_id] = UUID(student_id) if each.confirmed and student_id else None
    if wrong:
        raise ValidationError(wrong)
    return [Decided(*each) for each in students.items()]
