"""CMS's internal endpoints."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from cms_service import queries
from cms_service.contract import MAX_IDS, MAX_IDS_IN_URL, BatchIds, Courses
from kit.bodies import parse_ids, read_body
from kit.db import database
from kit.responses import json_response


async def courses(request: Request) -> Response:
    async with database(request).read() as connection:
        return json_response(Courses(await queries.courses(connection)))


async def class_info(request: Request) -> Response:
    batch_ids = await (_posted_ids(request) if request.method == "POST" else _ids_in_url(request))
    if not batch_ids:
        return json_response({})
    async with database(request).read() as connection:
        return json_response(await queries.class_info(connection, batch_ids))


async def _ids_in_url(request: Request) -> list[UUID]:
    texts = [text for value in request.query_params.getlist("batch_ids") for text in value.split(",") if text]
    return parse_ids("batch_ids", texts, MAX_IDS_IN_URL, f"; POST {request.url.path} takes {MAX_IDS}")


async def _posted_ids(request: Request) -> list[UUID]:
    return parse_ids("batch_ids", (await read_body(request, BatchIds)).batch_ids, MAX_IDS)
