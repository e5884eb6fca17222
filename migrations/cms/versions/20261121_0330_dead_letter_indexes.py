"""Dead letters are found by their age, for the purge, and by what they say, so that none is there twice."""

import sqlalchemy as sa
from alembic import op

revision = "4b7e90c2d8a1"
down_revision = "e2b7409f5c1d"


def upgrade() -> None:
    op.create_index("dead_letters_created_at_idx", "dead_letters", ["created_at"])
    op.create_index("dead_letters_body_idx", "dead_letters", [sa.text("sha256(body)")])


def downgrade() -> None:
    op.drop_index("dead_letters_body_idx", "dead_letters")
    op.drop_index("dead_letters_created_at_idx", "dead_letters")
