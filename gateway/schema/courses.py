"""Courses: CMS's contract as it stands."""

import strawberry

from cms_service import contract as cms

strawberry.enum(cms.CourseCode, description="Code of a course of the Swedish upper secondary school.")
strawberry.enum(cms.Language, description="The language that a course is taught in.")


@strawberry.type(description="A course that a class can take.")
class Course(cms.Course):
    course_code: cms.CourseCode = strawberry.field(name="code")
