"""The contracts' enumerations as the graph's, made before the types whose fields they are."""

from enum import Enum
from typing import Any

import strawberry

from cms_service import contract as cms
from ras_service import contract as ras


def enumerate_as(enum: type[Enum], description: str, **values: str) -> None:
    """Makes a contract's enumeration one of the graph's; `values` are the descriptions by name."""
    definition: Any = getattr(strawberry.enum(enum, description=description), "__strawberry_definition__")  # noqa: B009
    by_name = {each.name: each for each in definition.values}
    for name, text in values.items():
        by_name[name].description = text


enumerate_as(
    cms.CourseCode,
    "Code of a course of the Swedish upper secondary school.",
    ENG5="English 5.",
    ENG6="English 6.",
    ENG7="English 7.",
    SV1="Svenska 1.",
    SV2="Svenska 2.",
    SV3="Svenska 3.",
)
enumerate_as(cms.Language, "The language that a course is taught in.", EN="English.", SV="Swedish.")
enumerate_as(
    ras.BatchStatus,
    "Where a batch stands, as a teacher sees it.",
    PENDING_CONTENT="Its essays are being received.",
    READY="A pipeline is configured, and has not begun.",
    PROCESSING="It is being matched with students, or its pipeline is under way.",
    COMPLETED_SUCCESSFULLY="The pipeline is done.",
    COMPLETED_WITH_FAILURES="The pipeline is done, and some essays failed.",
    FAILED="Its essays could not be read, or the pipeline broke down.",
    CANCELLED="It was called off.",
)
enumerate_as(
    ras.BatchType,
    "Whether a batch belongs to a class.",
    REGULAR="It belongs to a class, and goes through student matching.",
    GUEST="It belongs to no class.",
)
enumerate_as(
    ras.PhaseName,
    "A phase of the processing pipeline.",
    STUDENT_MATCHING="Who wrote which essay.",
    SPELLCHECK="The spell check.",
    NLP="The linguistic analysis.",
    CJ_ASSESSMENT="The assessment by comparative judgement.",
    AI_FEEDBACK="The feedback that a language model writes.",
)
enumerate_as(
    ras.ProcessingStage,
    "How far a phase has come with an essay; the last three are final.",
    PENDING="The phase has not begun.",
    INITIALIZED="The phase has accepted the essay.",
    PROCESSING="The phase is at work.",
    COMPLETED="The phase has its result.",
    FAILED="The phase has no result, and will have none; `error` may say why.",
    CANCELLED="The phase was called off.",
)
enumerate_as(
    cms.AssociationStatus,
    "How far it is settled who wrote an essay.",
    PENDING_VALIDATION="The matching suggests a student; the teacher has not answered yet.",
    CONFIRMED="The teacher has confirmed the student.",
    REJECTED="The suggested student did not write the essay.",
    TIMEOUT_CONFIRMED="The teacher did not answer in time, and the likely student stands.",
)
enumerate_as(
    cms.AssociationMethod,
    "How an association was settled.",
    HUMAN="By the teacher.",
    TIMEOUT="By the deadline.",
    AUTO="By the system, as when the class was deleted.",
)
