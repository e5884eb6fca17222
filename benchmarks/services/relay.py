"""How fast CMS's relay empties an outbox: a backlog is committed at once, and the clock runs until all is published."""

import asyncio
import time
from dataclasses import dataclass
from uuid import uuid4

import msgspec
from pydantic import SecretStr

from benchmarks.connection import Connection
from benchmarks.errors import BenchmarkError
from benchmarks.load import LOOPBACK, Outcome
from benchmarks.wiring import RELAYED
from cli.school.copying import connect
from cms_service.contract import CourseCode
from cms_service.events import OUTBOX, ClassDescribed
from cms_service.settings import CmsSettings
from kit.db import Database
from kit.events.outbox import Event

_AT_ONCE = 1000
_GIVE_UP_SECONDS = 60
_LEFT = "SELECT EXISTS (SELECT FROM event_outbox WHERE published_at IS NULL)"
_COUNT = b"GET / HTTP/1.1\r\nHost: sink\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Backlog:
    """Each event is of an aggregate of its own."""

    cms_url: str
    sink: int

    def drain(self, events: int) -> Outcome:
        return asyncio.run(self._drain(events))

    async def _drain(self, events: int) -> Outcome:
        taken = await self._taken()
        begun = await self._commit(events)
        await self._published()
        outcome = Outcome(time.perf_counter() - begun, done=events)
        missing = events - (await self._taken() - taken)
        if missing:
            outcome.failures["events that the subscriber did not get"] = missing
        return outcome

    async def _commit(self, events: int) -> float:
        settings = CmsSettings(internal_api_key=SecretStr("none"), database_url=self.cms_url)
        database = Database.open(settings)
        try:
            async with database.write() as connection:
                for start in range(0, events, _AT_ONCE):
                    await OUTBOX.publish(connection, *(_event() for _ in range(min(_AT_ONCE, events - start))))
                begun = time.perf_counter()
        finally:
            await database.close()
        return begun

    async def _published(self) -> None:
        async with connect(self.cms_url) as connection, asyncio.timeout(_GIVE_UP_SECONDS):
            while await connection.fetchval(_LEFT):  # noqa: ASYNC110  the database tells nobody when it is done
                await asyncio.sleep(0.02)

    async def _taken(self) -> int:
        connection = await Connection.open(LOOPBACK, self.sink)
        try:
            answer = await connection.ask(_COUNT)
        finally:
            connection.close()
        taken = msgspec.json.decode(answer.body)["taken"]
        if not isinstance(taken, int):
            raise BenchmarkError("the sink does not count")
        return taken


def _event() -> Event:
    class_id = uuid4()
    return Event(RELAYED, class_id, ClassDescribed(class_id, "Svenska 2 ES25a", [CourseCode.SV2], "bench-1"))
