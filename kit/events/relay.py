"""Publishes the outbox: in the order of each aggregate, at least once, one relay per lane."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from kit.events.backoff import Backoff, waited
from kit.events.delivery import Delivery, Pace
from kit.events.lanes import Lanes
from kit.events.ledger import Ledger
from kit.events.session import connected
from kit.events.transport import Transport

log = structlog.get_logger("events")
_RECONNECT = Backoff(first=0.1, longest=5)
_UPKEEP_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Terms:
    """`rebalance`: seconds between two looks at who else there is; so long a dead relay's lanes may wait."""

    pace: Pace
    retention: timedelta
    rebalance: float = 1


class Relay:
    """One per process. Without a database it tries again for as long as that takes."""

    def __init__(self, url: str, transport: Transport, terms: Terms) -> None:
        self._url = url
        self._transport = transport
        self._terms = terms
        self._stopping = asyncio.Event()
        self._news = asyncio.Event()
        self._lanes: Lanes | None = None
        self._failures = 0

    @property
    def lanes(self) -> frozenset[int]:
        """Those that this relay owns and is not about to leave."""
        return self._lanes.active if self._lanes else frozenset()

    def wake(self, lanes: Iterable[int] | None = None) -> None:
        """There may be something new in these lanes, or in any."""
        if lanes is None or not self.lanes.isdisjoint(lanes):
            self._news.set()

    def stop(self) -> None:
        """What is under way is finished, nothing else begun; then `run` ends."""
        self._stopping.set()
        self._news.set()

    async def run(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._publish()
            except Exception as error:  # noqa: BLE001  whatever it was, the outbox still waits to be published
                self._failures += 1
                log.warning("relay interrupted", reason=_reasons(error), failures=self._failures)
                await waited(self._stopping, _RECONNECT.after(self._failures))
            finally:
                self._lanes = None

    async def _publish(self) -> None:
        """As long as the connection lives: with it the lanes are lost."""
        async with connected(self._url) as session:
            self._lanes = lanes = Lanes(session)
            await lanes.join()
            ledger = Ledger(session, lambda: lanes.active, self._transport.routes)
            deliveries = {
                name: Delivery(name, to, ledger, lambda: lanes.active, pace=self._terms.pace, stopping=self._stopping)
                for name, to in self._transport.destinations.items()
            }
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._share(lanes, ledger, deliveries))
                tasks.create_task(self._route(ledger, deliveries))
                tasks.create_task(self._keep_up(ledger))
                for delivery in deliveries.values():
                    tasks.create_task(delivery.run())

    async def _share(self, lanes: Lanes, ledger: Ledger, deliveries: dict[str, Delivery]) -> None:
        async def look() -> None:
            new = await lanes.rebalance({lane for each in deliveries.values() for lane in each.busy})
            self._failures = 0
            if new:
                log.info("lanes taken", new=sorted(new), all=sorted(lanes.active))
                await ledger.adopt(new)
                await ledger.settle()
                self._news.set()

        await self._regularly(self._terms.rebalance, look)

    async def _route(self, ledger: Ledger, deliveries: dict[str, Delivery]) -> None:
        while True:
            self._news.clear()
            more, names = await ledger.route()
            # Nothing to route: the news may be a parked row that goes on, lanes that are new to us, or the end.
            for name in names or deliveries:
                deliveries[name].wake()
            if self._stopping.is_set() and not names:
                return
            if not more:
                await waited(self._news, self._terms.pace.poll)

    async def _keep_up(self, ledger: Ledger) -> None:
        async def work() -> None:
            await ledger.settle()
            purged = await ledger.purge(self._terms.retention)
            if purged:
                log.info("purged", events=purged)

        await self._regularly(_UPKEEP_SECONDS, work)

    async def _regularly(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while not self._stopping.is_set():
            await work()
            await waited(self._stopping, seconds)


def _reasons(error: Exception) -> str:
    if isinstance(error, ExceptionGroup):
        return "; ".join(_reasons(each) for each in error.exceptions)
    return repr(error)
