"""schema.graphql is the graph, and shows nothing by accident."""

import re
from pathlib import Path

from gateway.schema import schema

COMMITTED = Path(__file__).parents[2] / "schema.graphql"

# Fields that name a person or point to another record; each is there on purpose.
LISTED = {
    "Teacher.userId: the viewer's own",
    "Teacher.orgId: the viewer's own",
    "Batch.batchId: its own key",
    "Batch.assignmentId: points to instructions outside this system",
    "ClassInfo.classId: the key of the class it names",
    "SchoolClass.classId: its own key",
    "Student.studentId: its own key",
    "Student.legalFullName: of the teacher's own students",
    "Student.email: of the teacher's own students, who are recognised by it",
    "Essay.essayId: its own key",
    "StudentAssociation.essayId: its own key, which a confirmation names",
    "StudentAssociation.validatedBy: the teacher, or the system",
    "BatchUpdate.batchId: the key of the batch it tells of",
    "DeletePayload.deletedId: what the client itself named",
}


def test_the_committed_file_is_what_the_code_exports() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == schema.as_str() + "\n", "run `make schema` and commit the result"


def test_no_address_and_no_key_is_exposed_without_being_listed() -> None:
    exposed = {
        f"{type_name}.{field}"
        for type_name, body in re.findall(r"^type (\w+)[^{]*\{(.*?)^\}", schema.as_str(), re.MULTILINE | re.DOTALL)
        for field in re.findall(r"^  (\w+)[(:]", body, re.MULTILINE)
        if re.search(r"(?i:email|legal|phone|address)|[a-z](Id|Ids|Key|By)$", field)
    }
    assert exposed == {each.partition(":")[0] for each in LISTED}
