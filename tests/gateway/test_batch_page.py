"""What the page of one batch asks for, and what it costs."""

from typing import Any

import httpx

from cms_service.contract import AssociationStatus
from gateway.documents import document
from ras_service.contract import PhaseName, ProcessingStage
from ras_service.lifecycle import BatchState
from tests.support.calls import CLASS_INFO, VALIDATION, calls, cms, ras
from tests.support.databases import RolledBack
from tests.support.given import a_class, association, batch, batches, essay, minutes
from tests.support.graph import ask, global_id
from tests.support.pupils import enrol, student


def ends(page: dict[str, Any]) -> dict[str, Any]:
    """With the cursor that the page itself tells."""
    return {"hasNextPage": False, "endCursor": page["pageInfo"]["endCursor"]}


def phase(stage: str, error: str | None = None) -> dict[str, Any]:
    return {"stage": stage, "error": error}


async def test_the_batch_page(gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack) -> None:
    class_id, writer = await a_class(cms_database, "SV1B"), student("Åsa", "Öberg")
    await enrol(cms_database, class_id, writer)
    [batch_id] = await batches(
        ras_database,
        batch(
            title="Debattartikel",
            state=BatchState.COMPLETED_WITH_FAILURES,
            requested_pipelines=[PhaseName.SPELLCHECK, PhaseName.CJ_ASSESSMENT],
            essay_count=2,
            completed_essay_count=1,
            failed_essay_count=1,
            created_at=minutes(0),
            processing_started_at=minutes(1),
            processing_completed_at=minutes(2),
        ),
    )
    done, failed = (
        essay(
            batch_id,
            0,
            filename="åsa.docx",
            spellcheck_stage=ProcessingStage.COMPLETED,
            cj_assessment_stage=ProcessingStage.COMPLETED,
            spellcheck_correction_count=12,
            cj_rank=1,
            cj_score=0.5,
            letter_grade="B",
            confidence_score=0.75,
            confidence_label="HIGH",
            updated_at=minutes(2),
        ),
        essay(
            batch_id,
            1,
            filename=None,
            spellcheck_stage=ProcessingStage.FAILED,
            spellcheck_error="no text",
            cj_assessment_stage=ProcessingStage.INITIALIZED,
        ),
    )
    await ras_database.add(failed, done)
    await cms_database.add(
        association(batch_id, class_id, essay_id=done.essay_id, student_id=writer.id),
        association(
            batch_id,
            class_id,
            essay_id=failed.essay_id,
            student_id=writer.id,
            validation_status=AssociationStatus.PENDING_VALIDATION,
            created_at=minutes(5),
        ),
    )

    answer = await ask(gateway, document("batch_page"), id=global_id("Batch", batch_id))

    assert "errors" not in answer
    page = answer["data"]["batch"]
    assert page == {
        "id": global_id("Batch", batch_id),
        "batchId": str(batch_id),
        "title": "Debattartikel",
        "batchType": "REGULAR",
        "status": "COMPLETED_WITH_FAILURES",
        "processingPhase": None,
        "requestedPipelines": ["SPELLCHECK", "CJ_ASSESSMENT"],
        "totalEssays": 2,
        "completedEssays": 1,
        "failedEssays": 1,
        "progress": 100,
        "createdAt": "2026-09-14T12:00:00Z",
        "startedAt": "2026-09-14T12:01:00Z",
        "completedAt": "2026-09-14T12:02:00Z",
        "classInfo": {"classId": str(class_id), "className": "SV1B"},
        "validation": {
            "deviationCount": 1,
            "autoConfirmDeadline": "2026-09-15T12:05:00Z",
            "totalAssociations": 2,
            "confirmedAssociations": 1,
        },
        "essays": {
            "nodes": [
                {
                    "id": global_id("Essay", done.essay_id),
                    "essayId": str(done.essay_id),
                    "filename": "åsa.docx",
                    "spellcheck": phase("COMPLETED"),
                    "nlp": phase("PENDING"),
                    "cjAssessment": phase("COMPLETED"),
                    "aiFeedback": phase("PENDING"),
                    "spellcheckCorrectionCount": 12,
                    "cjRank": 1,
                    "cjScore": 0.5,
                    "letterGrade": "B",
                    "confidenceScore": 0.75,
                    "confidenceLabel": "HIGH",
                    "updatedAt": "2026-09-14T12:02:00Z",
                    "student": {"id": global_id("Student", writer.id), "firstName": "Åsa", "lastName": "Öberg"},
                },
                {
                    "id": global_id("Essay", failed.essay_id),
                    "essayId": str(failed.essay_id),
                    "filename": None,
                    "spellcheck": phase("FAILED", "no text"),
                    "nlp": phase("PENDING"),
                    "cjAssessment": phase("INITIALIZED"),
                    "aiFeedback": phase("PENDING"),
                    "spellcheckCorrectionCount": None,
                    "cjRank": None,
                    "cjScore": None,
                    "letterGrade": None,
                    "confidenceScore": None,
                    "confidenceLabel": None,
                    "updatedAt": "2026-09-14T12:00:00Z",
                    "student": None,
                },
            ],
            "pageInfo": ends(page["essays"]),
            "totalCount": 2,
        },
    }
    assert set(calls(answer).items()) == {
        (each, 1)
        for each in {CLASS_INFO, VALIDATION} | ras("/batches/lookup", "/batches/essays") | cms("/essays/students")
    }
