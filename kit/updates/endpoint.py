"""`GET /users/{user_id}/updates`: a long poll."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from kit.auth import caller
from kit.boundary import grant_budget
from kit.errors import GoneError, NotFoundError
from kit.ids import is_user_id
from kit.openapi import Answer, Parameter, operation
from kit.openapi.failures import ErrorBody
from kit.openapi.parameters import PATH_USER
from kit.query import Query
from kit.responses import error_body, json_response
from kit.updates.feed import Feed, Waiter
from kit.updates.reading import CursorGoneError, UpdatePage

MAX_WAIT_SECONDS = 25
MAX_CURSOR = 10**18 - 1

# What a poll may take beside its wait.
_WORK_SECONDS = 5


@dataclass
class Expired(ErrorBody):
    """`oldest` is the first cursor that works."""

    oldest: int


@operation(
    summary="What the teacher has not yet been told.",
    path=[PATH_USER],
    query=[
        Parameter(
            "after", Annotated[int, Meta(ge=0, le=MAX_CURSOR)], "`cursor` of the answer before; none starts now."
        ),
        Parameter("wait", Annotated[int, Meta(ge=0, le=MAX_WAIT_SECONDS)], "Seconds to wait for news.", 0),
    ],
    answers={200: UpdatePage, 410: Answer(Expired, "What followed the cursor is not there any more.")},
    errors=[NotFoundError],
    description="Answers at once when there is something newer than `after`, and else waits; 100 updates at most.",
)
async def user_updates(request: Request) -> Response:
    user_id = request.path_params["user_id"]
    if not is_user_id(user_id) or caller(request).user_id not in {None, user_id}:
        raise NotFoundError("There is no such user.")
    query = Query(request.query_params)
    after = query.integer("after", 0, 0, MAX_CURSOR) if "after" in request.query_params else None
    wait = query.integer("wait", 0, 0, MAX_WAIT_SECONDS)
    query.check()
    try:
        return json_response(await _page(request, user_id, after, wait))
    except CursorGoneError as gone:
        body = error_body(GoneError.code, "What followed this cursor is not there any more; start again without one.")
        return json_response({"error": body, "oldest": gone.oldest}, GoneError.status)


async def _page(request: Request, user_id: str, after: int | None, wait: int) -> UpdatePage:
    feed = request.state.feed
    assert isinstance(feed, Feed)
    grant_budget(request, (0 if after is None else wait) + _WORK_SECONDS)
    if after is None:
        return await feed.start(user_id)
    with feed.waiter(user_id) as waiter:
        async with watched(request, waiter):
            page = await feed.poll(waiter, user_id, after, wait)
    if waiter.gone:
        raise ClientDisconnect
    return page


@asynccontextmanager
async def watched(request: Request, waiter: Waiter) -> AsyncIterator[None]:
    """Frees the waiter when its client hangs up."""
    await request.body()  # whatever comes after it is the end of the connection

    async def watch() -> None:
        await request.receive()
        waiter.leave()

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
