"""The enumerations and limits of CMS's contract."""

from enum import StrEnum

MAX_IDS_IN_URL = 200
"""Batch ids that one GET takes; more go by POST."""
MAX_IDS = 1000
"""Ids that one POST takes."""


class CourseCode(StrEnum):
    ENG5 = "ENG5"
    ENG6 = "ENG6"
    ENG7 = "ENG7"
    SV1 = "SV1"
    SV2 = "SV2"
    SV3 = "SV3"


class Language(StrEnum):
    EN = "en"
    SV = "sv"


class AssociationStatus(StrEnum):
    PENDING_VALIDATION = "pending_validation"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    TIMEOUT_CONFIRMED = "timeout_confirmed"


class AssociationMethod(StrEnum):
    HUMAN = "human"
    TIMEOUT = "timeout"
    AUTO = "auto"


class UpdateType(StrEnum):
    CLASS_CREATED = "class_created"
    STUDENT_ADDED_TO_CLASS = "student_added_to_class"
    STUDENT_MATCHING_CONFIRMATION_REQUIRED = "student_matching_confirmation_required"
    STUDENT_ASSOCIATIONS_CONFIRMED = "student_associations_confirmed"
    VALIDATION_TIMEOUT_PROCESSED = "validation_timeout_processed"
