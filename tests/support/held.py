"""An upstream whose answers wait until they are given."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import CollectorRegistry

from gateway.metrics.calls import CallMetrics
from gateway.upstreams.answer import Answer, Landed
from gateway.upstreams.http1.request import Request, query_of
from gateway.upstreams.transport import Limits, Session, Upstream
from kit.call import begin_call, current_call
from kit.metrics import Tallies


def told(body: bytes = b"{}", status: int = 200) -> Answer:
    return Answer(status, "application/json", "", body)


@dataclass(eq=False)
class Sent:
    """One call, as it was sent."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes | None
    reply: "asyncio.Future[Answer]"

    @property
    def given_up(self) -> bool:
        """Nobody waits for its answer."""
        return self.reply.cancelled()


@dataclass
class Held:
    """A Sender."""

    address: tuple[str, int] = ("held.test", 80)
    sent: list[Sent] = field(default_factory=list)

    def send(self, request: Request, landed: Landed) -> "asyncio.Future[Answer]":
        reply: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.sent.append(Sent(request.method, request.path, request.query, request.headers, request.body, reply))
        reply.add_done_callback(lambda _: tell(reply, landed))
        return reply


def tell(reply: "asyncio.Future[Answer]", landed: Landed) -> None:
    if not reply.cancelled():
        error = reply.exception()
        landed(error if isinstance(error, Exception) else reply.result())


@dataclass
class Stage:
    """`within` seconds of its beginning a call can be joined."""

    within: float = 60
    held: Held = field(default_factory=Held)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    tallies: Tallies = field(default_factory=Tallies)

    def __post_init__(self) -> None:
        metrics = CallMetrics(self.registry, self.tallies)
        self.upstream = Upstream("cms", "service", self.held, {}, Limits(10, self.within), metrics=metrics)

    def ask(self, user_id: str = "t-1", budget: float = 60, **asked: Any) -> "asyncio.Task[Any]":
        """In a task of its own, which is under way when the turn is over."""
        session = Session(user_id)
        return asyncio.create_task(self.asked(session, budget, **asked))

    async def asked(
        self, session: Session, budget: float = 60, method: str = "GET", path: str = "/v1/things", **more: Any
    ) -> Any:
        current_call.set(begin_call(None, None, budget))
        query = query_of(more.pop("params", None) or {})
        return await self.upstream.call(session, method, path, more.pop("answer", dict[str, int]), query=query, **more)

    def counted(self, name: str, **labels: str) -> float:
        """All of a metric's samples of this name, and with these labels, together."""
        self.tallies.carry()
        found = (
            each
            for metric in self.registry.collect()
            for each in metric.samples
            if each.name == name and labels.items() <= each.labels.items()
        )
        return sum(each.value for each in found)


async def turns(n: int = 12) -> None:
    """Of the event loop: so many suffice for whatever waits for nothing else."""
    for _ in range(n):
        await asyncio.sleep(0)
