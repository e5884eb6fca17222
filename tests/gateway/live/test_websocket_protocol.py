"""graphql-transport-ws to the letter: what opens a socket, what closes it and with which code."""

import asyncio
import json
import time
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from gateway.http.tokens import development_token
from tests.gateway.live.peers import PROTOCOL, Peer, signed_in, socket
from tests.gateway.live.system import Gateway, System, Teacher
from tests.support.apps import GATEWAY, bearer

VIEWER = "{ viewer { userId } }"
UPDATES = "subscription { teacherUpdates { type cursor } }"
INIT = {"type": "connection_init"}


def subscribe(id: Any = "1", **payload: Any) -> dict[str, Any]:
    return {"id": id, "type": "subscribe", "payload": {"query": VIEWER} | payload}


async def test_the_socket_speaks_the_protocol_that_it_chose(gateway: Gateway) -> None:
    async with socket(gateway.url, headers={"X-Correlation-ID": "6f1d3c4e-55a1-4a43-9d6c-3f0a3f6e1d11"}) as peer:
        assert peer.connection.subprotocol == PROTOCOL
        answer = peer.connection.response
        assert answer
        assert answer.headers["X-Correlation-ID"] == "6f1d3c4e-55a1-4a43-9d6c-3f0a3f6e1d11"


@pytest.mark.parametrize("protocols", [None, ("graphql-ws",), ("Graphql-Transport-Ws",)])
async def test_without_the_subprotocol_it_is_closed(gateway: Gateway, protocols: tuple[str, ...] | None) -> None:
    async with socket(gateway.url, protocols=protocols) as peer:
        assert await peer.closed() == (4406, "The subprotocol is graphql-transport-ws.")


async def test_the_subprotocol_may_be_one_of_several(gateway: Gateway) -> None:
    async with socket(gateway.url, protocols=("graphql-ws", PROTOCOL), headers=bearer()) as peer:
        await peer.init()


async def test_who_does_not_initialise_within_three_seconds_is_closed(gateway: Gateway) -> None:
    async with socket(gateway.url, headers=bearer()) as peer:
        begun = time.perf_counter()
        await peer.send({"type": "ping"})
        assert await peer.closed() == (4408, "Connection initialisation timeout")
        assert 2.5 < time.perf_counter() - begun < 10


async def test_who_has_initialised_is_not_closed_then(gateway: Gateway) -> None:
    async with signed_in(gateway.url, "teacher-1") as peer:
        await asyncio.sleep(3.3)
        await peer.send(subscribe())
        assert (await peer.next())["viewer"] == {"userId": "teacher-1"}


async def test_it_initialises_once(gateway: Gateway) -> None:
    async with signed_in(gateway.url, "teacher-1") as peer:
        await peer.send(INIT)
        assert await peer.closed() == (4429, "Too many initialisation requests")


async def test_no_operation_before_the_acknowledgement(gateway: Gateway) -> None:
    async with socket(gateway.url, headers=bearer()) as peer:
        await peer.send(subscribe())
        assert await peer.closed() == (4401, "Unauthorized")


@pytest.mark.parametrize("name", ["Authorization", "authorization"])
async def test_a_token_may_come_with_the_initialisation(gateway: Gateway, name: str) -> None:
    """It is the one that counts, whoever the header names."""
    async with socket(gateway.url, headers=bearer("teacher-2")) as peer:
        await peer.init({name: bearer("teacher-1")["Authorization"]})
        await peer.send(subscribe())
        assert await peer.next() == {"viewer": {"userId": "teacher-1"}}


@pytest.mark.parametrize(
    ("header", "payload", "reason"),
    [
        (None, None, "A bearer token is required."),
        (None, {}, "A bearer token is required."),
        (None, {"Authorization": 5}, "A bearer token is required."),
        (None, {"Authorization": "Bearer x.y.z"}, "The token is not valid."),
        ("Bearer x.y.z", None, "The token is not valid."),
        ("Basic dTpw", None, "A bearer token is required."),
        (bearer()["Authorization"], {"Authorization": "Bearer x.y.z"}, "The token is not valid."),
        (f"Bearer {development_token(GATEWAY, 'teacher-1', -1)}", None, "The token has expired."),
    ],
    ids=["nothing", "empty payload", "a number", "bad payload", "bad header", "basic", "bad over good", "expired"],
)
async def test_who_is_not_let_in_is_closed(gateway: Gateway, header: str | None, payload: Any, reason: str) -> None:
    async with socket(gateway.url, headers={"Authorization": header} if header else None) as peer:
        await peer.send(INIT | ({} if payload is None else {"payload": payload}))
        assert await peer.closed() == (4403, reason)


INVALID = {
    "a list": "[]",
    "null": "null",
    "a number": "5",
    "a text": '"ping"',
    "nothing": "",
    "no JSON": "{",
    "two values": '{"type": "ping"} {"type": "ping"}',
    "no type": "{}",
    "null as type": {"type": None},
    "an unknown type": {"type": "start", "id": "1", "payload": {"query": VIEWER}},
    "a server's type": {"type": "next", "id": "1", "payload": {}},
    "a list as payload of init": {"type": "connection_init", "payload": []},
    "a text as payload of ping": {"type": "ping", "payload": "now"},
    "no id": {"type": "subscribe", "payload": {"query": VIEWER}},
    "null as id": subscribe(None),
    "an object as id": subscribe({}),
    "a number as id": subscribe(1),
    "an empty id": subscribe(""),
    "a long id": subscribe("x" * 129),
    "no payload": {"type": "subscribe", "id": "1"},
    "null as payload": {"type": "subscribe", "id": "1", "payload": None},
    "a text as payload": {"type": "subscribe", "id": "1", "payload": VIEWER},
    "no query": {"type": "subscribe", "id": "1", "payload": {}},
    "null as query": subscribe(query=None),
    "a list as variables": subscribe(variables=[]),
    "a number as operation name": subscribe(operationName=1),
    "a list as extensions": subscribe(extensions=[]),
    "a complete without id": {"type": "complete"},
    "a complete with an object as id": {"type": "complete", "id": {}},
    "a binary message": b'{"type": "ping"}',
    "deep JSON": "[" * 100_000,
    "deep variables": '{"type":"ping","payload":{"x":' + "[" * 50_000 + "]" * 50_000 + "}}",
    "a large message": json.dumps({"type": "ping", "payload": {"x": "x" * 262_144}}),
    "half a surrogate": '{"type": "ping", "payload": {"x": "\\ud800"}}',
}


@pytest.mark.parametrize("message", INVALID.values(), ids=INVALID)
async def test_an_invalid_message_closes_the_socket(gateway: Gateway, message: Any) -> None:
    async with signed_in(gateway.url, "teacher-1") as peer:
        await peer.send(message)
        code, reason = await peer.closed()
        assert code == 4400
        assert 5 < len(reason.encode()) <= 123


async def test_an_invalid_message_is_refused_before_the_initialisation_too(gateway: Gateway) -> None:
    async with socket(gateway.url) as peer:
        await peer.send("[]")
        assert (await peer.closed())[0] == 4400


async def test_a_message_that_nobody_would_read_is_not_even_taken(gateway: Gateway) -> None:
    async with signed_in(gateway.url, "teacher-1") as peer:
        with suppress(ConnectionClosed):
            await peer.send("x" * 3_000_000)
        assert (await peer.closed())[0] == 1009


async def test_the_limit_of_a_message_is_told(gateway: Gateway) -> None:
    async with signed_in(gateway.url, "teacher-1") as peer:
        await peer.send(INVALID["a large message"])
        assert await peer.closed() == (4400, "A message may have at most 262144 bytes.")


@pytest.mark.parametrize("payload", [{}, {"payload": {"at": 5}}, {"payload": None}])
async def test_a_ping_is_answered_in_kind_at_any_time(gateway: Gateway, payload: dict[str, Any]) -> None:
    pong = {"type": "pong"} | (payload if payload.get("payload") else {})
    async with socket(gateway.url, headers=bearer()) as peer:
        await peer.send({"type": "ping"} | payload)
        assert await peer.receive() == pong
        await peer.init()
        await peer.send({"type": "pong"} | payload)
        await peer.send({"type": "ping"} | payload)
        assert await peer.receive() == pong


async def test_the_socket_is_closed_when_the_token_expires(system: System, gateway: Gateway, teacher: Teacher) -> None:
    token = development_token(GATEWAY, teacher.user_id, 2)
    async with socket(gateway.url) as peer:
        await peer.init({"Authorization": f"Bearer {token}"})
        await peer.subscribe("1", UPDATES)
        assert await peer.closed() == (4403, "The token has expired.")
    await system.followed(0)


async def test_a_client_that_vanishes_leaves_nothing_behind(system: System, gateway: Gateway, teacher: Teacher) -> None:
    async with signed_in(gateway.url, teacher.user_id) as peer:
        for n in range(10):
            await peer.subscribe(str(n), UPDATES)
        await system.followed()
        peer.connection.transport.abort()
    await system.followed(0)


async def many_messages(peer: Peer, n: int) -> None:
    for _ in range(n):
        await peer.send({"type": "ping"})


async def test_who_sends_without_reading_does_not_hold_others_up(gateway: Gateway) -> None:
    async with signed_in(gateway.url, "teacher-1") as flooding, signed_in(gateway.url, "teacher-2") as other:
        flood = asyncio.create_task(many_messages(flooding, 5000))
        begun = time.perf_counter()
        await other.send(subscribe())
        assert await other.next() == {"viewer": {"userId": "teacher-2"}}
        assert time.perf_counter() - begun < 2
        flood.cancel()
