"""Both ways to an upstream."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx

from gateway.upstreams.answer import Answer
from gateway.upstreams.http1.connection import PoolLimits
from gateway.upstreams.http1.pool import Pool
from gateway.upstreams.http1.request import encoded
from gateway.upstreams.sending import NetworkSender, Sender
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
    return await sender.send("GET", path, params, headers or {}, None, again=True)


async def call(pool: Pool, path: str = "/", *, again: bool = False, body: bytes | None = None) -> Answer:
    method = "GET" if body is None else "POST"
    return await pool.send(encoded(method, path, None, {}, body, host=pool.host), again=again)


def at_rest(pool: Pool) -> bool:
    """No call holds a connection, or a place for one."""
    return not pool._busy and not pool._slots._waiters and pool._slots._value == pool._limits.connections
