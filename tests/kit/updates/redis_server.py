"""A real Redis server, of the distribution's package."""

import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from socket import create_connection
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis


@contextmanager
def redis_server(folder: Path, port: int) -> Iterator[str]:
    """Its URL. The test skips where there is no such program."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder), "--logfile", "log"]
    with subprocess.Popen([program, *options], stdin=subprocess.DEVNULL) as process:
        try:
            _wait_for(port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            create_connection(("127.0.0.1", port), 1).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError("redis-server does not start")


class Consumer:
    """As a WebSocket server is one."""

    def __init__(self, subscription: Any) -> None:
        self._subscription = subscription

    async def next(self, n: int, seconds: float = 5) -> list[tuple[str, Any]]:
        """Channel and message of the next `n`, or of as many as come in time."""
        found: list[tuple[str, Any]] = []
        while len(found) < n:
            message = await self._subscription.get_message(ignore_subscribe_messages=True, timeout=seconds)
            if message is None:
                break
            found.append((message["channel"].decode(), msgspec.json.decode(message["data"])))
        return found


@asynccontextmanager
async def consumer(url: str, pattern: str) -> AsyncIterator[Consumer]:
    async with Redis.from_url(url) as redis, redis.pubsub() as subscription:
        await subscription.psubscribe(pattern)
        assert (await subscription.get_message(timeout=5))["type"] == "psubscribe"
        yield Consumer(subscription)
