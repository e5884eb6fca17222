"""Events out and in, live updates, and answers kept for creates that are sent again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "c85f2d6b13e7"
down_revision = "a41c7e0d5b92"

UPDATE_TYPE = postgresql.ENUM(
    "class_created",
    "student_added_to_class",
    "student_matching_confirmation_required",
    "student_associations_confirmed",
    "validation_timeout_processed",
    name="update_type",
    create_type=False,
)

TIME = sa.DateTime(timezone=True)
NOW = sa.text("now()")


def upgrade() -> None:
    UPDATE_TYPE.create(op.get_bind(), checkfirst=False)
    create_event_aggregates()
    create_event_outbox()
    create_event_deliveries()
    create_processed_events()
    create_dead_letters()
    create_teacher_updates()
    create_idempotency_keys()


def create_event_aggregates() -> None:
    op.create_table(
        "event_aggregates",
        sa.Column("aggregate_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("aggregate_id", name="event_aggregates_pkey"),
    )


def create_event_outbox() -> None:
    op.create_table(
        "event_outbox",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("aggregate_id", sa.Uuid(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("envelope", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", TIME, server_default=NOW, nullable=False),
        sa.Column("published_at", TIME),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("parked_at", TIME),
        sa.Column("last_error", sa.Text()),
        sa.PrimaryKeyConstraint("position", name="event_outbox_pkey"),
        sa.UniqueConstraint("event_id", name="event_outbox_event_id_key"),
    )
    op.create_index(
        "event_outbox_lane_position_idx",
        "event_outbox",
        ["lane", "position"],
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.create_index("event_outbox_aggregate_id_position_idx", "event_outbox", ["aggregate_id", "position"])


def create_event_deliveries() -> None:
    op.create_table(
        "event_deliveries",
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("subscriber", sa.Text(), nullable=False),
        sa.Column("delivered_at", TIME),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("parked_at", TIME),
        sa.Column("last_error", sa.Text()),
        sa.PrimaryKeyConstraint("position", "subscriber", name="event_deliveries_pkey"),
        sa.ForeignKeyConstraint(
            ["position"], ["event_outbox.position"], name="event_deliveries_position_fkey", ondelete="CASCADE"
        ),
    )


def create_processed_events() -> None:
    op.create_table(
        "processed_events",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("processed_at", TIME, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="processed_events_pkey"),
    )
    op.create_index("processed_events_processed_at_idx", "processed_events", ["processed_at"])


def create_dead_letters() -> None:
    op.create_table(
        "dead_letters",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Uuid()),
        sa.Column("event_type", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("body", postgresql.BYTEA(), nullable=False),
        sa.Column("headers", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("created_at", TIME, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name="dead_letters_pkey"),
    )
    op.create_index("dead_letters_event_id_idx", "dead_letters", ["event_id"])


def create_teacher_updates() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("teacher_update_seq")))
    op.create_table(
        "teacher_updates",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default=sa.text("nextval('teacher_update_seq')"), nullable=False),
        sa.Column("type", UPDATE_TYPE, nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", TIME, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "seq", name="teacher_updates_pkey"),
    )
    op.create_index("teacher_updates_created_at_idx", "teacher_updates", ["created_at"])
    op.create_table(
        "teacher_update_purges",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="teacher_update_purges_pkey"),
    )


def create_idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", postgresql.BYTEA(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("location", sa.Text()),
        sa.Column("body", postgresql.BYTEA(), nullable=False),
        sa.Column("created_at", TIME, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "key", name="idempotency_keys_pkey"),
    )
    op.create_index("idempotency_keys_created_at_idx", "idempotency_keys", ["created_at"])


def downgrade() -> None:
    for table in (
        "idempotency_keys",
        "teacher_update_purges",
        "teacher_updates",
        "dead_letters",
        "processed_events",
        "event_deliveries",
        "event_outbox",
        "event_aggregates",
    ):
        op.drop_table(table)
    op.execute(sa.schema.DropSequence(sa.Sequence("teacher_update_seq")))
    UPDATE_TYPE.drop(op.get_bind(), checkfirst=False)
