"""What the stages of essays add up to."""

from itertools import combinations

import pytest

from ras_service.contract import PhaseName, ProcessingStage
from ras_service.progress import PHASES, Reached, counts, current_phase

SPELLCHECK, NLP, CJ, AI = PHASES
MATCHING = PhaseName.STUDENT_MATCHING
ALL = (MATCHING, *PHASES)
WORDS = {stage.value[0]: stage for stage in ProcessingStage if stage not in {"pending", "cancelled"}} | {
    "-": ProcessingStage.PENDING,
    "x": ProcessingStage.CANCELLED,
}
"""c, f, i and p(rocessing) beside these."""


def essays(*words: str) -> list[Reached]:
    """One letter for each phase: `cf--` is spellchecked, and failed in nlp. A number before it says how many."""
    return [Reached([WORDS[letter] for letter in word[-4:]], int(word[:-4] or 1)) for word in words]


@pytest.mark.parametrize(
    ("requested", "reached", "expected"),
    [
        ((), ["cccc", "fxf-"], (0, 0)),
        ((MATCHING,), ["cccc", "fxf-"], (0, 0)),
        ((SPELLCHECK,), ["c---", "3cf--", "f---", "2x---", "p---", "i---", "----"], (4, 3)),
        ((NLP, AI), ["-c-c", "fcfc", "-c--", "-f-c", "-c-f", "-x--", "cpcp"], (2, 3)),
        ((MATCHING, CJ, SPELLCHECK), ["c-c-", "cfcf", "cff-", "f-c-", "x-x-", "c---"], (2, 3)),
        (ALL, ["cccc", "ccc-", "cccf", "20cccc"], (21, 1)),
        (ALL, [], (0, 0)),
    ],
)
def test_counts(requested: tuple[PhaseName, ...], reached: list[str], expected: tuple[int, int]) -> None:
    assert counts(essays(*reached), requested) == expected


@pytest.mark.parametrize(
    ("requested", "reached", "expected"),
    [
        ((), ["----"], None),
        ((MATCHING,), ["----"], None),
        (ALL, [], None),
        ((SPELLCHECK,), ["c---", "p---"], SPELLCHECK),
        ((SPELLCHECK,), ["c---", "f---", "x---"], None),
        # In the order in which they run, not in that of the request.
        ((AI, SPELLCHECK), ["----"], SPELLCHECK),
        ((AI, SPELLCHECK), ["c---"], AI),
        # What is done ahead of time does not hide what is not.
        (ALL, ["cccc", "-ccc"], SPELLCHECK),
        # Whoever is lost goes no further.
        ((SPELLCHECK, NLP), ["f---", "cc--"], None),
        ((SPELLCHECK, CJ), ["f---", "x-p-", "c-i-"], CJ),
        ((NLP, CJ), ["ff--", "fx--"], None),
        ((CJ,), ["ff--"], CJ),
    ],
)
def test_current_phase(requested: tuple[PhaseName, ...], reached: list[str], expected: PhaseName | None) -> None:
    assert current_phase(essays(*reached), requested) == expected


def test_phases_in_any_combination() -> None:
    for size in range(len(ALL) + 1):
        for requested in combinations(ALL, size):
            phases = [phase for phase in PHASES if phase in requested]
            assert counts(essays("cccc"), requested) == (bool(phases), 0)
            assert current_phase(essays("----"), requested) == (phases[0] if phases else None)
            for place, phase in enumerate(PHASES):
                word = "cccc"[:place] + "f" + "cccc"[place + 1 :]
                lost = phase in phases
                assert counts(essays(word), requested) == (bool(phases) and not lost, lost)
                waiting = "cccc"[:place] + "p" + "cccc"[place + 1 :]
                assert current_phase(essays(waiting), requested) == (phase if lost else None)
