"""The sample school, and larger made ones for measuring."""

from cli.school.loading import load_sample
from cli.school.made import MadeSchoolError, load_made, made_user_id
from cli.school.names import FIRST_TEACHER, TEACHERS
from cli.school.rows import School
from cli.school.sample import sample_school

__all__ = [
    "FIRST_TEACHER",
    "TEACHERS",
    "MadeSchoolError",
    "School",
    "load_made",
    "load_sample",
    "made_user_id",
    "sample_school",
]
