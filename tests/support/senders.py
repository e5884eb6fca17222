"""Both ways to an upstream."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx

from gateway.upstreams.answer import Answer, Landed, Outcome
from gateway.upstreams.http1.connection import PoolLimits
from gateway.upstreams.http1.pool import Pool
from gateway.upstreams.http1.request import Request, encoded, query_of
from gateway.upstreams.sending import NetworkSender, Sender, Sending
from gateway.upstreams.through_httpx import HttpxSender

LIMITS = PoolLimits(connections=10, keep_alive=30, connect=10, max_body=1000, max_head=2000)
KINDS = ("pool", "httpx")


@asynccontextmanager
async def pool(base_url: str, secure: ssl.SSLContext | None = None, **limits: Any) -> AsyncIterator[Pool]:
    made = Pool(base_url, replace(LIMITS, **limits), secure)
    try:
        yield made
    finally:
        await made.aclose()


@asynccontextmanager
async def sender(kind: str, base_url: str) -> AsyncIterator[Sender]:
    if kind == "pool":
        async with pool(base_url) as made:
            yield NetworkSender(made)
    else:
        async with httpx.AsyncClient(base_url=base_url, trust_env=False) as client:
            yield HttpxSender(client, LIMITS.max_body)


async def get(
    sender: Sender,
    path: str = "/v1/things",
    *,
    params: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    return await sent(sender, Request("GET", path, query_of(params or {}), headers or {}, again=True))


async def sent(sender: Sender, request: Request) -> Answer:
    return await landing(lambda landed: sender.send(request, landed))


async def call(pool: Pool, path: str = "/", *, again: bool = False, body: bytes | None = None) -> Answer:
    request = encoded(Request("GET" if body is None else "POST", path, body=body), host=pool.host)
    return await landing(lambda landed: pool.send(request, landed, again=again))


async def landing(send: Callable[[Landed], Sending]) -> Answer:
    """Given up when this is cancelled."""
    landed: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def land(outcome: Outcome) -> None:
        if not landed.done():
            landed.set_result(outcome)

    sending = send(land)
    try:
        outcome = await landed
    finally:
        sending.cancel()
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def at_rest(pool: Pool) -> bool:
    """No call holds a connection, or a place for one."""
    return not (pool._busy or pool._opening or pool._waiting)
