"""Who does not read is cut off, can come back, and is nobody else's trouble."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.gateway.live.peers import Event, Peer, events, signed_in
from tests.gateway.live.system import Gateway, System, Teacher

# Long names make long answers: a few of them are more than a connection holds.
ALIASES = 100
LARGE = " ".join(f"{'x' * 2000}{n}: cursor" for n in range(ALIASES))
ALLOWED: dict[str, Any] = {"max_aliases": ALIASES, "max_query_characters": 250_000}
UPDATES = f"subscription ($after: String) {{ teacherUpdates(after: $after) {{ cursor at {LARGE} }} }}"
SMALL = "subscription ($after: String) { teacherUpdates(after: $after) { cursor } }"
N = 100


async def told(teacher: Teacher) -> None:
    for n in range(N):
        await teacher.a_class(str(n))


async def everything(peer: Peer) -> list[dict[str, Any]]:
    """What comes until the end."""
    found: list[dict[str, Any]] = []
    with suppress(ConnectionClosed):
        while True:
            found.append(json.loads(await peer.connection.recv()))
    return found


async def rest(gateway: Gateway, teacher: Teacher, cursors: list[str]) -> list[str]:
    """All of them, when those that are missing are fetched."""
    async with signed_in(gateway.url, teacher.user_id) as peer:
        await peer.subscribe("1", SMALL, after=cursors[-1])
        found = [(await peer.next())["teacherUpdates"]["cursor"] for _ in range(N - len(cursors))]
    return [*cursors, *found]


@pytest.mark.timeout(180)
async def test_a_socket_that_is_not_read_is_closed_and_can_be_resumed(system: System, teacher: Teacher) -> None:
    async with system.gateway(slow_client_seconds=3, **ALLOWED) as gateway:
        async with (
            signed_in(gateway.url, teacher.user_id, max_queue=1) as slow,
            signed_in(gateway.url, teacher.user_id) as other,
        ):
            await slow.subscribe("1", UPDATES)
            await other.subscribe("1", SMALL)
            await gateway.subscribed(2)
            await told(teacher)
            all_of_them = [(await other.next())["teacherUpdates"]["cursor"] for _ in range(N)]
            await gateway.subscribed(1)
            messages = await everything(slow)
            assert await slow.closed() == (4410, "Nothing was read for 3 s; resume with the last cursor.")
        cursors = [each["payload"]["data"]["teacherUpdates"]["cursor"] for each in messages]
        assert 0 < len(cursors) < N
        assert await rest(gateway, teacher, cursors) == all_of_them


@pytest.mark.timeout(180)
async def test_a_stream_that_is_not_read_ends_and_can_be_resumed(system: System, teacher: Teacher) -> None:
    async with system.gateway(slow_client_seconds=3, **ALLOWED) as gateway:
        async with events(gateway.url, teacher.user_id, UPDATES) as slow:
            await gateway.subscribed(1)
            await told(teacher)
            await system.followed(0)
            found: list[Event] = []
            while event := await slow.event():
                found.append(event)
        *updates, last = found
        assert 0 < len(updates) < N
        [error] = last.data["errors"]
        assert error["message"] == "Nothing was read for 3 s; resume with the last cursor."
        assert (error["extensions"]["code"], error["extensions"]["retryable"]) == ("SERVICE_UNAVAILABLE", True)
        cursors = [each.data["data"]["teacherUpdates"]["cursor"] for each in updates]
        assert len({*await rest(gateway, teacher, cursors)}) == N


@pytest.mark.timeout(180)
async def test_a_server_that_stops_does_not_wait_for_ever_for_who_does_not_read(
    system: System, teacher: Teacher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.app._UNREAD_SECONDS", 3)
    async with (
        system.gateway(slow_client_seconds=1, **ALLOWED) as gateway,
        signed_in(gateway.url, teacher.user_id, max_queue=1, close_timeout=1) as slow,
    ):
        await slow.subscribe("1", UPDATES)
        await gateway.subscribed(1)
        await told(teacher)
        await gateway.subscribed(0)
        begun = time.perf_counter()
        await gateway.stop()
        assert time.perf_counter() - begun < 15
