"""RAS's internal endpoints."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from kit.auth import caller
from kit.bodies import parse_ids, read_body
from kit.db import database
from kit.errors import NotFoundError
from kit.fields import Fields
from kit.ids import is_user_id, parse_uuid
from kit.keyed import Asked
from kit.openapi import Answer, Parameter, operation
from kit.openapi.parameters import CURSORS, PAGE, PATH_USER
from kit.paging import Window, encode_cursor
from kit.query import Query
from kit.responses import json_response
from ras_service.contract import (
    MAX_IDS,
    Batch,
    BatchById,
    BatchIds,
    BatchPage,
    BatchPages,
    BatchPageWithEssays,
    BatchStatus,
    BatchWithEssays,
    EssayById,
    EssayIds,
    EssaysByBatch,
    Include,
    KeyedPage,
    Pagination,
)
from ras_service.lifecycle import states_of
from ras_service.queries import essays, reading
from ras_service.queries.essays import EssayKey


class BatchKey(NamedTuple):
    """What batches are sorted by, newest first."""

    created_at: datetime
    batch_id: UUID


@operation(
    summary="A teacher's batches, newest first.",
    path=[PATH_USER],
    query=[
        *PAGE,
        Parameter("status", list[BatchStatus], "Only batches with one of these; repeatable."),
        Parameter("include", list[Include], "What else the batches carry."),
    ],
    answers={200: Answer((BatchPageWithEssays, BatchPage), "With essays when they were asked for.")},
    errors=[NotFoundError],
)
async def list_batches(request: Request) -> Response:
    user_id = request.path_params["user_id"]
    acting = caller(request).user_id
    if not is_user_id(user_id) or acting not in {None, user_id}:
        raise NotFoundError("There is no such user.")
    query = Query(request.query_params)
    window = query.window(BatchKey)
    statuses = query.members("status", BatchStatus)
    include = query.members("include", Include)
    with_cursors = query.flag("cursors")
    query.check()
    async with database(request).direct() as connection:
        found, total = await reading.page(connection, user_id, states_of(statuses), window)
        batches = found[: window.limit]
        theirs = await essays.essays_of(connection, [each.batch_id for each in batches]) if include else None
    more = len(found) > window.limit
    pagination = Pagination(window.limit, window.offset, total, cursor(batches[-1]) if more else None)
    cursors = [cursor(each) for each in batches] if with_cursors else UNSET
    if theirs is None:
        return json_response(BatchPage(batches, pagination, cursors))
    whole = [reading.with_essays(each, theirs.get(each.batch_id, [])) for each in batches]
    return json_response(BatchPageWithEssays(whole, pagination, cursors))


@operation(summary="One batch with its essays.", answers={200: BatchWithEssays}, errors=[NotFoundError])
async def batch_status(request: Request) -> Response:
    batch_id = parse_uuid(request.path_params["batch_id"])
    found = None
    if batch_id:
        async with database(request).direct() as connection:
            found = (await reading.batches(connection, [batch_id], caller(request).user_id))[batch_id]
            written = await essays.essays_of(connection, [batch_id] if found else [])
    if not batch_id or not found:
        raise NotFoundError("There is no such batch.")
    return json_response(reading.with_essays(found, written.get(batch_id, [])))


@operation(summary="Batches by id.", body=BatchIds, answers={200: BatchById})
async def lookup_batches(request: Request) -> Response:
    body = await read_body(request, BatchIds)
    batch_ids = parse_ids("batch_ids", body.batch_ids, MAX_IDS)
    async with database(request).direct() as connection:
        return json_response(await reading.batches(connection, batch_ids, caller(request).user_id))


@operation(summary="Essays by id.", body=EssayIds, answers={200: EssayById})
async def lookup_essays(request: Request) -> Response:
    essay_ids = parse_ids("essay_ids", (await read_body(request, EssayIds)).essay_ids, MAX_IDS)
    async with database(request).direct() as connection:
        return json_response(await essays.by_id(connection, essay_ids, caller(request).user_id))


@operation(
    summary="The essays of each batch, in the order of registration.",
    query=[CURSORS],
    body=BatchPages,
    answers={200: EssaysByBatch},
)
async def essays_of_batches(request: Request) -> Response:
    query, fields = Query(request.query_params), Fields()
    with_cursors = query.flag("cursors")
    body = await fields.read(request, BatchPages)
    batch_ids = fields.ids("batch_ids", body.batch_ids, MAX_IDS)
    after = fields.cursor("after", body.after, EssayKey)
    fields.check(*query.wrong)
    asked = Asked(batch_ids, caller(request).user_id, Window(body.first, 0, after))
    async with database(request).direct() as connection:
        found = await essays.pages(connection, asked)
    return json_response(
        {
            batch_id: KeyedPage(page.items, page.total, page.next, page.cursors if with_cursors else UNSET)
            for batch_id, page in found.items()
        }
    )


def cursor(batch: Batch) -> str:
    return encode_cursor(BatchKey(batch.created_at, batch.batch_id))
