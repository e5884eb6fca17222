from ras_service import lifecycle
from ras_service.contract import BatchStatus
from ras_service.lifecycle import COMPLETED, ENDED, PUBLIC, RANK, BatchState, states_of


def test_the_drawing_is_the_rule() -> None:
    drawn = [line.split() for line in (lifecycle.__doc__ or "").splitlines() if line.strip()[:1].isdigit()]
    assert {state: (int(rank), public) for rank, state, *_, public in drawn} == {
        state.value: (RANK[state], PUBLIC[state].value) for state in BatchState
    }


def test_an_end_is_what_only_an_end_comes_after() -> None:
    assert {RANK[state] for state in ENDED} == {6, 7, 8, 9, 10}
    assert {state.value for state in COMPLETED} == {"completed_successfully", "completed_with_failures"}


def test_every_state_has_a_public_status_and_every_status_a_state() -> None:
    assert set(PUBLIC) == set(BatchState)
    assert set(PUBLIC.values()) == set(BatchStatus)


def test_a_status_stands_for_all_its_states() -> None:
    assert {status: [state.value for state in states_of([status])] for status in BatchStatus} == {
        BatchStatus.PENDING_CONTENT: ["awaiting_content_validation", "awaiting_pipeline_configuration"],
        BatchStatus.READY: ["ready_for_pipeline_execution"],
        BatchStatus.PROCESSING: [
            "awaiting_student_validation",
            "student_validation_completed",
            "validation_timeout_processed",
            "processing_pipelines",
        ],
        BatchStatus.COMPLETED_SUCCESSFULLY: ["completed_successfully"],
        BatchStatus.COMPLETED_WITH_FAILURES: ["completed_with_failures"],
        BatchStatus.FAILED: ["content_ingestion_failed", "failed_critically"],
        BatchStatus.CANCELLED: ["cancelled"],
    }
