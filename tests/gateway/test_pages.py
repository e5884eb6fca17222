"""What the frontend's pages ask for, and what each costs: one call for each kind of edge, however much there is."""

from typing import Any

import httpx

from cms_service.contract import AssociationMethod, AssociationStatus
from gateway.documents import document
from tests.support.calls import CLASS_INFO, VALIDATION, cms, keys, ras
from tests.support.databases import RolledBack
from tests.support.given import TEACHER, a_class, association, batch, batches, essay, minutes
from tests.support.graph import ask, global_id
from tests.support.pupils import enrol, student, unknown_student


def ends(page: dict[str, Any]) -> dict[str, Any]:
    """With the cursor that the page itself tells."""
    return {"hasNextPage": False, "endCursor": page["pageInfo"]["endCursor"]}


async def test_the_class_page(gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack) -> None:
    class_id = await a_class(cms_database, "SV1B")
    anna, berit = student("Anna", "Ek", email="anna@skola.se"), student("Berit", "Al", legal_full_name="Berit af Al")
    await enrol(cms_database, class_id, anna, berit, unknown_student(class_id))
    old, new, _ = await batches(
        ras_database, batch(title="Novell"), batch(title=None, essay_count=4, failed_essay_count=1), batch()
    )
    await cms_database.add(association(old, class_id), association(new, class_id, created_at=minutes(1)))

    answer = await ask(gateway, document("class_page"), id=str(class_id))

    assert "errors" not in answer
    page = answer["data"]["class"]
    assert page == {
        "id": global_id("SchoolClass", class_id),
        "classId": str(class_id),
        "name": "SV1B",
        "courseCode": "SV1",
        "studentCount": 2,
        "createdAt": page["createdAt"],
        "updatedAt": page["updatedAt"],
        "students": {
            "nodes": [
                {
                    "id": global_id("Student", berit.id),
                    "studentId": str(berit.id),
                    "firstName": "Berit",
                    "lastName": "Al",
                    "legalFullName": "Berit af Al",
                    "email": None,
                },
                {
                    "id": global_id("Student", anna.id),
                    "studentId": str(anna.id),
                    "firstName": "Anna",
                    "lastName": "Ek",
                    "legalFullName": "Anna Ek",
                    "email": "anna@skola.se",
                },
            ],
            "pageInfo": ends(page["students"]),
            "totalCount": 2,
        },
        "batches": {
            "nodes": [
                {
                    "id": global_id("Batch", batch_id),
                    "batchId": str(batch_id),
                    "title": title,
                    "status": "PROCESSING",
                    "totalEssays": total,
                    "progress": progress,
                    "createdAt": "2026-09-14T12:00:00Z",
                }
                for batch_id, title, total, progress in [(new, None, 4, 25), (old, "Novell", 0, 0)]
            ],
            "pageInfo": ends(page["batches"]),
            "totalCount": 2,
        },
    }
    assert keys(answer) == dict.fromkeys(cms("/classes/lookup", "/classes/rosters", "/classes/batches"), 1) | {
        next(iter(ras("/batches/lookup"))): 2
    }


async def test_the_students_page(gateway: httpx.AsyncClient, cms_database: RolledBack) -> None:
    one, two = await a_class(cms_database, "SV1A"), await a_class(cms_database, "SV1B")
    both, neither = student("Anna", "Öman", email="anna@skola.se"), student("Örjan", "Berg")
    await enrol(cms_database, one, both)
    await enrol(cms_database, two, both)
    await cms_database.add(neither, student("Åsa", "Åberg"))

    answer = await ask(gateway, document("students_page"), search=" ö")

    assert "errors" not in answer
    page = answer["data"]["students"]
    in_classes = page["nodes"][1].pop("classes")
    assert page == {
        "nodes": [
            {
                "id": global_id("Student", neither.id),
                "studentId": str(neither.id),
                "firstName": "Örjan",
                "lastName": "Berg",
                "legalFullName": "Örjan Berg",
                "email": None,
                "classes": [],
            },
            {
                "id": global_id("Student", both.id),
                "studentId": str(both.id),
                "firstName": "Anna",
                "lastName": "Öman",
                "legalFullName": "Anna Öman",
                "email": "anna@skola.se",
            },
        ],
        "pageInfo": ends(page) | {"hasPreviousPage": False},
        "totalCount": 2,
    }
    assert sorted(in_classes, key=lambda each: str(each["name"])) == [
        {"id": global_id("SchoolClass", class_id), "name": name, "courseCode": "SV1"}
        for class_id, name in [(one, "SV1A"), (two, "SV1B")]
    ]
    assert keys(answer) == {("cms", "GET", "/v1/classes/students"): 1, ("cms", "POST", "/v1/classes/lookup"): 2}


async def test_the_matching_page(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack
) -> None:
    class_id = await a_class(cms_database, "SV1B")
    anna, berit = student("Anna", "Ek"), student("Berit", "Al")
    nobody = unknown_student(class_id)
    await enrol(cms_database, class_id, anna, berit, nobody)
    [batch_id] = await batches(ras_database, batch(title="Novell"))
    first, second = essay(batch_id, 0, filename="a.docx"), essay(batch_id, 1, filename="b.docx")
    await ras_database.add(first, second)
    pending = association(
        batch_id,
        class_id,
        essay_id=first.essay_id,
        student_id=anna.id,
        confidence_score=0.875,
        match_reasons=["namn", "e-post"],
        validation_status=AssociationStatus.PENDING_VALIDATION,
    )
    timed_out = association(
        batch_id,
        class_id,
        essay_id=second.essay_id,
        student_id=nobody.id,
        validation_status=AssociationStatus.TIMEOUT_CONFIRMED,
        validation_method=AssociationMethod.TIMEOUT,
        validated_by="SYSTEM_TIMEOUT",
        validated_at=minutes(7),
        created_at=minutes(1),
    )
    elsewhere = association(
        batch_id,
        class_id,
        student_id=berit.id,
        validation_method=AssociationMethod.HUMAN,
        validated_by=TEACHER,
        created_at=minutes(2),
    )
    await cms_database.add(pending, timed_out, elsewhere)

    answer = await ask(gateway, document("matching_page"), id=str(batch_id))

    assert "errors" not in answer
    page = answer["data"]["batch"]
    told_anna, told_berit = (
        {"id": global_id("Student", each.id), "firstName": each.first_name, "lastName": each.last_name}
        for each in (anna, berit)
    )
    assert page == {
        "id": global_id("Batch", batch_id),
        "title": "Novell",
        "status": "PROCESSING",
        "validation": {
            "deviationCount": 1,
            "autoConfirmDeadline": "2026-09-15T12:00:00Z",
            "totalAssociations": 3,
            "confirmedAssociations": 2,
        },
        "classInfo": {
            "class": {
                "id": global_id("SchoolClass", class_id),
                "name": "SV1B",
                "students": {"nodes": [told_berit, told_anna], "totalCount": 2},
            }
        },
        "studentAssociations": {
            "nodes": [
                {
                    "essayId": str(first.essay_id),
                    "status": "PENDING_VALIDATION",
                    "method": None,
                    "confidenceScore": 0.875,
                    "matchReasons": ["namn", "e-post"],
                    "validatedBy": None,
                    "validatedAt": None,
                    "student": told_anna,
                    "essay": {"id": global_id("Essay", first.essay_id), "filename": "a.docx"},
                },
                {
                    "essayId": str(second.essay_id),
                    "status": "TIMEOUT_CONFIRMED",
                    "method": "TIMEOUT",
                    "confidenceScore": None,
                    "matchReasons": [],
                    "validatedBy": "SYSTEM_TIMEOUT",
                    "validatedAt": "2026-09-14T12:07:00Z",
                    "student": None,
                    "essay": {"id": global_id("Essay", second.essay_id), "filename": "b.docx"},
                },
                {
                    "essayId": str(elsewhere.essay_id),
                    "status": "CONFIRMED",
                    "method": "HUMAN",
                    "confidenceScore": None,
                    "matchReasons": [],
                    "validatedBy": TEACHER,
                    "validatedAt": None,
                    "student": told_berit,
                    "essay": None,
                },
            ],
            "pageInfo": ends(page["studentAssociations"]),
            "totalCount": 3,
        },
    }
    assert keys(answer) == {
        CLASS_INFO: 1,
        VALIDATION: 1,
        **dict.fromkeys(ras("/batches/lookup"), 1),
        **dict.fromkeys(cms("/batches/associations", "/classes/lookup", "/classes/rosters"), 1),
        **dict.fromkeys(cms("/students/lookup") | ras("/essays/lookup"), 3),
    }
