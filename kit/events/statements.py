"""The relay's SQL, for asyncpg itself. `lane` is always one of those that the connection owns."""

# ruff: noqa: S608
# What is put together here are constants of ours.

# Says IS NULL in a way that no partial index can serve: by position there is the primary key, and a planner that has
# no statistics of a queue would rather read through the index of all that is pending.
_PENDING = "coalesce(delivered_at, 'infinity') = 'infinity'"
_UNPUBLISHED = "coalesce(published_at, 'infinity') = 'infinity'"

# Per lane in the order of position, so that of one aggregate no row is a delivery before those that precede it.
ROUTE = """
    WITH taken AS MATERIALIZED (
        SELECT found.* FROM unnest($1::smallint[]) AS owned (lane)
        CROSS JOIN LATERAL (
            SELECT position, event_type, aggregate_id, lane FROM event_outbox
            WHERE lane = owned.lane AND routed_at IS NULL ORDER BY position LIMIT $4
        ) AS found
    ), wanted AS MATERIALIZED (
        SELECT DISTINCT taken.position, route.subscriber, taken.lane, taken.aggregate_id
        FROM taken JOIN unnest($2::text[], $3::text[]) AS route (event_type, subscriber)
            ON route.event_type IN (taken.event_type, '*')
    ), added AS (
        INSERT INTO event_deliveries (position, subscriber, lane, aggregate_id)
        SELECT position, subscriber, lane, aggregate_id FROM wanted ORDER BY position
        ON CONFLICT DO NOTHING
    ), routed AS (
        UPDATE event_outbox AS sent SET
            routed_at = now(),
            published_at = CASE WHEN taken.position NOT IN (SELECT position FROM wanted) THEN now() END
        FROM taken WHERE sent.position = taken.position
    )
    SELECT
        coalesce((SELECT max(n) FROM (SELECT count(*) AS n FROM taken GROUP BY lane) AS of_lane), 0) AS fullest,
        ARRAY(SELECT DISTINCT subscriber FROM wanted) AS subscribers
"""

ADOPT = """
    WITH dropped AS (
        DELETE FROM event_deliveries AS old USING event_outbox AS sent
        WHERE sent.lane = ANY($1::smallint[]) AND sent.published_at IS NULL AND old.position = sent.position
          AND old.delivered_at IS NULL AND old.subscriber <> ALL($2::text[])
        RETURNING old.position
    )
    UPDATE event_outbox SET routed_at = NULL WHERE position IN (SELECT position FROM dropped)
"""

SETTLE = f"""
    UPDATE event_outbox AS sent SET published_at = now()
    WHERE lane = ANY($1::smallint[]) AND published_at IS NULL AND routed_at IS NOT NULL
      AND NOT EXISTS (SELECT FROM event_deliveries WHERE position = sent.position AND {_PENDING})
"""

# Jumps from aggregate to aggregate through the index, in all lanes side by side, so what an aggregate holds back
# costs nothing. A body is null where the sum of sizes passes the limit, but the first is always there.
HEADS = """
    WITH RECURSIVE head AS (
        SELECT 1 AS n, start.lane, found.* FROM unnest($2::smallint[], $3::uuid[]) AS start (lane, aggregate_id)
        CROSS JOIN LATERAL (
            SELECT aggregate_id, position, attempts, parked_at IS NOT NULL AS parked FROM event_deliveries
            WHERE subscriber = $1 AND delivered_at IS NULL
              AND lane = start.lane AND aggregate_id >= start.aggregate_id
            ORDER BY aggregate_id, position LIMIT 1
        ) AS found
        UNION ALL
        SELECT head.n + 1, head.lane, found.* FROM head
        CROSS JOIN LATERAL (
            SELECT aggregate_id, position, attempts, parked_at IS NOT NULL AS parked FROM event_deliveries
            WHERE subscriber = $1 AND delivered_at IS NULL
              AND lane = head.lane AND aggregate_id > head.aggregate_id
            ORDER BY aggregate_id, position LIMIT 1
        ) AS found
        WHERE head.n < $4
    ), sent AS MATERIALIZED (
        SELECT head.*, event_id, event_type, envelope ->> 'correlation_id' AS correlation_id, envelope::text AS body
        FROM head JOIN event_outbox USING (position)
    ), measured AS (
        SELECT sent.*, octet_length(body) + 1 AS size, sum(octet_length(body) + 1) OVER (ORDER BY n, sent.lane) AS total
        FROM sent
    )
    SELECT lane, aggregate_id, position, attempts, parked, event_id, event_type, correlation_id,
           CASE WHEN total <= $5 OR total = size THEN body END AS body
    FROM measured ORDER BY n, lane
"""

DELIVERED = f"""
    WITH done AS (
        UPDATE event_deliveries SET delivered_at = now(), last_error = NULL, parked_at = NULL
        WHERE subscriber = $1 AND position = ANY($2::bigint[]) AND {_PENDING}
        RETURNING position
    )
    UPDATE event_outbox AS sent SET published_at = now() FROM done
    WHERE sent.position = done.position AND {_UNPUBLISHED} AND NOT EXISTS (
        SELECT FROM event_deliveries AS other
        WHERE other.position = sent.position AND other.subscriber <> $1 AND {_PENDING}
    )
"""

REFUSED = f"""
    UPDATE event_deliveries
    SET attempts = attempts + 1, last_error = $3, parked_at = CASE WHEN attempts + 1 >= $4 THEN now() END
    WHERE subscriber = $1 AND position = $2 AND {_PENDING}
    RETURNING parked_at IS NOT NULL AS parked
"""

FAILED = f"UPDATE event_deliveries SET last_error = $3 WHERE subscriber = $1 AND position = $2 AND {_PENDING}"

PURGE = """
    WITH purged AS (
        DELETE FROM event_outbox WHERE position IN (
            SELECT position FROM event_outbox WHERE published_at < now() - $1::interval
            ORDER BY published_at LIMIT $2 FOR UPDATE SKIP LOCKED
        )
        RETURNING 1
    )
    SELECT count(*) AS purged FROM purged
"""
