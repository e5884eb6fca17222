"""A request leaves nothing behind for the collector, which would keep all its rows until then and hold up others."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

from benchmarks.connection import Connection
from benchmarks.stubbed.upstreams import Upstream
from benchmarks.targets import graph_request
from gateway.app import create_app
from gateway.http.tokens import development_token
from tests.support.apps import GATEWAY
from tests.support.ports import free_port
from tests.support.servers import served

ROWS = 20
REQUESTS = 20


@asynccontextmanager
async def gateway_over(delay: float) -> AsyncIterator[Connection]:
    """The real server and the real pool, over upstreams that take so many seconds."""
    listening = await asyncio.get_running_loop().create_server(lambda: Upstream(delay), "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    settings = GATEWAY.model_copy(
        update={
            "port": free_port(),
            "cms_base_url": url,
            "ras_base_url": url,
        }
    )
    async with listening, served(create_app(settings), settings):
        connection = await Connection.open("127.0.0.1", settings.port)
        yield connection
        connection.close()


@contextmanager
def uncollected() -> Iterator[list[int]]:
    """How many objects only the collector could free."""
    found: list[int] = []
    gc.collect()
    gc.disable()
    try:
        yield found
        found.append(gc.collect())
    finally:
        gc.enable()


@pytest.mark.parametrize("delay", [0, 0.1], ids=["at once", "slowly, so that a client that hangs up is noticed"])
async def test_what_a_request_made_is_gone_with_its_answer(delay: float) -> None:
    request = graph_request(development_token(GATEWAY, "teacher-00000001"), ROWS).encode()
    async with gateway_over(delay) as connection:
        for _ in range(3):  # the first are executed by graphql-core, and fill caches
            await connection.ask(request)
        with uncollected() as garbage:
            for _ in range(REQUESTS):
                answer = await connection.ask(request)
                assert answer.body.count(b'"batchId"') == ROWS
    assert garbage[0] < REQUESTS
