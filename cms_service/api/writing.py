"""How an endpoint changes something: rows, events and updates in one transaction, in this order."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from cms_service.changes import Change
from cms_service.contract import SchoolClass, Student
from cms_service.events import OUTBOX
from cms_service.idempotency import attempt
from kit.db import Connection, database
from kit.responses import encode_json
from kit.updates.feed import Feed

T = TypeVar("T")
Made = TypeVar("Made", SchoolClass, Student)


async def write(request: Request, work: Callable[[Connection], Awaitable[Change[T]]]) -> T:
    async with database(request).write() as connection:
        change = await work(connection)
        await _tell(request, connection, change)
    return change.result


async def create(request: Request, work: Callable[[Connection], Awaitable[Change[Made]]]) -> Response:
    """201 with the Location of what is made, under the request's own path; or what an earlier attempt was answered."""
    trying = await attempt(request)
    async with database(request).write() as connection:
        earlier = await trying.earlier(connection) if trying else None
        if earlier:
            return _answer(earlier.status, earlier.location, earlier.body)
        change = await work(connection)
        location, body = f"{request.url.path}/{change.result.id}", encode_json(change.result)
        if trying:
            await trying.remember(connection, 201, location, body)
        await _tell(request, connection, change)
    return _answer(201, location, body)


async def _tell(request: Request, connection: Connection, change: Change[T]) -> None:
    feed = request.state.feed
    assert isinstance(feed, Feed)
    await OUTBOX.publish(connection, *change.events)
    await feed.updates.tell(connection, *change.updates)


def _answer(status: int, location: str | None, body: bytes) -> Response:
    return Response(body, status, {"Location": location} if location else None, media_type="application/json")
