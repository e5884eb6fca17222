"""What spellcheck and comparative judgement said about essays."""

from collections.abc import Sequence
from random import Random
from typing import Any

from cli.school.essays import Stages
from ras_service.contract import PhaseName, ProcessingStage

# (least score, grade)
_GRADES = ((1.5, "A"), (0.8, "B"), (0.2, "C"), (-0.4, "D"), (-1.3, "E"))
_LABELS = ((0.8, "HIGH"), (0.6, "MID"))

NOTHING: dict[str, Any] = {
    "spellcheck_correction_count": None,
    "cj_rank": None,
    "cj_score": None,
    "letter_grade": None,
    "confidence_score": None,
    "confidence_label": None,
}


def results(rng: Random, essays: Sequence[Stages], *, graded: bool) -> list[dict[str, Any]]:
    """The result columns of each essay. Without grade anchors (`graded`) judgement ranks and does not grade."""
    found = [{**NOTHING, **_corrections(rng, essay)} for essay in essays]
    judged = [index for index, essay in enumerate(essays) if _done(essay, PhaseName.CJ_ASSESSMENT)]
    scores = sorted((round(rng.gauss(0, 1.1), 3) for _ in judged), reverse=True)
    rng.shuffle(judged)
    for rank, (index, score) in enumerate(zip(judged, scores, strict=True), start=1):
        found[index] |= {"cj_rank": rank, "cj_score": score, **(_grade(rng, score) if graded else {})}
    return found


def _done(essay: Stages, phase: PhaseName) -> bool:
    return essay.get(phase) is ProcessingStage.COMPLETED


def _corrections(rng: Random, essay: Stages) -> dict[str, Any]:
    return {"spellcheck_correction_count": rng.randint(0, 42)} if _done(essay, PhaseName.SPELLCHECK) else {}


def _grade(rng: Random, score: float) -> dict[str, Any]:
    confidence = round(rng.uniform(0.42, 0.98), 2)
    return {
        "letter_grade": _least(_GRADES, score, "F"),
        "confidence_score": confidence,
        "confidence_label": _least(_LABELS, confidence, "LOW"),
    }


def _least(steps: Sequence[tuple[float, str]], value: float, below: str) -> str:
    return next((name for least, name in steps if value >= least), below)
