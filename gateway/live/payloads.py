"""What an update says, by its type: the services' contracts."""

from collections.abc import Hashable, Mapping
from enum import StrEnum

from cms_service import contract as cms
from ras_service import contract as ras

Payload = (
    ras.BatchStatusUpdated
    | ras.BatchResultsReady
    | cms.ClassCreated
    | cms.StudentAddedToClass
    | cms.ConfirmationRequired
    | cms.AssociationsSettled
)

PAYLOADS: Mapping[StrEnum, type[Payload]] = {
    ras.UpdateType.BATCH_STATUS_UPDATED: ras.BatchStatusUpdated,
    ras.UpdateType.BATCH_RESULTS_READY: ras.BatchResultsReady,
    cms.UpdateType.CLASS_CREATED: cms.ClassCreated,
    cms.UpdateType.STUDENT_ADDED_TO_CLASS: cms.StudentAddedToClass,
    cms.UpdateType.STUDENT_MATCHING_CONFIRMATION_REQUIRED: cms.ConfirmationRequired,
    cms.UpdateType.STUDENT_ASSOCIATIONS_CONFIRMED: cms.AssociationsSettled,
    cms.UpdateType.VALIDATION_TIMEOUT_PROCESSED: cms.AssociationsSettled,
}


def subject(payload: Payload) -> Hashable | None:
    """What a later update of the same subject makes worthless; none for an update that must be told."""
    return payload.batch_id if isinstance(payload, ras.BatchStatusUpdated) else None
