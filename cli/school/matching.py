"""CMS's rows of a regular batch: the class it was registered for, and who wrote which essay."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from cli.school import names
from cli.school.people import Staff, new_id, placeholder
from cli.school.plans import ClassSource, Plan, Writer
from cli.school.timeline import Step
from cms_service.contract import AssociationMethod, AssociationStatus
from cms_service.tables import AssociationConfirmation, BatchClass, EssayAssociation
from ras_service.tables import EssayResult

TIMEOUT_USER = "SYSTEM_TIMEOUT"
LEAST_KEPT_SCORE = 0.7
"""The monitor gives an essay with a lower score to the class's UNKNOWN student."""


def batch_class(plan: Plan) -> list[BatchClass]:
    if plan.named_class is None:
        return []
    named = plan.named_class
    return [BatchClass(batch_id=plan.batch_id, class_id=named, user_id=plan.teacher, created_at=plan.when.created)]


def associations(rng: Random, own: Staff, plan: Plan, essays: Sequence[EssayResult]) -> list[EssayAssociation]:
    """All of a tie are there and none is rejected, or it would be none."""
    if Step.MATCHED not in plan.when.steps or plan.source is ClassSource.REGISTERED:
        return []
    first = _first_of_each_class(plan.writers)
    return [
        _association(rng, own, plan, writer, essay, owed=writer in first)
        for writer, essay in zip(plan.writers, essays, strict=True)
        if writer in first or plan.source is ClassSource.TIE or rng.random() < 0.93
    ]


def _first_of_each_class(writers: Sequence[Writer]) -> list[Writer]:
    """What a pending or timed out batch owes its state to."""
    return list({each.group: each for each in reversed(writers)}.values())


def confirmations(rng: Random, plan: Plan, rows_of_batch: Sequence[EssayAssociation]) -> list[AssociationConfirmation]:
    """One per class of the batch, once nothing of it is pending."""
    if Step.VALIDATED not in plan.when.steps or plan.named_class is None:
        return []
    classes = dict.fromkeys([plan.named_class, *(each.class_id for each in rows_of_batch if each.class_id)])
    return [
        AssociationConfirmation(batch_id=plan.batch_id, class_id=class_id, event_id=new_id(rng)) for class_id in classes
    ]


def _association(
    rng: Random, own: Staff, plan: Plan, writer: Writer, essay: EssayResult, *, owed: bool
) -> EssayAssociation:
    class_id = plan.groups[writer.group].row.id
    score = round(rng.triangular(0.35, 0.99, 0.95), 3)
    student = writer.student
    assert student is not None
    decided = _decided(rng, plan, owed=owed)
    if decided["validation_status"] is AssociationStatus.TIMEOUT_CONFIRMED and score < LEAST_KEPT_SCORE:
        student = placeholder(rng, own, class_id, decided["validated_at"])
    return EssayAssociation(
        essay_id=essay.essay_id,
        batch_id=plan.batch_id,
        class_id=None if plan.source is ClassSource.DELETED else class_id,
        created_by_user_id=plan.teacher,
        created_at=_matched_at(plan, writer.group),
        student_id=student.id,
        confidence_score=score,
        match_reasons=rng.sample(names.MATCH_REASONS, rng.randint(1, 2)),
        **decided,
    )


def _matched_at(plan: Plan, group: int) -> datetime:
    """Each class's suggestions come in one transaction; in a tie the class that was not registered comes first."""
    matched = plan.when.steps[Step.MATCHED]
    if group == 0:
        return matched
    return matched - timedelta(seconds=30) if plan.source is ClassSource.TIE else matched + timedelta(seconds=40)


def _decided(rng: Random, plan: Plan, *, owed: bool) -> dict[str, Any]:
    matched, validated = plan.when.steps[Step.MATCHED], plan.when.steps.get(Step.VALIDATED)
    if validated is None:
        early = matched + timedelta(minutes=5)
        return _human(rng, plan, early) if not owed and rng.random() < 0.15 else _pending()
    if plan.source is ClassSource.DELETED and rng.random() < 0.5:
        return _settled(AssociationStatus.REJECTED, AssociationMethod.AUTO, plan.teacher, validated)
    if plan.timed_out:
        early = matched + timedelta(hours=rng.randint(1, 20))
        timeout = _settled(AssociationStatus.TIMEOUT_CONFIRMED, AssociationMethod.TIMEOUT, TIMEOUT_USER, validated)
        return timeout if owed or rng.random() < 0.6 else _human(rng, plan, early)
    return _human(rng, plan, validated)


def _pending() -> dict[str, Any]:
    return {
        "validation_status": AssociationStatus.PENDING_VALIDATION,
        "validation_method": None,
        "validated_by": None,
        "validated_at": None,
    }


def _human(rng: Random, plan: Plan, moment: datetime) -> dict[str, Any]:
    rejected = plan.source is not ClassSource.TIE and rng.random() < 0.08
    status = AssociationStatus.REJECTED if rejected else AssociationStatus.CONFIRMED
    return _settled(status, AssociationMethod.HUMAN, plan.teacher, moment)


def _settled(status: AssociationStatus, method: AssociationMethod, by: str, moment: datetime) -> dict[str, Any]:
    return {"validation_status": status, "validation_method": method, "validated_by": by, "validated_at": moment}
