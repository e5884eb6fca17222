"""How fast RAS takes events in by HTTP."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from benchmarks.connection import Connection
from benchmarks.errors import BenchmarkError
from benchmarks.load import LOOPBACK, Outcome, Plan
from benchmarks.services.asking import Asking
from benchmarks.services.stories import OPENING_STEPS, steps
from cli.school.copying import connect

IN_A_LIST = 1000
_PROCESSED = "SELECT (SELECT count(*) FROM processed_events), (SELECT count(*) FROM dead_letters)"
_MADE = 20
"""Lists for each second: more than can be taken in it."""


@dataclass(frozen=True, slots=True)
class Ingestion:
    """`run` has a plan carried out."""

    run: Callable[[Plan], Outcome]
    port: int
    ras_url: str
    asking: Asking

    def ingest(self, seconds: float, *, callers: int) -> Outcome:
        """`done` counts events. Raises BenchmarkError when the lists did not last."""
        coming = steps()
        # Before the clock, so that there are batches to work on, and others to end.
        opening = list(self._lists(chain.from_iterable(islice(coming, OPENING_STEPS))))
        lists = list(islice(self._lists(chain.from_iterable(coming)), round(_MADE * seconds) + callers))
        asyncio.run(self._open(opening))
        processed, dead = asyncio.run(self._counts())
        outcome = self.run(Plan(self.port, lists, callers, seconds, f'"accepted":{IN_A_LIST},', 1, status=202))
        if outcome.done + sum(outcome.failures.values()) > len(lists):
            raise BenchmarkError(f"{len(lists)} lists of events were too few for {seconds:g} s")
        outcome.done *= IN_A_LIST
        now_processed, now_dead = asyncio.run(self._counts())
        if now_processed - processed != outcome.done or now_dead != dead:
            outcome.fail(
                f"{outcome.done} events were taken, of which {now_processed - processed} were processed and "
                f"{now_dead - dead} are dead"
            )
        return outcome

    def _lists(self, events: Iterator[bytes]) -> Iterator[str]:
        while envelopes := list(islice(events, IN_A_LIST)):
            yield self.asking.events(envelopes)

    async def _open(self, lists: list[str]) -> None:
        connection = await Connection.open(LOOPBACK, self.port)
        try:
            for each in lists:
                answer = await connection.ask(each.encode("ascii"))
                if answer.status != 202:
                    raise BenchmarkError(f"RAS answers {answer.status} to events: {answer.body[:200]!r}")
        finally:
            connection.close()

    async def _counts(self) -> tuple[int, int]:
        """Events that were processed, and those that are dead."""
        async with connect(self.ras_url) as connection:
            processed, dead = await connection.fetchrow(_PROCESSED) or (0, 0)
            return processed, dead
