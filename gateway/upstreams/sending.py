"""The way to an upstream: over the network at little cost. through_httpx.py has the other."""

from typing import Protocol

from gateway.upstreams.answer import Landed
from gateway.upstreams.http1.pool import Pool
from gateway.upstreams.http1.request import Request, encoded


class Sending(Protocol):
    def cancel(self) -> object:
        """Gives it up: whoever waits for its outcome waits no more."""
        ...


class Sender(Protocol):
    """`address`: host and port, for traces."""

    address: tuple[str, int]

    def send(self, request: Request, landed: Landed, /) -> Sending:
        """The deadline is the caller's, by cancelling.

        Raises ValueError for what cannot be sent safely. The outcome may be there before this returns.
        """
        ...


class NetworkSender:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.address = pool.address

    def send(self, request: Request, landed: Landed) -> Sending:
        pool = self.pool
        return pool.send(encoded(request, host=pool.host, prefix=pool.prefix), landed, again=request.again)
