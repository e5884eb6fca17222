"""Batches, their essays' results, and how many batches there are."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "b730d9f1e4a6"
down_revision = None

BATCH_TYPE = postgresql.ENUM("regular", "guest", name="batch_type", create_type=False)
BATCH_STATE = postgresql.ENUM(
    "awaiting_content_validation",
    "awaiting_pipeline_configuration",
    "awaiting_student_validation",
    "student_validation_completed",
    "validation_timeout_processed",
    "ready_for_pipeline_execution",
    "processing_pipelines",
    "content_ingestion_failed",
    "cancelled",
    "completed_successfully",
    "completed_with_failures",
    "failed_critically",
    name="batch_state",
    create_type=False,
)
PHASE_NAME = postgresql.ENUM(
    "student_matching", "spellcheck", "nlp", "cj_assessment", "ai_feedback", name="phase_name", create_type=False
)
PROCESSING_STAGE = postgresql.ENUM(
    "pending",
    "initialized",
    "processing",
    "completed",
    "failed",
    "cancelled",
    name="processing_stage",
    create_type=False,
)
ENUMS = (BATCH_TYPE, BATCH_STATE, PHASE_NAME, PROCESSING_STAGE)

TIME = sa.DateTime(timezone=True)
NONE_YET = sa.text("0")
NO_PHASES = sa.text("'{}'::phase_name[]")
PENDING = sa.text("'pending'::processing_stage")


def upgrade() -> None:
    for enum in ENUMS:
        enum.create(op.get_bind(), checkfirst=False)
    create_batch_results()
    create_essay_results()
    create_batch_counts()


def create_batch_results() -> None:
    op.create_table(
        "batch_results",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("assignment_id", sa.String(255)),
        sa.Column("title", sa.Text()),
        sa.Column("batch_type", BATCH_TYPE, nullable=False),
        sa.Column("state", BATCH_STATE, nullable=False),
        sa.Column("current_phase", PHASE_NAME),
        sa.Column("requested_pipelines", postgresql.ARRAY(PHASE_NAME), server_default=NO_PHASES, nullable=False),
        sa.Column("essay_count", sa.Integer(), server_default=NONE_YET, nullable=False),
        sa.Column("completed_essay_count", sa.Integer(), server_default=NONE_YET, nullable=False),
        sa.Column("failed_essay_count", sa.Integer(), server_default=NONE_YET, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("processing_started_at", TIME),
        sa.Column("processing_completed_at", TIME),
        sa.PrimaryKeyConstraint("batch_id", name="batch_results_pkey"),
    )
    newest_first = [sa.text("created_at DESC"), sa.text("batch_id DESC")]
    op.create_index("batch_results_page_idx", "batch_results", ["user_id", *newest_first])
    op.create_index("batch_results_state_page_idx", "batch_results", ["user_id", "state", *newest_first])


def create_essay_results() -> None:
    op.create_table(
        "essay_results",
        sa.Column("essay_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("filename", sa.Text()),
        sa.Column("spellcheck_stage", PROCESSING_STAGE, server_default=PENDING, nullable=False),
        sa.Column("spellcheck_error", sa.Text()),
        sa.Column("nlp_stage", PROCESSING_STAGE, server_default=PENDING, nullable=False),
        sa.Column("nlp_error", sa.Text()),
        sa.Column("cj_assessment_stage", PROCESSING_STAGE, server_default=PENDING, nullable=False),
        sa.Column("cj_assessment_error", sa.Text()),
        sa.Column("ai_feedback_stage", PROCESSING_STAGE, server_default=PENDING, nullable=False),
        sa.Column("ai_feedback_error", sa.Text()),
        sa.Column("spellcheck_correction_count", sa.Integer()),
        sa.Column("cj_rank", sa.Integer()),
        sa.Column("cj_score", sa.Double()),
        sa.Column("letter_grade", sa.Text()),
        sa.Column("confidence_score", sa.Double()),
        sa.Column("confidence_label", sa.Text()),
        sa.Column("updated_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("essay_id", name="essay_results_pkey"),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batch_results.batch_id"], name="essay_results_batch_id_fkey", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("batch_id", "position", name="essay_results_batch_id_position_key"),
    )


def create_batch_counts() -> None:
    op.create_table(
        "batch_counts",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("state", BATCH_STATE, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "state", name="batch_counts_pkey"),
    )


def downgrade() -> None:
    for table in ("batch_counts", "essay_results", "batch_results"):
        op.drop_table(table)
    for enum in ENUMS:
        enum.drop(op.get_bind(), checkfirst=False)
