"""Which events said what rows hold, and events that wait as they were received."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "a41c7be0259d"
down_revision = "f93d61a8b07e"


def upgrade() -> None:
    for table in ("batch_results", "essay_results"):
        op.add_column(table, sa.Column("winners", postgresql.JSONB()))
    # JSONB takes neither a NUL nor half a surrogate pair, which may stand where nobody reads.
    op.add_column("pending_events", sa.Column("body", postgresql.BYTEA()))
    op.execute("UPDATE pending_events SET body = convert_to(envelope::text, 'UTF8')")
    op.alter_column("pending_events", "body", nullable=False)
    op.drop_column("pending_events", "envelope")


def downgrade() -> None:
    op.add_column("pending_events", sa.Column("envelope", postgresql.JSONB()))
    op.execute("UPDATE pending_events SET envelope = convert_from(body, 'UTF8')::jsonb")
    op.alter_column("pending_events", "envelope", nullable=False)
    op.drop_column("pending_events", "body")
    for table in ("batch_results", "essay_results"):
        op.drop_column(table, "winners")
