"""The gateway killed in the middle of what it tells: whoever comes back with a cursor misses nothing."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import websockets

from cms_service import contract as cms
from tests.gateway.live.peers import events, signed_in
from tests.gateway.live.system import System, Teacher, gateway_settings
from tests.support.ports import free_port
from tests.support.system import command, environment

ROOT = Path(__file__).parents[3]
UPDATES = """
subscription ($after: String) {
  teacherUpdates(after: $after) { type cursor pending batch { batchId completedEssays } }
}
"""


class Follower:
    """A client that comes back with its last cursor, however it was parted."""

    def __init__(self, url: str, user_id: str) -> None:
        self.url = url
        self.user_id = user_id
        self.heard: list[dict[str, Any]] = []
        self.parted = 0

    async def run(self) -> None:
        while True:
            try:
                await self._follow()
            except (OSError, websockets.WebSocketException, EOFError, httpx.HTTPError):
                self.parted += 1
                await asyncio.sleep(0.05)

    def numbers(self) -> list[int]:
        return [each["pending"] for each in self.heard if each["pending"]]

    def last(self) -> int:
        return max(self.numbers(), default=0)

    def counts(self, batch_id: UUID) -> list[int]:
        batches = [each["batch"] for each in self.heard if each["type"] == "BATCH_STATUS_UPDATED"]
        return [each["completedEssays"] for each in batches if each["batchId"] == str(batch_id)]

    def states(self, batches: list[UUID]) -> list[int]:
        return [self.counts(each)[-1] for each in batches if self.counts(each)]

    async def _follow(self) -> None:
        async with signed_in(self.url, self.user_id) as peer:
            await peer.subscribe("1", UPDATES, after=self.heard[-1]["cursor"] if self.heard else None)
            while True:
                message = json.loads(await peer.connection.recv())
                self.heard.append(message["payload"]["data"]["teacherUpdates"])


class StreamFollower(Follower):
    async def _follow(self) -> None:
        after = self.heard[-1]["cursor"] if self.heard else None
        async with events(self.url, self.user_id, UPDATES, after=after) as stream:
            while event := await stream.event():
                self.heard.append(event.data["data"]["teacherUpdates"])
        raise EOFError


@asynccontextmanager
async def process(system: System, port: int) -> AsyncIterator["asyncio.subprocess.Process"]:
    """The gateway as `serve` runs it, killed at the end."""
    settings = gateway_settings(system)
    assert settings.jwt_secret
    started = await asyncio.create_subprocess_exec(
        *command("serve", "gateway"),
        env=environment(
            ENVIRONMENT="development",
            INTERNAL_API_KEY=settings.internal_api_key.get_secret_value(),
            GATEWAY_JWT_SECRET=settings.jwt_secret.get_secret_value(),
            GATEWAY_PORT=str(port),
            GATEWAY_CMS_BASE_URL=system.cms.url,
            GATEWAY_RAS_BASE_URL=system.ras.url,
            PYTHONPATH=str(ROOT),
        ),
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield started
    finally:
        started.send_signal(signal.SIGKILL)
        await started.wait()


async def required(teller: Teacher, n: int) -> None:
    """An update of those that are all told, with a number to know it by."""
    payload = {"batch_id": uuid4(), "pending": n, "deadline": "2026-09-15T12:00:00+00:00"}
    await teller.tell((cms.UpdateType.STUDENT_MATCHING_CONFIRMATION_REQUIRED, payload))


async def heard_by_all(followers: list[Follower], holds: Callable[[Follower], bool]) -> None:
    async with asyncio.timeout(60):
        while not all(holds(each) for each in followers):  # noqa: ASYNC110  no event tells of it
            await asyncio.sleep(0.02)


async def test_every_update_arrives_once_and_in_order_though_the_gateway_is_killed(
    own: System, teller: Teacher
) -> None:
    """Two browsers' worth of subscribers over either protocol. Every batch ends in its last state."""
    port = free_port()
    batches = [await teller.a_batch() for _ in range(3)]
    followers = [
        each(f"http://127.0.0.1:{port}", teller.user_id)
        for each in (Follower, StreamFollower, Follower, StreamFollower)
    ]
    following = [asyncio.create_task(each.run()) for each in followers]
    numbers = count(1)
    for life in range(4):
        async with process(own, port):
            if life == 0:
                await told_until_heard(teller, followers)
            for _ in range(25):
                n = next(numbers)
                await required(teller, n)
                await teller.status(batches[n % 3], n)
                await asyncio.sleep(0.01)
            if life:
                # It is killed in the middle of what it tells, the first time before it has told anybody.
                await heard_by_all(followers, lambda each: each.last() > 25 * life)  # noqa: B023  awaited here
    async with process(own, port):
        await heard_by_all(followers, lambda each: each.last() == 100 and each.states(batches) == [99, 100, 98])
    for task in following:
        task.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    for each in followers:
        assert each.parted >= 4
        assert each.numbers() == list(range(1, 101))
        for batch_id in batches:
            assert each.counts(batch_id) == sorted({*each.counts(batch_id)})


async def told_until_heard(teller: Teacher, followers: list[Follower]) -> None:
    """Each has a cursor then, from which it goes on."""
    while not all(each.heard for each in followers):
        await required(teller, 0)
        await asyncio.sleep(0.2)
