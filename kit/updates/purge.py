"""Old updates go; of each teacher the highest sequence that went is kept, to know which cursors have expired."""

from sqlalchemy import text

from kit.purge import Purge

UPDATES = Purge(
    "teacher_update_purge",
    text(
        """
        WITH purged AS (
            DELETE FROM teacher_updates
            WHERE (user_id, seq) IN (
                SELECT user_id, seq FROM teacher_updates
                WHERE created_at < now() - CAST(:age AS interval)
                ORDER BY created_at
                LIMIT :at_once
            )
            RETURNING user_id, seq
        ), marked AS (
            INSERT INTO teacher_update_purges (user_id, seq)
            SELECT user_id, max(seq) FROM purged GROUP BY user_id
            ON CONFLICT (user_id) DO UPDATE SET seq = GREATEST(teacher_update_purges.seq, excluded.seq)
        )
        SELECT count(*) FROM purged
        """
    ),
)
