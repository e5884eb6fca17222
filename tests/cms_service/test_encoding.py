"""CMS's answers by key are made from rows without the contract's classes, and are to the byte what those would be."""

from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from cms_service.contract import (
    AssociationMethod,
    AssociationsByBatch,
    AssociationStatus,
    ClassById,
    ClassInfoByBatch,
    Courses,
    EssaysByStudent,
    RosterByClass,
    StudentByEssay,
    StudentById,
    ValidationStatusByBatch,
)
from cms_service.tables import ClassStudent, Student
from kit.responses import encode_json
from tests.support.databases import RolledBack
from tests.support.given import TEACHER, a_class, association, minutes

PATH = "/internal/v1"
NAMES = ['Åsa "Ö" \\', "€𝔘", "x" * 100]


def check(answer: httpx.Response, of: Any) -> Any:
    assert answer.status_code == 200, answer.text
    decoded = msgspec.json.decode(answer.content, type=of)
    assert encode_json(decoded) == answer.content
    return decoded


async def some_school(cms: RolledBack, random: Random) -> dict[str, list[str]]:
    classes = [await a_class(cms, random.choice(NAMES)) for _ in range(3)]
    students = [
        Student(
            id=uuid4(),
            first_name=random.choice(NAMES),
            last_name=random.choice(NAMES),
            legal_full_name=random.choice([None, *NAMES]),
            last_name_key="b",
            first_name_key="a",
            email=random.choice([None, "a@b.se"]),
            created_by_user_id=TEACHER,
        )
        for _ in range(8)
    ]
    await cms.add(*students)
    await cms.add(*(ClassStudent(class_id=random.choice(classes), student_id=each.id) for each in students))
    made = [uuid4() for _ in range(6)]
    written = [
        association(
            random.choice(made),
            random.choice([None, *classes]),
            student_id=random.choice(students).id,
            validation_status=random.choice(list(AssociationStatus)),
            validation_method=random.choice([None, *AssociationMethod]),
            match_reasons=random.sample(["namn", 'klass "7"'], random.randrange(3)),
            confidence_score=random.choice([None, 0.5]),
            created_at=minutes(0) + timedelta(microseconds=random.choice([0, 1, random.randrange(10**15)])),
        )
        for _ in range(40)
    ]
    await cms.add(*written)
    ids: dict[str, list[UUID]] = {
        "class_ids": classes,
        "student_ids": [each.id for each in students],
        "batch_ids": made,
        "essay_ids": [each.essay_id for each in written],
    }
    return {name: [*(str(each) for each in of), str(UUID(int=0))] for name, of in ids.items()}


ASKED = {
    "/batches/class-info": ("batch_ids", ClassInfoByBatch),
    "/batches/validation-status": ("batch_ids", ValidationStatusByBatch),
    "/batches/associations": ("batch_ids", AssociationsByBatch),
    "/classes/lookup": ("class_ids", ClassById),
    "/classes/rosters": ("class_ids", RosterByClass),
    "/students/lookup": ("student_ids", StudentById),
    "/students/essays": ("student_ids", EssaysByStudent),
    "/essays/students": ("essay_ids", StudentByEssay),
}


@pytest.mark.parametrize("seed", range(3))
async def test_answers_are_what_the_contract_encodes(
    cms: httpx.AsyncClient, cms_database: RolledBack, seed: int
) -> None:
    ids = await some_school(cms_database, Random(seed))  # noqa: S311  hides nothing
    for path, (name, of) in ASKED.items():
        for user in ({}, {"X-User-ID": TEACHER}):
            found = check(await cms.post(PATH + path, json={name: ids[name]}, headers=user), of)
            assert [str(each) for each in found] == ids[name]
            assert any(getattr(each, "total", each) for each in found.values())
    assert len(check(await cms.get(f"{PATH}/courses"), Courses).courses) == 6
