"""A teacher's classes and their rosters."""

from functools import partial
from typing import Any
from uuid import UUID

from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from cms_service import roster
from cms_service.api.headers import IDEMPOTENCY
from cms_service.api.writing import create, write
from cms_service.contract import ClassChanges, ClassPage, NewClass, Pagination, SchoolClass, StudentPage
from cms_service.queries import classes
from cms_service.queries.classes import ClassKey
from cms_service.queries.pages import StudentKey
from kit.auth import acting_user
from kit.bodies import read_body
from kit.db import database
from kit.errors import ConflictError, NotFoundError
from kit.ids import parse_uuid
from kit.keyed import Page
from kit.openapi import operation
from kit.openapi.parameters import PAGE
from kit.paging import Window
from kit.query import Query
from kit.responses import json_response


@operation(summary="Your classes, newest first.", query=PAGE, answers={200: ClassPage})
async def list_classes(request: Request) -> Response:
    query = Query(request.query_params)
    window, with_cursors = query.window(ClassKey), query.flag("cursors")
    query.check()
    async with database(request).read() as connection:
        page = await classes.page(connection, acting_user(request), window)
    cursors = page.cursors if with_cursors else UNSET
    return json_response(ClassPage(page.items, pagination(window, page), cursors))


@operation(
    summary="Make a class.",
    headers=[IDEMPOTENCY],
    body=NewClass,
    answers={201: SchoolClass},
    errors=[ConflictError],
)
async def create_class(request: Request) -> Response:
    body = await read_body(request, NewClass)
    return await create(request, partial(roster.create_class, user_id=acting_user(request), body=body))


@operation(summary="A class.", answers={200: SchoolClass}, errors=[NotFoundError])
async def read_class(request: Request) -> Response:
    class_id = class_id_of(request)
    async with database(request).read() as connection:
        found = await classes.find(connection, acting_user(request), class_id)
    if found is None:
        raise roster.no_class()
    return json_response(found)


@operation(summary="Change a class.", body=ClassChanges, answers={200: SchoolClass}, errors=[NotFoundError])
async def update_class(request: Request) -> Response:
    class_id, body = class_id_of(request), await read_body(request, ClassChanges)
    work = partial(roster.update_class, user_id=acting_user(request), class_id=class_id, body=body)
    return json_response(await write(request, work))


@operation(
    summary="Delete a class.",
    answers={204: None},
    errors=[NotFoundError],
    description="Its students stay. Who wrote which essay stays, but for what was still to be confirmed.",
)
async def delete_class(request: Request) -> Response:
    work = partial(roster.delete_class, user_id=acting_user(request), class_id=class_id_of(request))
    await write(request, work)
    return Response(status_code=204)


@operation(summary="The students of a class.", query=PAGE, answers={200: StudentPage}, errors=[NotFoundError])
async def list_roster(request: Request) -> Response:
    class_id, user_id = class_id_of(request), acting_user(request)
    query = Query(request.query_params)
    window, with_cursors = query.window(StudentKey), query.flag("cursors")
    query.check()
    async with database(request).read() as connection:
        page = await classes.roster(connection, user_id, class_id, window)
        if not page.total and not await classes.is_there(connection, user_id, class_id):
            raise roster.no_class()
    cursors = page.cursors if with_cursors else UNSET
    return json_response(StudentPage(page.items, pagination(window, page), cursors))


def class_id_of(request: Request) -> UUID:
    class_id = parse_uuid(request.path_params["class_id"])
    if class_id is None:
        raise roster.no_class()
    return class_id


def pagination(window: Window, page: Page[Any]) -> Pagination:
    return Pagination(window.limit, window.offset, page.total, page.next)
