"""What each field of the graph costs: the one table of which upstream calls its resolver makes.

A field that is not in it makes none. `gateway/planning.py` adds a document's fields up, and the tests hold the calls
that are really made against the sum.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cms_service import contract as cms
from gateway.upstreams import entitlements
from gateway.upstreams.keyed import parents_per_call
from ras_service import contract as ras


@dataclass(frozen=True, slots=True)
class Read:
    """An endpoint, and how many keys one call of it takes: `paged` ones take fewer the longer their pages are.

    Up to `in_url` keys a GET does it where that is set, and more need a POST. `path` is a template.
    """

    service: str
    method: str
    path: str
    at_most: int = 1
    paged: bool = False
    in_url: int | None = None

    def calls(self, keys: int, first: int) -> int:
        return -(-keys // (parents_per_call(first, self.at_most) if self.paged else self.at_most))

    def methods(self, keys: int) -> str:
        """What may be sent for up to so many keys: there may always be fewer."""
        return self.method if self.in_url is None or keys <= self.in_url else f"{self.method} or POST"


def _of_cms(path: str, *, paged: bool = False) -> Read:
    return Read("cms", "POST", f"/internal/v1{path}", cms.MAX_IDS, paged)


def _of_ras(path: str, *, paged: bool = False) -> Read:
    return Read("ras", "POST", f"/internal/v1{path}", ras.MAX_IDS, paged)


def _by_url(path: str) -> Read:
    return Read("cms", "GET", f"/internal/v1{path}", cms.MAX_IDS, in_url=cms.MAX_IDS_IN_URL)


LOADERS: Mapping[str, Read] = {
    "batch_by_id": _of_ras("/batches/lookup"),
    "essay_by_id": _of_ras("/essays/lookup"),
    "essays_by_batch": _of_ras("/batches/essays", paged=True),
    "class_info_by_batch": _by_url("/batches/class-info"),
    "validation_by_batch": _by_url("/batches/validation-status"),
    "associations_by_batch": _of_cms("/batches/associations", paged=True),
    "class_by_id": _of_cms("/classes/lookup"),
    "students_by_class": _of_cms("/classes/rosters", paged=True),
    "batch_ids_by_class": _of_cms("/classes/batches", paged=True),
    "student_by_id": _of_cms("/students/lookup"),
    "student_by_essay": _of_cms("/essays/students"),
    "essay_ids_by_student": _of_cms("/students/essays", paged=True),
    "balance_by_user": Read(entitlements.NAME, "GET", "/v1/entitlements/balance/{user_id}"),
}
"""By the name in `Loaders`."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Reads with a key for each parent of the field, and reads with a key for each item that it brings.

    `items` is how many it brings to a parent, where no argument bounds them.
    """

    by_parent: tuple[Read, ...] = ()
    by_item: tuple[Read, ...] = ()
    items: int = 1


def _loads(name: str) -> Cost:
    return Cost(by_parent=(LOADERS[name],))


def _calls(service: str, method: str, path: str) -> Cost:
    """One call for each time that the field is in a document."""
    return Cost(by_parent=(Read(service, method, path),))


_NODES = tuple(LOADERS[each] for each in ("batch_by_id", "essay_by_id", "class_by_id", "student_by_id"))

FIELDS: Mapping[str, Cost] = {
    "Query.batches": _calls("ras", "GET", "/internal/v1/batches/user/{user_id}"),
    "Query.batch": _loads("batch_by_id"),
    "Query.classes": _calls("cms", "GET", "/v1/classes"),
    "Query.class": _loads("class_by_id"),
    "Query.students": _calls("cms", "GET", "/v1/classes/students"),
    "Query.student": _loads("student_by_id"),
    "Query.courses": _calls("cms", "GET", "/internal/v1/courses"),
    "Query.node": Cost(by_item=_NODES),
    "Query.nodes": Cost(by_item=_NODES),
    "Teacher.credits": _loads("balance_by_user"),
    "Batch.classInfo": _loads("class_info_by_batch"),
    "Batch.validation": _loads("validation_by_batch"),
    "Batch.essays": _loads("essays_by_batch"),
    "Batch.studentAssociations": _loads("associations_by_batch"),
    "ClassInfo.class": _loads("class_by_id"),
    "Essay.student": _loads("student_by_essay"),
    "Essay.batch": _loads("batch_by_id"),
    "SchoolClass.students": _loads("students_by_class"),
    "SchoolClass.batches": Cost((LOADERS["batch_ids_by_class"],), (LOADERS["batch_by_id"],)),
    "Student.classes": Cost(by_item=(LOADERS["class_by_id"],), items=cms.MAX_CLASSES),
    "Student.essays": Cost((LOADERS["essay_ids_by_student"],), (LOADERS["essay_by_id"],)),
    "StudentAssociation.student": _loads("student_by_id"),
    "StudentAssociation.essay": _loads("essay_by_id"),
    "Mutation.createClass": _calls("cms", "POST", "/v1/classes"),
    "Mutation.updateClass": _calls("cms", "PUT", "/v1/classes/{class_id}"),
    "Mutation.deleteClass": _calls("cms", "DELETE", "/v1/classes/{class_id}"),
    "Mutation.createStudent": _calls("cms", "POST", "/v1/classes/students"),
    "Mutation.updateStudent": _calls("cms", "PUT", "/v1/classes/students/{student_id}"),
    "Mutation.deleteStudent": _calls("cms", "DELETE", "/v1/classes/students/{student_id}"),
    "Mutation.confirmStudentAssociations": _calls("cms", "POST", "/v1/batches/{batch_id}/student-associations/confirm"),
    "ConfirmStudentAssociationsPayload.batch": _loads("batch_by_id"),
    "Subscription.batchUpdated": _loads("batch_by_id"),
    "BatchUpdate.batch": _loads("batch_by_id"),
    "TeacherUpdate.batch": _loads("batch_by_id"),
    "TeacherUpdate.class": _loads("class_by_id"),
    "TeacherUpdate.student": _loads("student_by_id"),
}
"""By type and field, as the schema has them. A subscription's field costs once, before the first event."""
