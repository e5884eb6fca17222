"""Dead letters are found by their age, for the purge, and by what they say, so that none is there twice."""

import sqlalchemy as sa
from alembic import op

revision = "7c05e3fa1b96"
down_revision = "a41c7be0259d"


def upgrade() -> None:
    op.create_index("dead_letters_created_at_idx", "dead_letters", ["created_at"])
    op.create_index("dead_letters_body_idx", "dead_letters", [sa.text("sha256(body)")])


def downgrade() -> None:
    op.drop_index("dead_letters_body_idx", "dead_letters")
    op.drop_index("dead_letters_created_at_idx", "dead_letters")
