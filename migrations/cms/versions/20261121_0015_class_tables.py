"""Courses, classes, students and who wrote which essay."""

from uuid import NAMESPACE_URL, uuid5

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "a41c7e0d5b92"
down_revision = None

COURSES = {
    "ENG5": ("English 5", "en"),
    "ENG6": ("English 6", "en"),
    "ENG7": ("English 7", "en"),
    "SV1": ("Svenska 1", "sv"),
    "SV2": ("Svenska 2", "sv"),
    "SV3": ("Svenska 3", "sv"),
}

COURSE_CODE = postgresql.ENUM(*COURSES, name="course_code", create_type=False)
LANGUAGE = postgresql.ENUM("en", "sv", name="language", create_type=False)
ASSOCIATION_STATUS = postgresql.ENUM(
    "pending_validation", "confirmed", "rejected", "timeout_confirmed", name="association_status", create_type=False
)
ASSOCIATION_METHOD = postgresql.ENUM("human", "timeout", "auto", name="association_method", create_type=False)
ENUMS = (COURSE_CODE, LANGUAGE, ASSOCIATION_STATUS, ASSOCIATION_METHOD)

TIME = sa.DateTime(timezone=True)
NOW = sa.text("now()")
SORT_KEY = sa.Text(collation="C")


def upgrade() -> None:
    for enum in ENUMS:
        enum.create(op.get_bind(), checkfirst=False)
    create_courses()
    create_classes()
    create_students()
    create_class_students()
    create_essay_associations()
    create_essay_association_indexes()
    create_batch_classes()
    create_association_confirmations()


def create_courses() -> None:
    courses = op.create_table(
        "courses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_code", COURSE_CODE, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", LANGUAGE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="courses_pkey"),
        sa.UniqueConstraint("course_code", name="courses_course_code_key"),
    )
    # The same ids in every database.
    op.bulk_insert(
        courses,
        [
            {"id": uuid5(NAMESPACE_URL, f"urn:course:{code}"), "course_code": code, "name": name, "language": language}
            for code, (name, language) in COURSES.items()
        ],
    )


def create_classes() -> None:
    op.create_table(
        "classes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_by_user_id", sa.Text(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, server_default=NOW, nullable=False),
        sa.Column("updated_at", TIME, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name="classes_pkey"),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="classes_course_id_fkey"),
    )
    op.create_index(
        "classes_page_idx", "classes", ["created_by_user_id", sa.text("created_at DESC"), sa.text("id DESC")]
    )


def create_students() -> None:
    op.create_table(
        "students",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=False),
        sa.Column("legal_full_name", sa.Text()),
        sa.Column("email", sa.Text()),
        sa.Column("last_name_key", SORT_KEY, nullable=False),
        sa.Column("first_name_key", SORT_KEY, nullable=False),
        sa.Column("email_key", SORT_KEY),
        sa.Column("is_placeholder", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_by_user_id", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, server_default=NOW, nullable=False),
        sa.Column("updated_at", TIME, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name="students_pkey"),
    )
    op.create_index("students_page_idx", "students", ["created_by_user_id", "last_name_key", "first_name_key", "id"])
    op.create_index("students_first_name_idx", "students", ["created_by_user_id", "first_name_key"])
    op.create_index("students_email_idx", "students", ["created_by_user_id", "email_key"], unique=True)


def create_class_students() -> None:
    op.create_table(
        "class_student_association",
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("student_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", TIME, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("class_id", "student_id", name="class_student_association_pkey"),
        sa.ForeignKeyConstraint(
            ["class_id"], ["classes.id"], name="class_student_association_class_id_fkey", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students.id"], name="class_student_association_student_id_fkey", ondelete="CASCADE"
        ),
    )
    op.create_index("class_student_association_student_id_idx", "class_student_association", ["student_id"])


def create_essay_associations() -> None:
    op.create_table(
        "essay_student_associations",
        sa.Column("essay_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("class_id", sa.Uuid()),
        sa.Column("student_id", sa.Uuid()),
        sa.Column("created_by_user_id", sa.Text(), nullable=False),
        sa.Column("confidence_score", sa.Double()),
        sa.Column("match_reasons", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("validation_status", ASSOCIATION_STATUS, nullable=False),
        sa.Column("validation_method", ASSOCIATION_METHOD),
        sa.Column("validated_by", sa.Text()),
        sa.Column("validated_at", TIME),
        sa.Column("created_at", TIME, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("essay_id", name="essay_student_associations_pkey"),
        sa.ForeignKeyConstraint(
            ["class_id"], ["classes.id"], name="essay_student_associations_class_id_fkey", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["student_id"], ["students.id"], name="essay_student_associations_student_id_fkey", ondelete="CASCADE"
        ),
        sa.CheckConstraint(
            "confidence_score BETWEEN 0 AND 1", name=op.f("essay_student_associations_confidence_score_check")
        ),
    )


def create_essay_association_indexes() -> None:
    table = "essay_student_associations"
    op.create_index(
        "essay_student_associations_batch_idx",
        table,
        ["batch_id", "created_at", "essay_id"],
        postgresql_include=["class_id", "validation_status"],
    )
    op.create_index("essay_student_associations_class_idx", table, ["class_id", "batch_id"])
    op.create_index(
        "essay_student_associations_student_idx",
        table,
        ["student_id", sa.text("created_at DESC"), sa.text("essay_id DESC")],
    )
    op.create_index(
        "essay_student_associations_due_idx",
        table,
        ["created_at"],
        postgresql_where=sa.text("validation_status = 'pending_validation'"),
    )


def create_batch_classes() -> None:
    op.create_table(
        "batch_classes",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("batch_id", name="batch_classes_pkey"),
    )
    op.create_index("batch_classes_class_id_idx", "batch_classes", ["class_id"])


def create_association_confirmations() -> None:
    op.create_table(
        "association_confirmations",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("class_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "class_id", name="association_confirmations_pkey"),
    )


def downgrade() -> None:
    for table in (
        "association_confirmations",
        "batch_classes",
        "essay_student_associations",
        "class_student_association",
        "students",
        "classes",
        "courses",
    ):
        op.drop_table(table)
    for enum in ENUMS:
        enum.drop(op.get_bind(), checkfirst=False)
