"""When things happened to a batch: which steps its state has behind it, and how long they took."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random

from cli.school.people import ANCHOR, TERM_START
from ras_service.contract import BatchType
from ras_service.lifecycle import BatchState


class Step(StrEnum):
    FILLED = "filled"
    """Each essay has its file."""
    MATCHED = "matched"
    VALIDATED = "validated"
    CONFIGURED = "configured"
    STARTED = "started"
    ENDED = "ended"


_TO_STARTED = (Step.FILLED, Step.MATCHED, Step.VALIDATED, Step.CONFIGURED, Step.STARTED)
_STEPS = {
    BatchState.AWAITING_CONTENT_VALIDATION: (),
    BatchState.AWAITING_PIPELINE_CONFIGURATION: _TO_STARTED[:1],
    BatchState.AWAITING_STUDENT_VALIDATION: _TO_STARTED[:2],
    BatchState.STUDENT_VALIDATION_COMPLETED: _TO_STARTED[:3],
    BatchState.VALIDATION_TIMEOUT_PROCESSED: _TO_STARTED[:3],
    BatchState.READY_FOR_PIPELINE_EXECUTION: _TO_STARTED[:4],
    BatchState.PROCESSING_PIPELINES: _TO_STARTED,
    BatchState.CONTENT_INGESTION_FAILED: (Step.ENDED,),
    BatchState.COMPLETED_SUCCESSFULLY: (*_TO_STARTED, Step.ENDED),
    BatchState.COMPLETED_WITH_FAILURES: (*_TO_STARTED, Step.ENDED),
    BatchState.FAILED_CRITICALLY: (*_TO_STARTED, Step.ENDED),
}
# A teacher cancels before validation, before the pipeline or in the middle of it.
_CANCELLED_AFTER = (_TO_STARTED[:1], _TO_STARTED[:3], _TO_STARTED)
_REGULAR_ONLY = {Step.MATCHED, Step.VALIDATED}

_MINUTES = {
    Step.FILLED: (2, 5),
    Step.MATCHED: (2, 10),
    Step.VALIDATED: (20, 20 * 60),
    Step.CONFIGURED: (1, 30),
    Step.STARTED: (1, 3),
    Step.ENDED: (15, 90),
}
# The monitor looks hourly for what has waited 24 h.
_TIMEOUT_MINUTES = (24 * 60, 25 * 60)
# How long ago the last step of a batch that is not at its end may be.
_IDLE_MINUTES = {BatchState.AWAITING_CONTENT_VALIDATION: (1, 2), BatchState.PROCESSING_PIPELINES: (5, 40)}
_ELSE_IDLE = (10, 10 * 60)


@dataclass(frozen=True, slots=True)
class Timeline:
    created: datetime
    steps: dict[Step, datetime]

    @property
    def last(self) -> datetime:
        return max(self.steps.values(), default=self.created)

    @property
    def worked_until(self) -> datetime:
        """When the pipeline ended; now, while it runs."""
        return self.steps.get(Step.ENDED, ANCHOR)


def timeline(rng: Random, state: BatchState, batch_type: BatchType, *, timed_out: bool) -> Timeline:
    waits = _waits(rng, state, batch_type, timed_out=timed_out)
    total = sum(waits.values(), timedelta())
    if Step.ENDED in waits:
        created = _school_hour(rng)
    else:
        created = ANCHOR - total - _between(rng, _IDLE_MINUTES.get(state, _ELSE_IDLE))
    moment, steps = created, {}
    for step, wait in waits.items():
        moment = steps[step] = moment + wait
    return Timeline(created, steps)


def _waits(rng: Random, state: BatchState, batch_type: BatchType, *, timed_out: bool) -> dict[Step, timedelta]:
    steps = _STEPS[state] if state in _STEPS else (*rng.choice(_CANCELLED_AFTER), Step.ENDED)
    return {
        step: _between(rng, _TIMEOUT_MINUTES if timed_out and step is Step.VALIDATED else _MINUTES[step])
        for step in steps
        if batch_type is BatchType.REGULAR or step not in _REGULAR_ONLY
    }


def _between(rng: Random, minutes: tuple[int, int]) -> timedelta:
    return timedelta(milliseconds=rng.randint(minutes[0] * 60_000, minutes[1] * 60_000))


def _school_hour(rng: Random) -> datetime:
    """Between 7 and 15 on a school day, at least three days ago, so that the longest work is over by now."""
    days = (ANCHOR - TERM_START).days - 3
    while True:
        day = TERM_START + timedelta(days=rng.randrange(days))
        if day.weekday() < 5:
            return day + timedelta(milliseconds=rng.randrange(8 * 3_600_000))
