"""Courses: CMS's contract as it stands."""

import strawberry

from cms_service import contract as cms
from gateway.schema.described import described


@described(name="What the course is called.", language="What it is taught in.")
@strawberry.type(description="A course that a class can take.")
class Course(cms.Course):
    course_code: cms.CourseCode = strawberry.field(name="code", description="What names the course among all.")
