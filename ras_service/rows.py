"""A batch and its essays as they are stored, in memory: the fields are the columns.

Each change is a merge: commutative, associative and idempotent. So it does not matter in which order, how often or
in what company events come. `winners` has for each field that several events may say the stamp of the one that said
it: the greatest wins.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple, Self
from uuid import UUID

import msgspec

from kit.events.envelope import Envelope
from ras_service.contract import BatchType, PhaseName, ProcessingStage
from ras_service.lifecycle import ENDED, RANK, BatchState
from ras_service.progress import PHASES

PENDING = ProcessingStage.PENDING


class Said(NamedTuple):
    """When an event happened, and its stamp: text that sorts by (event_timestamp, event_id)."""

    at: datetime
    stamp: str

    @classmethod
    def by(cls, envelope: Envelope) -> "Said":
        at = envelope.event_timestamp  # in UTC, so that the text sorts as the moment does
        return cls(at, f"{at.isoformat(' ', 'microseconds')[:26]} {envelope.event_id}")


class Weight(IntEnum):
    """Of what is said about an essay's stage in a phase: goes before the moment."""

    ON_THE_WAY = 1
    OUTCOME = 2
    RESULT = 3


class Row(msgspec.Struct, kw_only=True):
    updated_at: datetime
    winners: dict[str, str] = {}

    def copied(self) -> Self:
        return msgspec.structs.replace(self, winners=dict(self.winners))

    def touch(self, said: Said) -> None:
        """The event concerns it, whether it changes anything or not."""
        self.updated_at = max(self.updated_at, said.at)

    def claim(self, field: str, stamp: str) -> bool:
        """Whether the event may say what the field is."""
        if stamp <= self.winners.get(field, ""):
            return False
        self.winners[field] = stamp
        return True


class EssayRow(Row, kw_only=True):
    essay_id: UUID
    batch_id: UUID
    position: int
    filename: str | None = None
    spellcheck_stage: ProcessingStage = PENDING
    spellcheck_error: str | None = None
    nlp_stage: ProcessingStage = PENDING
    nlp_error: str | None = None
    cj_assessment_stage: ProcessingStage = PENDING
    cj_assessment_error: str | None = None
    ai_feedback_stage: ProcessingStage = PENDING
    ai_feedback_error: str | None = None
    spellcheck_correction_count: int | None = None
    cj_rank: int | None = None
    cj_score: float | None = None
    letter_grade: str | None = None
    confidence_score: float | None = None
    confidence_label: str | None = None

    @property
    def stages(self) -> Sequence[ProcessingStage]:
        """One for each of PHASES."""
        return tuple(getattr(self, f"{phase}_stage") for phase in PHASES)

    def reach(
        self, phase: PhaseName, said: Said, weight: Weight, stage: ProcessingStage, error: str | None = None
    ) -> None:
        """Stage and error are one field."""
        if self.claim(phase, f"{weight:d} {said.stamp}"):
            setattr(self, f"{phase}_stage", stage)
            setattr(self, f"{phase}_error", error)


class BatchRow(Row, kw_only=True):
    batch_id: UUID
    user_id: str
    batch_type: BatchType
    created_at: datetime
    assignment_id: str | None = None
    title: str | None = None
    state: BatchState = BatchState.AWAITING_CONTENT_VALIDATION
    current_phase: PhaseName | None = None
    requested_pipelines: list[PhaseName] = []
    essay_count: int = 0
    completed_essay_count: int = 0
    failed_essay_count: int = 0
    processing_started_at: datetime | None = None
    processing_completed_at: datetime | None = None

    def imply(self, state: BatchState, said: Said) -> None:
        """Times never decide between states; between two ends in the same state the later is the end."""
        higher = RANK[state] - RANK[self.state]
        if higher > 0:
            self.state = state
        if higher < 0 or state not in ENDED:
            return
        known = self.processing_completed_at
        self.processing_completed_at = said.at if higher or known is None else max(known, said.at)
