"""Who wrote which essay of a regular batch: what is suggested, and what the teacher makes of it."""

from cli.school.names import MATCH_REASONS
from cli.simulator.desk import Desk
from cli.simulator.events import EssayMatches, MatchesSuggested, Suggestion
from cli.simulator.pace import Pace
from cli.simulator.pipeline import Publish
from cli.simulator.story import Paper, Story
from cms_service.contract import AssociationDecision, AssociationStatus, SchoolClass, Student, StudentAssociation

_UNMATCHED, _MISTAKEN, _REJECTED = 0.07, 0.06, 0.04
# Suggestions come by a broker where there is one; ones that were not stored never do.
_LOOKS = 60


class Authors:
    def __init__(self, story: Story, group: SchoolClass, desk: Desk, publish: Publish, pace: Pace) -> None:
        self._story = story
        self._group = group
        self._desk = desk
        self._publish = publish
        self._pace = pace
        self._rng = pace.rng
        self._writers = {each.essay_id: each.writer for each in story.papers}

    async def suggest(self) -> None:
        await self._pace.take(2, 5)
        matches = [self._matches(each) for each in self._story.papers]
        await self._publish(MatchesSuggested(self._story.batch_id, self._group.id, self._group.course_code, matches))

    async def settle(self) -> None:
        """The teacher reads for a while, and settles all that is pending."""
        await self._pace.take(10, 40)
        pending = await self._stored()
        if pending:
            await self._desk.settle(self._story.batch_id, [self._decision(each) for each in pending])

    async def settled(self) -> None:
        """By the teacher at the screen."""
        await self._stored()
        while await self._pending():
            await self._pace.take(3, 5)

    async def _stored(self) -> list[StudentAssociation]:
        """What is pending, when the suggestions have arrived; nothing when there is nothing to wait for."""
        for _ in range(_LOOKS):
            if await self._desk.associations(self._story.batch_id):
                break
            await self._pace.take(0.5, 1)
        return await self._pending()

    async def _pending(self) -> list[StudentAssociation]:
        found = await self._desk.associations(self._story.batch_id)
        return [each for each in found if each.validation_status is AssociationStatus.PENDING_VALIDATION]

    def _matches(self, paper: Paper) -> EssayMatches:
        if paper.writer is None or self._rng.random() < _UNMATCHED:
            return EssayMatches(paper.essay_id, paper.filename, [], "no name was found")
        first, second = paper.writer, self._rng.choice(self._story.roster)
        if self._rng.random() < _MISTAKEN:
            first, second = second, first
        score = round(self._rng.triangular(0.35, 0.99, 0.95), 3)
        suggestions = [self._suggestion(first, score)]
        if second is not first:
            suggestions.append(self._suggestion(second, round(score / 2, 3)))
        return EssayMatches(paper.essay_id, paper.filename, suggestions)

    def _suggestion(self, student: Student, score: float) -> Suggestion:
        reasons = self._rng.sample(MATCH_REASONS, self._rng.randint(1, 2))
        return Suggestion(student.id, f"{student.first_name} {student.last_name}", score, reasons)

    def _decision(self, pending: StudentAssociation) -> AssociationDecision:
        """The teacher knows the writer's hand."""
        writer = self._writers[pending.essay_id]
        if writer is None or self._rng.random() < _REJECTED:
            return AssociationDecision(str(pending.essay_id), confirmed=False)
        return AssociationDecision(str(pending.essay_id), confirmed=True, student_id=str(writer.id))
