"""Essays: RAS's contract plus the edges to batches and to CMS's students."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import strawberry

from gateway.loaders import Loaders
from gateway.schema.described import described
from gateway.schema.edges import Read, edge
from gateway.schema.node import Node, identified, records
from gateway.schema.references import BatchType, StudentType
from ras_service import contract as ras


@described(stage="How far the phase has come.", error="Why it failed, where that is known.")
@strawberry.type(description="What one phase made of one essay.")
class PhaseResult(ras.PhaseResult):
    pass


async def students_of_essays(essays: Sequence[ras.Essay], loaders: Loaders, read: Read) -> Sequence[Any]:
    return await read(loaders.student_by_essay, [each.essay_id for each in essays])


async def batches_of_essays(essays: Sequence[ras.Essay], loaders: Loaders, read: Read) -> Sequence[Any]:
    return await read(loaders.batch_by_id, [each.batch_id for each in essays])


@described(
    essay_id="The key of the essay, as REST has it.",
    filename="What the file was called; null until the essay's text has arrived.",
    spellcheck_correction_count="Corrections that the spell check made.",
    cj_rank="Place among the batch's essays by comparative judgement; 1 is the best.",
    cj_score="Score that the rank comes from.",
    letter_grade="Grade that the assessment suggests.",
    confidence_score="How sure the assessment is of the grade, from 0 to 1.",
    confidence_label="The same in a word.",
    updated_at="When anything of the essay last changed.",
)
@strawberry.type(description="One essay of a batch, and what the pipeline's phases made of it.")
class Essay(ras.Essay, Node):
    is_type_of = records(ras.Essay)
    node_id: strawberry.ID = identified("Essay", "essay_id")
    batch_id: strawberry.Private[UUID]
    stages: strawberry.Private[ras.Stages]

    @strawberry.field(graphql_type=PhaseResult, description="The spell check.")
    def spellcheck(self) -> ras.PhaseResult:
        return self.stages.spellcheck

    @strawberry.field(graphql_type=PhaseResult, description="The linguistic analysis.")
    def nlp(self) -> ras.PhaseResult:
        return self.stages.nlp

    @strawberry.field(graphql_type=PhaseResult, description="The assessment by comparative judgement.")
    def cj_assessment(self) -> ras.PhaseResult:
        return self.stages.cj_assessment

    @strawberry.field(graphql_type=PhaseResult, description="The feedback that a language model wrote.")
    def ai_feedback(self) -> ras.PhaseResult:
        return self.stages.ai_feedback

    student = edge(
        students_of_essays,
        graphql_type=StudentType | None,
        description="Who wrote it; null without an error while that is not settled, or settled as unknown.",
    )
    batch = edge(
        batches_of_essays,
        graphql_type=BatchType | None,
        description="The batch that it was handed in with.",
    )
