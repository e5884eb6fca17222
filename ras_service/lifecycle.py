"""The states of a batch: what each event implies, and the one mapping to what the public sees.

A batch is in the state of the highest rank among those that its events imply. So the order in which they come does not
matter, rank never falls, and any of these steps may be left out:

rank  state                            implied by                                     public status
   0  awaiting_content_validation      registration                                   pending_content
   1  awaiting_student_validation      the last slot is filled, of a regular batch    processing
   1  awaiting_pipeline_configuration  the last slot is filled, of a guest batch      pending_content
   2  student_validation_completed     associations confirmed                         processing
   3  validation_timeout_processed     associations confirmed, timeout_triggered      processing
   4  ready_for_pipeline_execution     pipeline configured                            ready
   5  processing_pipelines             pipeline started                               processing
   6  content_ingestion_failed         content failed                                 failed
   7  cancelled                        cancelled                                      cancelled
   8  completed_successfully           pipeline completed, by its final_status        completed_successfully
   9  completed_with_failures          pipeline completed, by its final_status        completed_with_failures
  10  failed_critically                pipeline completed, by its final_status        failed
"""

from collections.abc import Iterable
from enum import StrEnum

from ras_service.contract import BatchStatus, BatchType


class BatchState(StrEnum):
    AWAITING_CONTENT_VALIDATION = "awaiting_content_validation"
    AWAITING_PIPELINE_CONFIGURATION = "awaiting_pipeline_configuration"
    AWAITING_STUDENT_VALIDATION = "awaiting_student_validation"
    STUDENT_VALIDATION_COMPLETED = "student_validation_completed"
    VALIDATION_TIMEOUT_PROCESSED = "validation_timeout_processed"
    READY_FOR_PIPELINE_EXECUTION = "ready_for_pipeline_execution"
    PROCESSING_PIPELINES = "processing_pipelines"
    CONTENT_INGESTION_FAILED = "content_ingestion_failed"
    CANCELLED = "cancelled"
    COMPLETED_SUCCESSFULLY = "completed_successfully"
    COMPLETED_WITH_FAILURES = "completed_with_failures"
    FAILED_CRITICALLY = "failed_critically"


class FinalStatus(StrEnum):
    """How a pipeline can end."""

    COMPLETED_SUCCESSFULLY = "completed_successfully"
    COMPLETED_WITH_FAILURES = "completed_with_failures"
    FAILED_CRITICALLY = "failed_critically"


RANK = {
    BatchState.AWAITING_CONTENT_VALIDATION: 0,
    BatchState.AWAITING_PIPELINE_CONFIGURATION: 1,
    BatchState.AWAITING_STUDENT_VALIDATION: 1,
    BatchState.STUDENT_VALIDATION_COMPLETED: 2,
    BatchState.VALIDATION_TIMEOUT_PROCESSED: 3,
    BatchState.READY_FOR_PIPELINE_EXECUTION: 4,
    BatchState.PROCESSING_PIPELINES: 5,
    BatchState.CONTENT_INGESTION_FAILED: 6,
    BatchState.CANCELLED: 7,
    BatchState.COMPLETED_SUCCESSFULLY: 8,
    BatchState.COMPLETED_WITH_FAILURES: 9,
    BatchState.FAILED_CRITICALLY: 10,
}

SLOTS_FILLED = {
    BatchType.REGULAR: BatchState.AWAITING_STUDENT_VALIDATION,
    BatchType.GUEST: BatchState.AWAITING_PIPELINE_CONFIGURATION,
}
CONFIRMED = {
    False: BatchState.STUDENT_VALIDATION_COMPLETED,
    True: BatchState.VALIDATION_TIMEOUT_PROCESSED,
}
FINAL = {each: BatchState(each) for each in FinalStatus}

ENDED = frozenset(state for state, rank in RANK.items() if rank >= RANK[BatchState.CONTENT_INGESTION_FAILED])
COMPLETED = frozenset({BatchState.COMPLETED_SUCCESSFULLY, BatchState.COMPLETED_WITH_FAILURES})

PUBLIC = {
    BatchState.AWAITING_CONTENT_VALIDATION: BatchStatus.PENDING_CONTENT,
    BatchState.AWAITING_PIPELINE_CONFIGURATION: BatchStatus.PENDING_CONTENT,
    BatchState.AWAITING_STUDENT_VALIDATION: BatchStatus.PROCESSING,
    BatchState.STUDENT_VALIDATION_COMPLETED: BatchStatus.PROCESSING,
    BatchState.VALIDATION_TIMEOUT_PROCESSED: BatchStatus.PROCESSING,
    BatchState.READY_FOR_PIPELINE_EXECUTION: BatchStatus.READY,
    BatchState.PROCESSING_PIPELINES: BatchStatus.PROCESSING,
    BatchState.CONTENT_INGESTION_FAILED: BatchStatus.FAILED,
    BatchState.CANCELLED: BatchStatus.CANCELLED,
    BatchState.COMPLETED_SUCCESSFULLY: BatchStatus.COMPLETED_SUCCESSFULLY,
    BatchState.COMPLETED_WITH_FAILURES: BatchStatus.COMPLETED_WITH_FAILURES,
    BatchState.FAILED_CRITICALLY: BatchStatus.FAILED,
}


def states_of(statuses: Iterable[BatchStatus]) -> list[BatchState]:
    """Every state that shows as one of these."""
    wanted = set(statuses)
    return [state for state, status in PUBLIC.items() if status in wanted]
