"""Our client goes on where it was, however the connection ends."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.http.tokens import development_token
from tests.clients.gateways import GatewayProcess, gateway_of
from tests.clients.peers import Operation, peer
from tests.clients.test_protocols import UPDATES, create_class
from tests.gateway.live.system import System, Teacher
from tests.support.apps import GATEWAY

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.xdist_group("clients"),
    pytest.mark.parametrize("over", ["websocket", "events"]),
]

BEGIN = {"begin": True}


@pytest.fixture
async def own(system: System) -> AsyncIterator[GatewayProcess]:
    """A gateway that a test may stop."""
    async with gateway_of(system) as made:
        yield made


def token(teacher: Teacher, seconds: int = 3600) -> str:
    return development_token(GATEWAY, teacher.user_id, seconds)


async def name(updates: Operation) -> str:
    update = (await updates.next())["teacherUpdates"]
    assert update["type"] == "CLASS_CREATED"
    told: str = update["class"]["name"]
    return told


async def test_each_update_comes_once_whatever_ends_the_gateway(
    client: Path, system: System, own: GatewayProcess, teacher: Teacher, over: str
) -> None:
    async with peer(client, own.url, over, token(teacher)) as told:
        updates = told.follow(UPDATES)
        assert await updates.hears() == BEGIN
        await system.followed()
        made, heard = [], []
        for number in (signal.SIGTERM, signal.SIGKILL):
            made += [f"{number.name}: {when}" for when in ("before", "while it is away", "afterwards")]
            await create_class(system, teacher, made[-3])
            heard.append(await name(updates))
            await own.end(number)
            await create_class(system, teacher, made[-2])
            await own.start()
            await create_class(system, teacher, made[-1])
            heard += [await name(updates), await name(updates)]
        assert heard == made
        updates.stop()
        assert await updates.end() is None


async def test_who_has_no_cursor_begins_anew(
    client: Path, system: System, own: GatewayProcess, teacher: Teacher, over: str
) -> None:
    async with peer(client, own.url, over, token(teacher)) as told:
        updates = told.follow(UPDATES)
        assert await updates.hears() == BEGIN
        await system.followed()
        await own.end(signal.SIGKILL)
        await system.followed(0)
        await create_class(system, teacher, "told to nobody")
        await own.start()
        await system.followed()
        await create_class(system, teacher, "told")
        begun = 0
        while (heard := await updates.hears()) == BEGIN:
            begun += 1
        assert begun
        assert heard["answer"]["data"]["teacherUpdates"]["class"] == {"name": "told"}


async def test_a_drop_is_noticed_that_came_while_nobody_waited_for_updates(
    client: Path, system: System, own: GatewayProcess, teacher: Teacher, over: str
) -> None:
    await own.end(signal.SIGKILL)
    async with peer(client, own.url, over, token(teacher)) as told:
        updates = told.follow(UPDATES, seconds=0.5)
        assert [await updates.hears(), await updates.hears()] == [BEGIN, BEGIN]


async def test_a_gateway_that_is_silent_is_given_up(
    client: Path, system: System, own: GatewayProcess, teacher: Teacher, over: str
) -> None:
    async with peer(client, own.url, over, token(teacher), silence=1_000) as told:
        updates = told.follow(UPDATES)
        assert await updates.hears() == BEGIN
        await system.followed()
        assert own.process
        own.process.send_signal(signal.SIGSTOP)
        assert await updates.hears() == BEGIN
        own.process.send_signal(signal.SIGCONT)


async def test_who_comes_back_too_late_begins_anew(
    client: Path, system: System, gateway: GatewayProcess, teacher: Teacher, over: str
) -> None:
    async with peer(client, gateway.url, over, token(teacher)) as told:
        updates = told.operate(UPDATES)
        await system.followed()
        await create_class(system, teacher, "heard")
        cursor = (await updates.next())["teacherUpdates"]["cursor"]
        updates.stop()
        await system.followed(0)
        await create_class(system, teacher, "forgotten")
        await teacher.forget()
        late = told.follow(UPDATES, after=cursor)
        assert await late.hears() == BEGIN
        await system.followed()
        await create_class(system, teacher, "heard again")
        assert await name(late) == "heard again"


async def test_an_expired_token_is_replaced(
    client: Path, system: System, gateway: GatewayProcess, teacher: Teacher, over: str
) -> None:
    async with peer(client, gateway.url, over, token(teacher, 2), token(teacher)) as told:
        updates = told.follow(UPDATES)
        # On a machine that is slow enough, the first may have expired before it is shown.
        assert [await updates.hears(), await updates.hears()] == [BEGIN, BEGIN]
        telling = asyncio.create_task(tell(system, teacher))
        assert await name(updates) == "told"
        telling.cancel()


async def tell(system: System, teacher: Teacher) -> None:
    """Until somebody hears it."""
    while True:
        await create_class(system, teacher, "told")
        await asyncio.sleep(0.1)


async def test_a_token_that_stays_refused_ends_it(client: Path, gateway: GatewayProcess, over: str) -> None:
    async with peer(client, gateway.url, over, "none") as stranger:
        updates = stranger.follow(UPDATES)
        assert [await updates.hears(), await updates.hears()] == [BEGIN, BEGIN]
        assert (await updates.end())["name"] == "RefusedError"


async def test_what_another_attempt_would_not_mend_ends_it(
    client: Path, gateway: GatewayProcess, teacher: Teacher, over: str
) -> None:
    async with peer(client, gateway.url, over, token(teacher)) as told:
        updates = told.follow("subscription { batchUpdated(batchId: 1) { cursor } }")
        assert await updates.hears() == BEGIN
        ended = await updates.end()
        assert (ended["name"], ended["message"], ended["code"]) == (
            "GraphError",
            "There is no such batch.",
            "RESOURCE_NOT_FOUND",
        )
