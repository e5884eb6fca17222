"""What connections leave behind: nothing that only the collector could find."""

import asyncio
import gc
from collections.abc import Iterator
from typing import Any

import pytest

from kit.connection import Connection
from kit.cycle import Cycle
from tests.support.answering import Answering, settings
from tests.support.servers import served
from tests.support.wire import head, wire


@pytest.fixture(autouse=True)
def _uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def alive(*kinds: type) -> list[Any]:
    return [each for each in gc.get_objects() if isinstance(each, kinds)]


async def test_one_that_ended_is_gone_with_its_last_request() -> None:
    limits = settings()
    async with served(Answering().app(), limits):
        async with wire(limits.port) as connection:
            await connection.send(head())
            await connection.until(b"\r\n\r\n")
            assert alive(Connection)
        async with asyncio.timeout(10):
            while alive(Connection, Cycle):  # noqa: ASYNC110  nobody tells of it
                await asyncio.sleep(0.01)


async def test_one_that_waits_does_not_keep_the_task_of_its_first_request() -> None:
    limits = settings()
    async with served(Answering().app(), limits), wire(limits.port) as connection:
        before = asyncio.all_tasks()
        await connection.send(head())
        await connection.until(b"\r\n\r\n")
        async with asyncio.timeout(10):
            while any(each.done() for each in alive(asyncio.Task)):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert asyncio.all_tasks() == before
