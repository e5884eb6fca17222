"""CMS's internal endpoints: answers by key, scoped to the user on whose behalf they are asked, where there is one.

Class-info and validation-status are shared: their ids come from an answer that was the user's own.
"""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta
from starlette.requests import Request
from starlette.responses import Response

from cms_service.contract import (
    MAX_IDS,
    MAX_IDS_IN_URL,
    AssociationsByBatch,
    BatchIds,
    BatchIdsByClass,
    BatchPages,
    ClassById,
    ClassIds,
    ClassInfoByBatch,
    ClassPages,
    Courses,
    EssayIds,
    EssaysByStudent,
    IdText,
    KeyedPage,
    PageOfEach,
    RosterByClass,
    StudentByEssay,
    StudentById,
    StudentIds,
    StudentPages,
    ValidationStatusByBatch,
)
from cms_service.queries import lookups, pages
from cms_service.settings import settings
from kit.auth import caller
from kit.bodies import parse_ids, read_body
from kit.db import database
from kit.fields import Fields
from kit.keyed import Asked, Page
from kit.openapi import Parameter, operation
from kit.openapi.parameters import CURSORS
from kit.paging import Window
from kit.query import Query
from kit.responses import json_response

BATCH_IDS = Parameter(
    "batch_ids",
    Annotated[list[IdText], Meta(max_length=MAX_IDS_IN_URL)],
    "Separated by commas; none is an empty answer. POST takes more.",
    commas=True,
)


@operation(summary="All courses.", answers={200: Courses})
async def courses(request: Request) -> Response:
    async with database(request).direct() as connection:
        return json_response(Courses(await lookups.courses(connection)))


@operation(
    method="GET",
    summary="The class of each batch.",
    query=[BATCH_IDS],
    answers={200: ClassInfoByBatch},
    description="Shared: not scoped to X-User-ID.",
)
@operation(
    method="POST",
    summary="The class of each of up to 1,000 batches.",
    body=BatchIds,
    answers={200: ClassInfoByBatch},
    description="Shared: not scoped to X-User-ID.",
)
async def class_info(request: Request) -> Response:
    batch_ids = await _batch_ids(request)
    if not batch_ids:
        return json_response({})
    async with database(request).direct() as connection:
        return json_response(await lookups.class_info(connection, batch_ids))


@operation(
    method="GET",
    summary="How far each batch's associations are validated.",
    query=[BATCH_IDS],
    answers={200: ValidationStatusByBatch},
    description="Shared: not scoped to X-User-ID.",
)
@operation(
    method="POST",
    summary="How far the associations of each of up to 1,000 batches are validated.",
    body=BatchIds,
    answers={200: ValidationStatusByBatch},
    description="Shared: not scoped to X-User-ID.",
)
async def validation_status(request: Request) -> Response:
    batch_ids = await _batch_ids(request)
    if not batch_ids:
        return json_response({})
    timeout = settings(request).validation_timeout
    async with database(request).direct() as connection:
        return json_response(await lookups.validation_status(connection, batch_ids, timeout))


@operation(summary="Classes by id.", body=ClassIds, answers={200: ClassById})
async def lookup_classes(request: Request) -> Response:
    class_ids = parse_ids("class_ids", (await read_body(request, ClassIds)).class_ids, MAX_IDS)
    async with database(request).direct() as connection:
        return json_response(await lookups.classes(connection, class_ids, caller(request).user_id))


@operation(summary="Students by id.", body=StudentIds, answers={200: StudentById})
async def lookup_students(request: Request) -> Response:
    student_ids = parse_ids("student_ids", (await read_body(request, StudentIds)).student_ids, MAX_IDS)
    async with database(request).direct() as connection:
        return json_response(await lookups.students(connection, student_ids, caller(request).user_id))


@operation(summary="Who wrote each essay, as far as that is confirmed.", body=EssayIds, answers={200: StudentByEssay})
async def students_of_essays(request: Request) -> Response:
    essay_ids = parse_ids("essay_ids", (await read_body(request, EssayIds)).essay_ids, MAX_IDS)
    async with database(request).direct() as connection:
        return json_response(await lookups.students_of_essays(connection, essay_ids, caller(request).user_id))


@operation(
    summary="The students of each class, in Swedish order.",
    query=[CURSORS],
    body=ClassPages,
    answers={200: RosterByClass},
)
async def rosters(request: Request) -> Response:
    asked = await _asked(request, ClassPages, "class_ids", pages.StudentKey)
    async with database(request).direct() as connection:
        return _answer(request, await pages.rosters(connection, asked))


@operation(
    summary="The batches of each class, newest first.", query=[CURSORS], body=ClassPages, answers={200: BatchIdsByClass}
)
async def batches_of_classes(request: Request) -> Response:
    asked = await _asked(request, ClassPages, "class_ids", pages.BatchKey)
    async with database(request).direct() as connection:
        return _answer(request, await pages.batches_of_classes(connection, asked))


@operation(
    summary="The essays of each student, newest first.",
    query=[CURSORS],
    body=StudentPages,
    answers={200: EssaysByStudent},
)
async def essays_of_students(request: Request) -> Response:
    asked = await _asked(request, StudentPages, "student_ids", pages.EssayKey)
    async with database(request).direct() as connection:
        return _answer(request, await pages.essays_of_students(connection, asked))


@operation(
    summary="The student associations of each batch, oldest first.",
    query=[CURSORS],
    body=BatchPages,
    answers={200: AssociationsByBatch},
)
async def associations_of_batches(request: Request) -> Response:
    asked = await _asked(request, BatchPages, "batch_ids", pages.EssayKey)
    async with database(request).direct() as connection:
        return _answer(request, await pages.associations_of_batches(connection, asked))


async def _batch_ids(request: Request) -> list[UUID]:
    if request.method == "POST":
        return parse_ids("batch_ids", (await read_body(request, BatchIds)).batch_ids, MAX_IDS)
    texts = [text for value in request.query_params.getlist("batch_ids") for text in value.split(",") if text]
    return parse_ids("batch_ids", texts, MAX_IDS_IN_URL, f"; POST {request.url.path} takes {MAX_IDS}")


async def _asked(request: Request, of: type[PageOfEach], name: str, keys: type[tuple[Any, ...]]) -> Asked:
    """`name` is the body's field of ids."""
    query, fields = Query(request.query_params), Fields()
    query.flag("cursors")
    body = await fields.read(request, of)
    ids = fields.ids(name, getattr(body, name), MAX_IDS)
    after = fields.cursor("after", body.after, keys)
    fields.check(*query.wrong)
    return Asked(ids, caller(request).user_id, Window(body.first, 0, after))


def _answer(request: Request, found: Mapping[UUID, Page[Any]]) -> Response:
    """With `cursors=true` in the query there is a cursor for each item."""
    cursors = Query(request.query_params).flag("cursors")
    return json_response(
        {
            parent: KeyedPage(page.items, page.total, page.next, page.cursors if cursors else UNSET)
            for parent, page in found.items()
        }
    )
