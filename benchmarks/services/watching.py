"""How soon a teacher who waits is told of an event: from before it is posted until the poll's answer is whole."""

import asyncio
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle
from uuid import UUID, uuid4

import msgspec

from benchmarks.connection import Answer, Connection
from benchmarks.errors import BenchmarkError
from benchmarks.load import GRACE_SECONDS, LOOPBACK, Outcome
from benchmarks.services.asking import Asking
from benchmarks.services.stories import ESSAYS, Story
from cli.simulator.events import SpellcheckResults
from kit.updates.reading import UpdatePage
from ras_service.contract import BatchStatusUpdated, PhaseName, ProcessingStage

TEACHERS = 8
_WAIT_SECONDS = 25
_MADE = 50
"""Events for each second: more than come, for a poll lingers."""
_SETTLED_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class News:
    """An essay of the batch is spellchecked: so many are completed then."""

    posted: bytes
    batch_id: UUID
    completed: int


@dataclass(slots=True)
class Teacher:
    """`poll` waits."""

    user_id: str
    connection: Connection
    news: Iterator[News]
    poll: asyncio.Task[Answer]


@dataclass(frozen=True, slots=True)
class Watching:
    port: int
    asking: Asking

    def watch(self, seconds: float) -> Outcome:
        """Raises BenchmarkError when the news did not last."""
        return asyncio.run(self._watch(seconds))

    async def _watch(self, seconds: float) -> Outcome:
        outcome = Outcome()
        with ExitStack() as open_ones:
            poster = await self._connection(open_ones)
            batches = math.ceil(_MADE * seconds / (TEACHERS * ESSAYS))
            teachers = [
                await self._teacher(poster, await self._connection(open_ones), batches) for _ in range(TEACHERS)
            ]
            # What is sent now is waiting by then; nobody tells when.
            await asyncio.sleep(_SETTLED_SECONDS)
            begun = time.perf_counter()
            try:
                async with asyncio.timeout(seconds + GRACE_SECONDS):
                    await self._tell(poster, teachers, begun + seconds, outcome)
            except TimeoutError:
                outcome.fail(f"no answer {GRACE_SECONDS} s after the end")
            outcome.seconds = time.perf_counter() - begun
            for each in teachers:
                each.poll.cancel()
        return outcome

    async def _connection(self, open_ones: ExitStack) -> Connection:
        connection = await Connection.open(LOOPBACK, self.port)
        open_ones.callback(connection.close)
        return connection

    async def _teacher(self, poster: Connection, connection: Connection, batches: int) -> Teacher:
        user_id = f"watching-{uuid4().hex}"
        stories = [Story(user_id) for _ in range(batches)]
        for story in stories:
            events = [story.envelope(each) for each in (*story.registered(), *story.started(PhaseName.SPELLCHECK))]
            await _asked(poster, self.asking.events(events), 202)
        begin = await _asked(connection, self.asking.updates(user_id, after=None, wait=0), 200)
        cursor = msgspec.json.decode(begin.body, type=UpdatePage).cursor
        news = [each for story in stories for each in self._news(story)]
        return Teacher(user_id, connection, iter(news), self._poll(user_id, connection, cursor))

    def _news(self, story: Story) -> Iterator[News]:
        for completed, essay_id in enumerate(story.essay_ids, start=1):
            event = SpellcheckResults(story.batch_id, essay_id, ProcessingStage.COMPLETED, corrections_made=completed)
            posted = self.asking.events([story.envelope(event)]).encode("ascii")
            yield News(posted, story.batch_id, completed)

    def _poll(self, user_id: str, connection: Connection, cursor: int) -> asyncio.Task[Answer]:
        request = self.asking.updates(user_id, after=cursor, wait=_WAIT_SECONDS)
        return asyncio.create_task(connection.ask(request.encode("ascii")))

    async def _tell(self, poster: Connection, teachers: Sequence[Teacher], end: float, outcome: Outcome) -> None:
        """In turn, so that a poll that is answered has waited as long as it took to tell all the others."""
        for teacher in cycle(teachers):
            if time.perf_counter() >= end:
                return
            news = next(teacher.news, None)
            if news is None:
                raise BenchmarkError("there was more time than news to tell")
            begun = time.perf_counter()
            posting = asyncio.create_task(poster.ask(news.posted))
            answer = await teacher.poll
            taken = time.perf_counter() - begun
            page = _page(answer)
            wrong = _wrong((await posting).status, page, news)
            if wrong:
                outcome.fail(wrong)
            else:
                outcome.done += 1
                outcome.latencies.append(1000 * taken)
            teacher.poll = self._poll(teacher.user_id, teacher.connection, page.cursor)


async def _asked(connection: Connection, request: str, status: int) -> Answer:
    answer = await connection.ask(request.encode("ascii"))
    if answer.status != status:
        raise BenchmarkError(f"RAS answers {answer.status}: {answer.body[:200]!r}")
    return answer


def _page(answer: Answer) -> UpdatePage:
    if answer.status != 200:
        raise BenchmarkError(f"RAS answers {answer.status} to a poll: {answer.body[:200]!r}")
    return msgspec.json.decode(answer.body, type=UpdatePage)


def _wrong(posted: int, page: UpdatePage, news: News) -> str | None:
    if posted != 202:
        return f"status {posted}"
    told = [msgspec.json.decode(each.payload, type=BatchStatusUpdated) for each in page.updates]
    found = [(each.batch_id, each.completed_essays) for each in told]
    return None if found == [(news.batch_id, news.completed)] else "a poll that did not tell of the event alone"
