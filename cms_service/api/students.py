"""A teacher's students."""

from functools import partial
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta
from starlette.requests import Request
from starlette.responses import Response

from cms_service import roster
from cms_service.api.classes import pagination
from cms_service.api.headers import IDEMPOTENCY
from cms_service.api.writing import create, write
from cms_service.contract import MAX_SEARCH, NewStudent, Student, StudentChanges, StudentPage
from cms_service.queries import students
from cms_service.queries.pages import StudentKey
from kit.auth import acting_user
from kit.bodies import read_body
from kit.db import database
from kit.errors import ConflictError, NotFoundError
from kit.ids import parse_uuid
from kit.openapi import Parameter, operation
from kit.openapi.parameters import PAGE
from kit.query import Query
from kit.responses import json_response

PREFIX = Parameter(
    "q",
    Annotated[str, Meta(max_length=MAX_SEARCH, pattern=r"^[^\x00]*$")],
    "What the last name, the first name or the e-mail address begins with.",
)


@operation(summary="Your students, by last name, first name and id.", query=[*PAGE, PREFIX], answers={200: StudentPage})
async def list_students(request: Request) -> Response:
    query = Query(request.query_params)
    window, with_cursors = query.window(StudentKey), query.flag("cursors")
    prefix = query.text("q", MAX_SEARCH)
    query.check()
    async with database(request).read() as connection:
        page = await students.page(connection, acting_user(request), prefix.strip(), window)
    cursors = page.cursors if with_cursors else UNSET
    return json_response(StudentPage(page.items, pagination(window, page), cursors))


@operation(
    summary="Make a student.",
    headers=[IDEMPOTENCY],
    body=NewStudent,
    answers={201: Student},
    errors=[ConflictError],
)
async def create_student(request: Request) -> Response:
    body = await read_body(request, NewStudent)
    return await create(request, partial(roster.create_student, user_id=acting_user(request), body=body))


@operation(summary="A student.", answers={200: Student}, errors=[NotFoundError])
async def read_student(request: Request) -> Response:
    student_id = student_id_of(request)
    async with database(request).read() as connection:
        found = await students.find(connection, acting_user(request), student_id)
    if found is None:
        raise roster.no_student()
    return json_response(found)


@operation(
    summary="Change a student.", body=StudentChanges, answers={200: Student}, errors=[NotFoundError, ConflictError]
)
async def update_student(request: Request) -> Response:
    student_id, body = student_id_of(request), await read_body(request, StudentChanges)
    work = partial(roster.update_student, user_id=acting_user(request), student_id=student_id, body=body)
    return json_response(await write(request, work))


@operation(
    summary="Delete a student.",
    answers={204: None},
    errors=[NotFoundError],
    description="What the student is said to have written is then nobody's.",
)
async def delete_student(request: Request) -> Response:
    work = partial(roster.delete_student, user_id=acting_user(request), student_id=student_id_of(request))
    await write(request, work)
    return Response(status_code=204)


def student_id_of(request: Request) -> UUID:
    student_id = parse_uuid(request.path_params["student_id"])
    if student_id is None:
        raise roster.no_student()
    return student_id
