"""What WebSocket consumers hear from Redis, and what a broken Redis does to nobody."""

import asyncio
import time
from asyncio import StreamReader, StreamWriter
from pathlib import Path
from uuid import uuid4

from tests.kit.updates.redis_server import consumer, redis_server
from tests.kit.updates.replicas import Replica, numbers, ready, replica, status
from tests.support.ports import free_port


async def test_the_replica_that_wrote_publishes_each_update_once(url: str, teacher: str, tmp_path: Path) -> None:
    other = f"{teacher}-2"
    with redis_server(tmp_path, free_port()) as redis:
        async with (
            replica(url, redis_url=redis) as one,
            replica(url, redis_url=redis) as two,
            consumer(redis, f"ws:{teacher}*") as websockets,
        ):
            await one.tell(ready(teacher, 1), ready(other, 2), ready(teacher, 3))
            await two.tell(status(other, str(uuid4()), 4))
            heard = await websockets.next(5, seconds=0.5)
    assert [(channel, message["data"]["n"]) for channel, message in heard if channel == f"ws:{teacher}"] == [
        (f"ws:{teacher}", 1),
        (f"ws:{teacher}", 3),
    ]
    assert {message["data"]["n"] for channel, message in heard if channel == f"ws:{other}"} == {2, 4}
    assert (f"ws:{teacher}", {"event": "batch_results_ready", "data": {"n": 1}}) in heard
    assert len(heard) == 4


async def test_what_is_rolled_back_is_not_published_nor_what_a_savepoint_took_back(
    url: str, teacher: str, tmp_path: Path
) -> None:
    with redis_server(tmp_path, free_port()) as redis:
        async with replica(url, redis_url=redis) as ras, consumer(redis, f"ws:{teacher}") as websockets:
            async with ras.database.engine.connect() as connection:
                await ras.updates.tell(connection, ready(teacher, 1))
                await connection.rollback()
            async with ras.database.write() as connection:
                savepoint = await connection.begin_nested()
                await ras.updates.tell(connection, ready(teacher, 2))
                await savepoint.rollback()
                await ras.updates.tell(connection, ready(teacher, 3))
                assert await websockets.next(1, seconds=0.2) == []
            heard = await websockets.next(2, seconds=0.3)
    assert [message["data"]["n"] for _, message in heard] == [3]


async def test_redis_may_come_late_and_go(url: str, teacher: str, tmp_path: Path) -> None:
    port = free_port()
    async with replica(url, redis_url=f"redis://127.0.0.1:{port}/0") as ras:
        await unharmed(ras, f"{teacher}-2")
        for n in (10, 20):
            with redis_server(tmp_path, port) as redis:
                async with consumer(redis, f"ws:{teacher}") as websockets:
                    await ras.tell(ready(teacher, n))
                    assert [message["data"]["n"] for _, message in await websockets.next(1)] == [n]


async def test_a_redis_that_accepts_and_never_answers_slows_nobody(url: str, teacher: str) -> None:
    async def silent(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with replica(url, redis_url=f"redis://127.0.0.1:{port}/0") as ras:
            await unharmed(ras, teacher)


async def unharmed(ras: Replica, teacher: str) -> None:
    """Far more changes than are kept for Redis, and all of them told to those that poll."""
    begun = time.perf_counter()
    for n in range(5):
        await ras.tell(*(ready(f"{teacher}-{each}", each) for each in range(400)), ready(teacher, n))
    assert numbers((await ras.poll(teacher, after=0, wait=25))["updates"]) == list(range(5))
    assert time.perf_counter() - begun < 1.5
