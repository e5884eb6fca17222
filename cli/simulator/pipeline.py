"""A batch's pipeline: phase by phase, what each tells of the essays that got as far as that."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID, uuid4

from cli.school.essays import PHASES
from cli.school.names import SPELLCHECK_ERRORS
from cli.simulator.events import (
    AssessmentPublished,
    BatchEvent,
    EssayResult,
    PhaseOutcome,
    PipelineConfigured,
    PipelineStarted,
    SpellcheckResults,
)
from cli.simulator.pace import Pace
from cli.simulator.story import Paper, Story
from ras_service.contract import PhaseName, ProcessingStage

Publish = Callable[[BatchEvent], Awaitable[None]]
_DONE, _FAILED = ProcessingStage.COMPLETED, ProcessingStage.FAILED
_ANCHORS = (("B", 1.0), ("E", -1.0))


class Pipeline:
    def __init__(self, story: Story, publish: Publish, pace: Pace) -> None:
        self._story = story
        self._batch_id = story.batch_id
        self._publish = publish
        self._pace = pace
        self._rng = pace.rng

    async def start(self) -> None:
        await self._pace.take(2, 6)
        await self._publish(PipelineConfigured(self._batch_id, list(self._story.requested)))
        await self._pace.take(1, 3)
        await self._publish(PipelineStarted(self._batch_id))

    async def work(self) -> None:
        """As far as the story goes: one that is cancelled stops in the middle of a phase."""
        if PhaseName.STUDENT_MATCHING in self._story.requested:
            await self._outcome(PhaseName.STUDENT_MATCHING, self._story.papers, [])
        for phase in (each for each in PHASES if each in self._story.requested):
            done, failed = self._in(phase, _DONE), self._in(phase, _FAILED)
            if phase is PhaseName.SPELLCHECK:
                await self._spellcheck([*done, *failed])
            else:
                await self._pace.take(5, 15)
            if phase is PhaseName.CJ_ASSESSMENT and done:
                await self._publish(AssessmentPublished(self._batch_id, self._judged(done)))
            if not done and not failed:
                return
            await self._outcome(phase, done, failed)

    async def cancelled(self) -> None:
        """Only the spellchecker tells which essays it gives up."""
        for paper in self._in(PhaseName.SPELLCHECK, ProcessingStage.CANCELLED):
            await self._publish(SpellcheckResults(self._batch_id, paper.essay_id, ProcessingStage.CANCELLED))

    async def _spellcheck(self, papers: Sequence[Paper]) -> None:
        for paper in self._rng.sample(papers, len(papers)):
            if self._rng.random() < 0.5:
                await self._publish(SpellcheckResults(self._batch_id, paper.essay_id, ProcessingStage.PROCESSING))
            await self._pace.take(0.2, 1.5)
            await self._publish(self._checked(paper))

    def _checked(self, paper: Paper) -> SpellcheckResults:
        if paper.stages[PhaseName.SPELLCHECK] is _FAILED:
            error = self._rng.choice(SPELLCHECK_ERRORS)
            return SpellcheckResults(self._batch_id, paper.essay_id, _FAILED, error=error)
        corrections = paper.found["spellcheck_correction_count"]
        return SpellcheckResults(self._batch_id, paper.essay_id, _DONE, corrections_made=corrections)

    def _judged(self, papers: Sequence[Paper]) -> list[EssayResult]:
        """With anchors, where there are grades."""
        judged = [
            EssayResult(
                essay_id=each.essay_id,
                rank=each.found["cj_rank"],
                bt_score=each.found["cj_score"],
                letter_grade=each.found["letter_grade"],
                confidence_score=each.found["confidence_score"],
                confidence_label=each.found["confidence_label"],
            )
            for each in papers
        ]
        if judged[0].letter_grade is None:
            return judged
        ranks = len(judged) + 1
        return judged + [
            EssayResult(uuid4(), ranks + n, score, grade, 1.0, "HIGH", is_anchor=True)
            for n, (grade, score) in enumerate(_ANCHORS)
        ]

    async def _outcome(self, phase: PhaseName, done: Sequence[Paper], failed: Sequence[Paper]) -> None:
        status = _DONE if done else _FAILED
        await self._publish(PhaseOutcome(self._batch_id, phase, status, _ids(done), _ids(failed)))

    def _in(self, phase: PhaseName, stage: ProcessingStage) -> list[Paper]:
        return [each for each in self._story.papers if each.stages.get(phase) is stage]


def _ids(papers: Sequence[Paper]) -> list[UUID]:
    return [each.essay_id for each in papers]
