"""One batch, from its registration to its end."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from cli.simulator.authors import Authors
from cli.simulator.desk import Desk
from cli.simulator.events import BatchCancelled, ContentFailed, EssaysRegistered, PipelineCompleted, SlotAssigned
from cli.simulator.pace import Pace
from cli.simulator.pipeline import Pipeline, Publish
from cli.simulator.story import Cancelled, Story
from ras_service.contract import ProcessingStage
from ras_service.lifecycle import BatchState

Waiting = Callable[[], AbstractContextManager[None]]


class Play:
    """`waiting` is entered while a teacher at the screen is waited for."""

    def __init__(self, story: Story, desk: Desk, publish: Publish, pace: Pace, waiting: Waiting) -> None:
        self._story = story
        self._desk = desk
        self._publish = publish
        self._pace = pace
        self._waiting = waiting
        self._authors = Authors(story, story.group, desk, publish, pace) if story.group else None
        self._pipeline = Pipeline(story, publish, pace)

    async def run(self) -> None:
        """Raises RefusedError."""
        story = self._story
        await self._hand_in()
        if story.end is BatchState.CONTENT_INGESTION_FAILED:
            await self._publish(ContentFailed(story.batch_id, "a file could not be read"))
            return
        if story.cancelled is Cancelled.HANDED_IN:
            await self._cancel()
            return
        if self._authors:
            await self._match(self._authors)
        if story.cancelled is Cancelled.MATCHED:
            await self._cancel()
            return
        await self._pipeline.start()
        await self._pipeline.work()
        await (self._cancel() if story.cancelled else self._complete())

    async def _hand_in(self) -> None:
        story = self._story
        await self._publish(
            EssaysRegistered(
                batch_id=story.batch_id,
                user_id=self._desk.teacher,
                class_id=story.group.id if story.group else None,
                course_code=story.course,
                expected_essay_count=len(story.papers),
                essay_ids=[each.essay_id for each in story.papers],
                assignment_id=story.assignment_id,
                title=story.title,
            )
        )
        readable = story.papers[:-1] if story.end is BatchState.CONTENT_INGESTION_FAILED else story.papers
        for paper in readable:
            await self._pace.take(0.2, 1)
            await self._publish(SlotAssigned(story.batch_id, paper.essay_id, paper.filename))

    async def _match(self, authors: Authors) -> None:
        await authors.suggest()
        if self._story.left:
            with self._waiting():
                await authors.settled()
        else:
            await authors.settle()

    async def _cancel(self) -> None:
        await self._pace.take(1, 5)
        await self._publish(BatchCancelled(self._story.batch_id, "the teacher withdrew it"))
        if self._story.cancelled is Cancelled.STARTED:
            await self._pipeline.cancelled()

    async def _complete(self) -> None:
        await self._pace.take(1, 3)
        papers = self._story.papers
        failed = sum(ProcessingStage.FAILED in each.stages.values() for each in papers)
        await self._publish(
            PipelineCompleted(self._story.batch_id, self._story.end.value, len(papers) - failed, failed)
        )
