"""Two processes that serve one port."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest
import websockets

from tests.support.workers import Several, several


async def test_both_answer_and_one_that_is_killed_is_replaced_while_the_other_goes_on() -> None:
    async with several() as system:
        first = await system.until(2)
        assert first == system.pids
        victim, other = sorted(first)
        os.kill(victim, signal.SIGKILL)
        assert other in await system.until(2)
        assert victim not in system.pids
        assert await system.end() == 128 + signal.SIGTERM


async def test_told_to_stop_both_finish_what_they_began_and_take_nothing_new(tmp_path: Path) -> None:
    async with several(drain_seconds=3) as system, httpx.AsyncClient(base_url=system.url, timeout=60) as client:
        files = [tmp_path / str(number) for number in range(12)]
        slow = [asyncio.create_task(client.get("/slow", params={"file": str(each)})) for each in files]
        await until(lambda: all(each.exists() for each in files))
        async with websockets.connect(f"ws://127.0.0.1:{system.port}/stream") as socket:
            assert int(await socket.recv()) in system.pids
            ending = asyncio.create_task(system.end())
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await socket.recv()
            assert closed.value.rcvd
            assert closed.value.rcvd.code == 1001
        await unready(client)
        await refused(system)
        assert not any(each.done() for each in slow)
        for each in files:
            each.unlink()
        assert [answer.text for answer in await asyncio.gather(*slow)] == ["whole"] * 12
        assert await ending == 128 + signal.SIGTERM


async def test_a_second_signal_ends_the_waiting(tmp_path: Path) -> None:
    async with several() as system, httpx.AsyncClient(base_url=system.url, timeout=60) as client:
        slow = asyncio.create_task(client.get("/slow", params={"file": str(tmp_path / "slow")}))
        await until((tmp_path / "slow").exists)
        system.process.send_signal(signal.SIGINT)
        await refused(system)
        assert await system.end(signal.SIGINT) == 0
        with pytest.raises(httpx.HTTPError):
            await slow


@pytest.mark.parametrize("how", ["killed", "left"])
async def test_workers_end_with_their_parent(how: str) -> None:
    async with several() as system:
        workers = [psutil.Process(each) for each in system.pids]
        if how == "killed":
            system.process.kill()
        else:
            assert system.process.stdin
            system.process.stdin.close()
        await system.process.wait()
        await until(lambda: not any(each.is_running() for each in workers))
        await refused(system)


async def unready(client: httpx.AsyncClient) -> None:
    """Waits until every worker says so, which is only as long as they still answer."""
    async with asyncio.timeout(30):
        said: list[int] = []
        while said[-10:] != [503] * 10:
            said.append((await client.get("/readyz", headers={"Connection": "close"})).status_code)


async def refused(system: Several) -> None:
    """Waits until nobody listens."""
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", system.port)
            except ConnectionRefusedError:
                return
            writer.close()
            await asyncio.sleep(0.05)


async def until(seen: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not seen():
        assert time.monotonic() < end
        await asyncio.sleep(0.02)
