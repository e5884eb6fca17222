"""CMS's tables."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Double, ForeignKey, Index, Integer, Sequence, Text, func, text
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from cms_service.contract import AssociationMethod, AssociationStatus, CourseCode, Language, UpdateType
from kit import tables as kit
from kit.tables import NEWEST_FIRST, labelled

# The embedded server has no ICU, so names sort by keys made in Python, compared byte by byte.
SORT_KEY = Text(collation="C")


class Base(DeclarativeBase):
    metadata = kit.service_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        **kit.TYPES,
        CourseCode: labelled(CourseCode, "course_code"),
        Language: labelled(Language, "language"),
        AssociationStatus: labelled(AssociationStatus, "association_status"),
        AssociationMethod: labelled(AssociationMethod, "association_method"),
        UpdateType: labelled(UpdateType, "update_type"),
    }


class Course(Base):
    __tablename__ = "courses"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    course_code: Mapped[CourseCode] = mapped_column(unique=True)
    name: Mapped[str]
    language: Mapped[Language]


class SchoolClass(Base):
    __tablename__ = "classes"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_by_user_id: Mapped[str]
    course_id: Mapped[UUID] = mapped_column(ForeignKey("courses.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    __table_args__ = (Index("classes_page_idx", "created_by_user_id", NEWEST_FIRST, text("id DESC")),)


class Student(Base):
    """`email_key` is unique per teacher, so one placeholder per class follows from its address."""

    __tablename__ = "students"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    first_name: Mapped[str]
    last_name: Mapped[str]
    legal_full_name: Mapped[str | None]
    email: Mapped[str | None]
    last_name_key: Mapped[str] = mapped_column(SORT_KEY)
    first_name_key: Mapped[str] = mapped_column(SORT_KEY)
    email_key: Mapped[str | None] = mapped_column(SORT_KEY)
    is_placeholder: Mapped[bool] = mapped_column(server_default=text("false"))
    created_by_user_id: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    __table_args__ = (
        Index("students_page_idx", "created_by_user_id", "last_name_key", "first_name_key", "id"),
        Index("students_first_name_idx", "created_by_user_id", "first_name_key"),
        Index("students_email_idx", "created_by_user_id", "email_key", unique=True),
    )


class ClassStudent(Base):
    __tablename__ = "class_student_association"
    class_id: Mapped[UUID] = mapped_column(ForeignKey("classes.id", ondelete="CASCADE"), primary_key=True)
    student_id: Mapped[UUID] = mapped_column(
        ForeignKey("students.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class EssayAssociation(Base):
    """Who wrote which essay. Without a class it counts for no batch; without a student nobody is known."""

    __tablename__ = "essay_student_associations"
    essay_id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID]
    class_id: Mapped[UUID | None] = mapped_column(ForeignKey("classes.id", ondelete="SET NULL"))
    student_id: Mapped[UUID | None] = mapped_column(ForeignKey("students.id", ondelete="CASCADE"))
    created_by_user_id: Mapped[str]
    confidence_score: Mapped[float | None] = mapped_column(Double)
    match_reasons: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))
    validation_status: Mapped[AssociationStatus]
    validation_method: Mapped[AssociationMethod | None]
    validated_by: Mapped[str | None]
    validated_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    __table_args__ = (
        CheckConstraint("confidence_score BETWEEN 0 AND 1", name="confidence_score"),
        # Covers class-info and validation-status: neither touches the table itself.
        Index(
            "essay_student_associations_batch_idx",
            "batch_id",
            "created_at",
            "essay_id",
            postgresql_include=["class_id", "validation_status"],
        ),
        Index("essay_student_associations_class_idx", "class_id", "batch_id"),
        Index(
            "essay_student_associations_student_idx",
            "student_id",
            NEWEST_FIRST,
            text("essay_id DESC"),
        ),
        Index(
            "essay_student_associations_due_idx",
            "created_at",
            postgresql_where=text("validation_status = 'pending_validation'"),
        ),
    )


class BatchClass(Base):
    """The class named at a batch's registration; it may not exist, or be another user's."""

    __tablename__ = "batch_classes"
    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    class_id: Mapped[UUID] = mapped_column(index=True)
    user_id: Mapped[str]
    created_at: Mapped[datetime]


class AssociationConfirmation(Base):
    """The one event that said that all associations of a batch and class are settled."""

    __tablename__ = "association_confirmations"
    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    class_id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID]


class IdempotencyKey(Base):
    """The answer to a create, for a client that sends it again."""

    __tablename__ = "idempotency_keys"
    user_id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes]
    status: Mapped[int] = mapped_column(Integer)
    location: Mapped[str | None]
    body: Mapped[bytes] = mapped_column(BYTEA)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


class EventAggregate(kit.EventAggregate, Base):
    pass


class EventOutbox(kit.EventOutbox, Base):
    pass


class EventDelivery(kit.EventDelivery, Base):
    pass


class ProcessedEvent(kit.ProcessedEvent, Base):
    pass


class DeadLetter(kit.DeadLetter, Base):
    pass


class TeacherUpdate(kit.TeacherUpdate, Base):
    type: Mapped[UpdateType]


class TeacherUpdatePurge(kit.TeacherUpdatePurge, Base):
    pass


TEACHER_UPDATE_SEQ = Sequence("teacher_update_seq", metadata=Base.metadata)
