"""Classes, students and associations as they go out: their columns, in the order of the contract's fields."""

from dataclasses import fields

from sqlalchemy import Uuid, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from cms_service import contract
from cms_service.tables import ClassStudent, Course, EssayAssociation, SchoolClass, Student

VISIBLE = Student.is_placeholder.is_(False)
"""An UNKNOWN student is in no answer, and no count of students."""

STUDENT_COUNT = (
    select(func.count())
    .join_from(ClassStudent, Student, Student.id == ClassStudent.student_id)
    .where(ClassStudent.class_id == SchoolClass.id, VISIBLE)
    .correlate(SchoolClass)
    .scalar_subquery()
)

LEGAL_FULL_NAME = func.coalesce(Student.legal_full_name, Student.first_name.concat(" ").concat(Student.last_name))

CLASS_IDS = func.array(
    select(ClassStudent.class_id)
    .where(ClassStudent.student_id == Student.id)
    .order_by(ClassStudent.class_id)
    .correlate(Student)
    .scalar_subquery(),
    type_=ARRAY(Uuid),
)

CLASS = (
    SchoolClass.id,
    SchoolClass.name,
    Course.course_code,
    STUDENT_COUNT.label("student_count"),
    SchoolClass.created_at,
    SchoolClass.updated_at,
)
"""Of a class joined to its course."""

STUDENT = (
    Student.id,
    Student.first_name,
    Student.last_name,
    LEGAL_FULL_NAME.label("legal_full_name"),
    Student.email,
    CLASS_IDS.label("class_ids"),
    Student.created_at,
    Student.updated_at,
)

ASSOCIATION = tuple(getattr(EssayAssociation, each.name) for each in fields(contract.StudentAssociation))
