"""The way to an upstream: over the network at little cost. through_httpx.py has the other."""

from collections.abc import Mapping
from typing import Any, Protocol

from gateway.upstreams.answer import Answer
from gateway.upstreams.http1.pool import Pool
from gateway.upstreams.http1.request import encoded


class Sender(Protocol):
    """`address`: host and port, for traces."""

    address: tuple[str, int]

    async def send(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        again: bool,
    ) -> Answer:
        """`again`: it does no harm to be sent twice. The deadline is the caller's, by cancelling.

        Raises NoAnswerError, GarbageError, TimeoutError for a single step that takes too long, and ValueError for
        what cannot be sent safely.
        """
        ...


class NetworkSender:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.address = pool.address

    async def send(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        again: bool,
    ) -> Answer:
        pool = self.pool
        request = encoded(method, pool.prefix + path, params, headers, body, host=pool.host)
        return await pool.send(request, again=again)
