"""Which class the sample's batches belong to, and who wrote their essays."""

from collections import Counter, defaultdict
from uuid import UUID

import pytest

from cli.school import School, sample_school
from cli.school.people import ANCHOR
from cms_service.contract import AssociationMethod, AssociationStatus
from cms_service.tables import EssayAssociation
from ras_service.contract import BatchType
from ras_service.lifecycle import BatchState


@pytest.fixture(scope="module")
def school() -> School:
    return sample_school()


@pytest.fixture(scope="module")
def associations_of(school: School) -> dict[UUID, list[EssayAssociation]]:
    grouped: dict[UUID, list[EssayAssociation]] = defaultdict(list)
    for row in school.associations:
        grouped[row.batch_id].append(row)
    return grouped


def test_associations_follow_the_state(school: School, associations_of: dict[UUID, list[EssayAssociation]]) -> None:
    essays = {(each.batch_id, each.essay_id) for each in school.essays}
    unmatched = {
        BatchState.AWAITING_CONTENT_VALIDATION,
        BatchState.AWAITING_PIPELINE_CONFIGURATION,
        BatchState.CONTENT_INGESTION_FAILED,
    }
    for batch in school.batches:
        rows = associations_of[batch.batch_id]
        statuses = {each.validation_status for each in rows}
        assert {(each.batch_id, each.essay_id) for each in rows} <= essays
        assert all(each.created_by_user_id == batch.user_id for each in rows)
        if batch.batch_type is BatchType.GUEST or batch.state in unmatched:
            assert rows == []
        assert (AssociationStatus.PENDING_VALIDATION in statuses) == (
            batch.state is BatchState.AWAITING_STUDENT_VALIDATION
        )
        if batch.state is BatchState.VALIDATION_TIMEOUT_PROCESSED:
            assert AssociationStatus.TIMEOUT_CONFIRMED in statuses


def test_who_settled_associations_and_how(school: School) -> None:
    unknown = {each.id for each in school.students if each.is_placeholder}
    assert unknown
    assert {each.validation_status for each in school.associations} == set(AssociationStatus)
    for row in school.associations:
        timed_out = row.validation_status is AssociationStatus.TIMEOUT_CONFIRMED
        assert row.confidence_score is not None
        if row.validation_status is AssociationStatus.PENDING_VALIDATION:
            assert (row.validation_method, row.validated_by, row.validated_at) == (None, None, None)
            continue
        assert row.validated_at is not None
        assert row.created_at < row.validated_at <= ANCHOR
        assert (row.validation_method is AssociationMethod.TIMEOUT) == timed_out
        assert row.validated_by == ("SYSTEM_TIMEOUT" if timed_out else row.created_by_user_id)
        assert (row.student_id in unknown) == (timed_out and row.confidence_score < 0.7)


def test_each_unknown_student_is_that_of_one_class(school: School) -> None:
    class_of = {each.student_id: each.class_id for each in school.memberships}
    unknown = [each for each in school.students if each.is_placeholder]
    for each in unknown:
        assert (each.first_name, each.last_name) == ("UNKNOWN", "STUDENT")
        assert each.email == f"unknown.{class_of[each.id]}@huleedu.system"
        first = min(row.validated_at for row in school.associations if row.student_id == each.id and row.validated_at)
        assert each.created_at == first


def test_every_way_of_having_a_class_and_of_having_none(
    school: School, associations_of: dict[UUID, list[EssayAssociation]]
) -> None:
    owners = {each.id: each.created_by_user_id for each in school.classes}
    named = {each.batch_id: each.class_id for each in school.batch_classes}
    regular = [each for each in school.batches if each.batch_type is BatchType.REGULAR]
    assert set(named) == {each.batch_id for each in regular}
    ways = Counter(
        _way(associations_of[each.batch_id], owners.get(named[each.batch_id]), each.user_id, named[each.batch_id])
        for each in regular
    )
    assert {way for way, n in ways.items() if n > 1} == {
        "one class",
        "majority of two",
        "tie won by another than registered",
        "registered",
        "deleted",
        "foreign",
    }


def _way(rows: list[EssayAssociation], owner: str | None, teacher: str, named: UUID) -> str:
    counting = [each for each in rows if each.class_id and each.validation_status is not AssociationStatus.REJECTED]
    sizes = Counter(each.class_id for each in counting).most_common()
    if len(sizes) == 2 and sizes[0][1] == sizes[1][1]:
        earliest = min(counting, key=lambda each: each.created_at)
        return "tie won by another than registered" if earliest.class_id != named else "tie"
    if sizes:
        return "one class" if len(sizes) == 1 else "majority of two"
    if owner is None:
        return "deleted"
    return "registered" if owner == teacher else "foreign"


def test_a_confirmation_stands_for_each_settled_class(
    school: School, associations_of: dict[UUID, list[EssayAssociation]]
) -> None:
    confirmed = {(each.batch_id, each.class_id) for each in school.confirmations}
    assert len(confirmed) == len(school.confirmations)
    for batch_id, rows in associations_of.items():
        for class_id in {each.class_id for each in rows if each.class_id}:
            pending = any(
                each.class_id == class_id and each.validation_status is AssociationStatus.PENDING_VALIDATION
                for each in rows
            )
            assert ((batch_id, class_id) in confirmed) != pending
