"""How far a batch has come: what its essays' stages add up to, over the phases that were requested.

Matching students is not a phase of essays, so it never counts.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ras_service.contract import PhaseName, ProcessingStage

PHASES = (PhaseName.SPELLCHECK, PhaseName.NLP, PhaseName.CJ_ASSESSMENT, PhaseName.AI_FEEDBACK)
"""In the order in which they run."""

LOST = frozenset({ProcessingStage.FAILED, ProcessingStage.CANCELLED})
TERMINAL = LOST | {ProcessingStage.COMPLETED}


class Reached(NamedTuple):
    """So many essays are at these stages, one for each of PHASES."""

    stages: Sequence[ProcessingStage]
    essays: int


class Tally(NamedTuple):
    """The essays of a batch; `open_slots` of them have no file yet."""

    reached: Sequence[Reached]
    open_slots: int


class Counts(NamedTuple):
    completed: int
    failed: int


def counts(reached: Iterable[Reached], requested: Iterable[PhaseName]) -> Counts:
    """Completed: in each requested phase. Failed: in any. Both are 0 when nothing is requested."""
    places = _places(requested)
    completed = failed = 0
    for group in reached:
        stages = {group.stages[place] for place in places}
        completed += group.essays * (stages == {ProcessingStage.COMPLETED})
        failed += group.essays * bool(stages & LOST)
    return Counts(completed, failed)


def current_phase(reached: Iterable[Reached], requested: Iterable[PhaseName]) -> PhaseName | None:
    """Of a batch that is being processed: the first in which an essay that is not lost has not come to an end."""
    going = list(reached)
    for place in _places(requested):
        if any(group.stages[place] not in TERMINAL for group in going):
            return PHASES[place]
        going = [group for group in going if group.stages[place] not in LOST]
    return None


def _places(requested: Iterable[PhaseName]) -> list[int]:
    wanted = set(requested)
    return [place for place, phase in enumerate(PHASES) if phase in wanted]
