"""Facts about the sample school, read from its rows."""

from collections import Counter, defaultdict
from typing import Any
from uuid import UUID

import pytest

from cli.school import FIRST_TEACHER, TEACHERS, School, sample_school
from cli.school.people import ANCHOR
from cli.school.rows import Row, columns_of
from cms_service.contract import CourseCode
from cms_service.sorting import email_key, sort_key
from kit.ids import is_user_id
from ras_service.contract import BatchStatus, BatchType, PhaseName, ProcessingStage
from ras_service.lifecycle import PUBLIC, BatchState
from ras_service.tables import BatchResult, EssayResult

COMPLETED, FAILED, CANCELLED = ProcessingStage.COMPLETED, ProcessingStage.FAILED, ProcessingStage.CANCELLED


@pytest.fixture(scope="module")
def school() -> School:
    return sample_school()


@pytest.fixture(scope="module")
def essays_of(school: School) -> dict[UUID, list[EssayResult]]:
    grouped: dict[UUID, list[EssayResult]] = defaultdict(list)
    for essay in school.essays:
        grouped[essay.batch_id].append(essay)
    return grouped


def test_two_builds_are_equal() -> None:
    assert _told(sample_school()) == _told(sample_school())


def _told(school: School) -> list[dict[str, Any]]:
    rows: list[Row] = [row for table in school.cms_rows() for row in table]
    rows += [row for table in school.ras_rows() for row in table]
    return [{name: getattr(row, name) for name in columns_of(row)} for row in rows]


def test_teachers(school: School) -> None:
    ids = [each.user_id for each in TEACHERS]
    assert len(set(ids)) == 12
    assert all(is_user_id(each) for each in ids)
    assert FIRST_TEACHER == ids[0] == "teacher-anna-lindqvist"
    assert {each.user_id for each in school.batches} == set(ids)
    assert {each.created_by_user_id for each in school.classes} == set(ids)


def test_classes_and_courses(school: School) -> None:
    per_teacher = Counter(each.created_by_user_id for each in school.classes)
    assert max(per_teacher.values()) == 8
    assert set(school.courses.values()) == set(CourseCode)
    assert set(school.courses) == {each.id for each in school.classes}


def test_students(school: School) -> None:
    students = [each for each in school.students if not each.is_placeholder]
    assert 550 <= len(students) <= 650
    names = {each.first_name for each in students} | {each.last_name for each in students}
    assert set("åäöÅÄÖ-") <= set("".join(names))
    assert 0.8 < sum(each.email is not None for each in students) / len(students) < 1
    assert any(each.legal_full_name for each in students)
    assert len({(each.created_by_user_id, each.email_key) for each in school.students if each.email}) == sum(
        each.email is not None for each in school.students
    )
    for each in school.students:
        assert (each.last_name_key, each.first_name_key) == (sort_key(each.last_name), sort_key(each.first_name))
        assert each.email_key == (each.email and email_key(each.email))


def test_everybody_is_in_a_class_of_their_teacher(school: School) -> None:
    teacher_of_class = {each.id: each.created_by_user_id for each in school.classes}
    teacher_of_student = {each.id: each.created_by_user_id for each in school.students}
    assert {each.student_id for each in school.memberships} == set(teacher_of_student)
    assert all(teacher_of_class[each.class_id] == teacher_of_student[each.student_id] for each in school.memberships)
    assert max(Counter(each.student_id for each in school.memberships).values()) <= 20


def test_batches(school: School, essays_of: dict[UUID, list[EssayResult]]) -> None:
    assert 290 <= len(school.batches) <= 320
    assert {each.state for each in school.batches} == set(BatchState)
    assert {each.batch_type for each in school.batches} == set(BatchType)
    sizes = [len(essays_of[each.batch_id]) for each in school.batches]
    assert (min(sizes), max(sizes)) == (8, 32)
    titles = Counter((each.title is not None, each.assignment_id is not None) for each in school.batches)
    assert set(titles) == {(True, True), (True, False), (False, True), (False, False)}
    assert titles[False, True] <= 20


def test_the_first_teacher_has_batches_of_every_status(school: School) -> None:
    own = [each for each in school.batches if each.user_id == FIRST_TEACHER]
    assert len(own) >= 120
    assert {PUBLIC[each.state] for each in own} == set(BatchStatus)


def test_ids_are_unique(school: School) -> None:
    for ids in (
        [each.batch_id for each in school.batches],
        [each.essay_id for each in school.essays],
        [each.id for each in school.classes],
        [each.id for each in school.students],
    ):
        assert len(set(ids)) == len(ids)


def test_counts_derive_from_the_essays(school: School, essays_of: dict[UUID, list[EssayResult]]) -> None:
    for batch in school.batches:
        phases = [each for each in batch.requested_pipelines if each is not PhaseName.STUDENT_MATCHING]
        stages = [[getattr(essay, f"{phase}_stage") for phase in phases] for essay in essays_of[batch.batch_id]]
        completed = sum(all(each is COMPLETED for each in essay) for essay in stages) if phases else 0
        failed = sum(any(each in {FAILED, CANCELLED} for each in essay) for essay in stages)
        assert batch.essay_count == len(stages)
        assert (batch.completed_essay_count, batch.failed_essay_count) == (completed, failed), batch.state
        if batch.state is BatchState.COMPLETED_SUCCESSFULLY:
            assert (completed, failed) == (len(stages), 0)
        if batch.state in {BatchState.COMPLETED_WITH_FAILURES, BatchState.FAILED_CRITICALLY}:
            assert failed > 0


def test_the_current_phase_is_the_first_with_work_to_do(
    school: School, essays_of: dict[UUID, list[EssayResult]]
) -> None:
    phases = set()
    for batch in school.batches:
        if batch.state is not BatchState.PROCESSING_PIPELINES:
            assert batch.current_phase is None
            continue
        phases.add(batch.current_phase)
        assert batch.current_phase == _first_open_phase(batch, essays_of[batch.batch_id])
    assert None not in phases
    assert len(phases) > 1


def _first_open_phase(batch: BatchResult, essays: list[EssayResult]) -> PhaseName | None:
    order = ["spellcheck", "nlp", "cj_assessment", "ai_feedback"]
    requested = [phase for phase in order if phase in batch.requested_pipelines]
    for index, phase in enumerate(requested):
        for essay in essays:
            earlier = [getattr(essay, f"{each}_stage") for each in requested[:index]]
            if FAILED not in earlier and getattr(essay, f"{phase}_stage") not in {COMPLETED, FAILED, CANCELLED}:
                return PhaseName(phase)
    return None


def test_times_follow_the_state(school: School, essays_of: dict[UUID, list[EssayResult]]) -> None:
    ended = {state for state in BatchState if PUBLIC[state].value.startswith(("completed", "failed", "cancelled"))}
    ran = {BatchState.PROCESSING_PIPELINES, *ended} - {BatchState.CONTENT_INGESTION_FAILED, BatchState.CANCELLED}
    for batch in school.batches:
        started, completed = batch.processing_started_at, batch.processing_completed_at
        assert (completed is not None) == (batch.state in ended)
        if batch.state is not BatchState.CANCELLED:
            assert (started is not None) == (batch.state in ran)
        moments = [batch.created_at, *(each for each in (started, completed) if each), batch.updated_at, ANCHOR]
        assert moments == sorted(moments)
        heard = [each.updated_at for each in essays_of[batch.batch_id]]
        assert batch.created_at <= min(heard)
        assert max(heard) <= batch.updated_at


def test_pipelines_are_requested_before_they_run(school: School) -> None:
    asked = {batch.state for batch in school.batches if batch.requested_pipelines}
    never = {batch.state for batch in school.batches if not batch.requested_pipelines}
    assert asked & never == {BatchState.CANCELLED}
    assert BatchState.READY_FOR_PIPELINE_EXECUTION in asked
    assert BatchState.CONTENT_INGESTION_FAILED in never


def test_results_are_those_of_finished_phases(school: School, essays_of: dict[UUID, list[EssayResult]]) -> None:
    assert {each.letter_grade for each in school.essays} == {None, *"ABCDEF"}
    for essay in school.essays:
        assert (essay.spellcheck_correction_count is not None) == (essay.spellcheck_stage is COMPLETED)
        assert (essay.cj_rank is not None) == (essay.cj_score is not None) == (essay.cj_assessment_stage is COMPLETED)
        assert (essay.letter_grade is None) == (essay.confidence_score is None) == (essay.confidence_label is None)
        assert (essay.spellcheck_error is not None) == (essay.spellcheck_stage is FAILED)
    for essays in essays_of.values():
        ranked = sorted((each for each in essays if each.cj_rank is not None), key=lambda each: each.cj_rank or 0)
        assert [each.cj_rank for each in ranked] == list(range(1, len(ranked) + 1))
        scores = [each.cj_score or 0 for each in ranked]
        assert scores == sorted(scores, reverse=True)
        assert [each.position for each in essays] == list(range(len(essays)))


def test_essays_without_a_file_are_those_whose_slots_were_not_filled(school: School) -> None:
    unfilled = {each.batch_id for each in school.essays if each.filename is None}
    assert {each.state for each in school.batches if each.batch_id in unfilled} == {
        BatchState.AWAITING_CONTENT_VALIDATION,
        BatchState.CONTENT_INGESTION_FAILED,
    }
    filenames = "".join(each.filename or "" for each in school.essays)
    assert set("åäö-_") <= set(filenames)
