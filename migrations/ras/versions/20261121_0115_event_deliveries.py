"""Deliveries are kept per subscriber alone, with what finds the oldest of each aggregate."""

import sqlalchemy as sa
from alembic import op

revision = "f93d61a8b07e"
down_revision = "e92b4a7c60d8"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    change_event_outbox()
    change_event_deliveries()


def change_event_outbox() -> None:
    op.drop_index("event_outbox_aggregate_id_position_idx", "event_outbox")
    for column in ("attempts", "parked_at", "last_error"):
        op.drop_column("event_outbox", column)
    op.add_column("event_outbox", sa.Column("routed_at", TIME))
    op.create_index(
        "event_outbox_unrouted_idx",
        "event_outbox",
        ["lane", "position"],
        postgresql_where=sa.text("routed_at IS NULL"),
    )
    op.create_index(
        "event_outbox_published_idx",
        "event_outbox",
        ["published_at"],
        postgresql_where=sa.text("published_at IS NOT NULL"),
    )


def change_event_deliveries() -> None:
    op.add_column("event_deliveries", sa.Column("lane", sa.SmallInteger()))
    op.add_column("event_deliveries", sa.Column("aggregate_id", sa.Uuid()))
    op.execute(
        "UPDATE event_deliveries AS delivery SET lane = sent.lane, aggregate_id = sent.aggregate_id "
        "FROM event_outbox AS sent WHERE sent.position = delivery.position"
    )
    op.alter_column("event_deliveries", "lane", nullable=False)
    op.alter_column("event_deliveries", "aggregate_id", nullable=False)
    op.create_index(
        "event_deliveries_pending_idx",
        "event_deliveries",
        ["subscriber", "lane", "aggregate_id", "position"],
        postgresql_where=sa.text("delivered_at IS NULL"),
    )
    op.create_index(
        "event_deliveries_parked_idx",
        "event_deliveries",
        ["position"],
        postgresql_where=sa.text("parked_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("event_deliveries_parked_idx", "event_deliveries")
    op.drop_index("event_deliveries_pending_idx", "event_deliveries")
    op.drop_column("event_deliveries", "aggregate_id")
    op.drop_column("event_deliveries", "lane")
    op.drop_index("event_outbox_published_idx", "event_outbox")
    op.drop_index("event_outbox_unrouted_idx", "event_outbox")
    op.drop_column("event_outbox", "routed_at")
    op.add_column("event_outbox", sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("event_outbox", sa.Column("parked_at", TIME))
    op.add_column("event_outbox", sa.Column("last_error", sa.Text()))
    op.create_index("event_outbox_aggregate_id_position_idx", "event_outbox", ["aggregate_id", "position"])
