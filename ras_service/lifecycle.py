"""The states of a batch, and the one mapping to what the public sees.

rank  state                            public status
   0  awaiting_content_validation      pending_content
   1  awaiting_pipeline_configuration  pending_content
   1  awaiting_student_validation      processing
   2  student_validation_completed     processing
   3  validation_timeout_processed     processing
   4  ready_for_pipeline_execution     ready
   5  processing_pipelines             processing
   6  content_ingestion_failed         failed
   7  cancelled                        cancelled
   8  completed_successfully           completed_successfully
   9  completed_with_failures          completed_with_failures
  10  failed_critically                failed
"""

from collections.abc import Iterable
from enum import StrEnum

from ras_service.contract import BatchStatus


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
