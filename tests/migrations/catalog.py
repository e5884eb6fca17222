"""What a database holds, as PostgreSQL itself tells it. Alembic's own table is left out."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

Catalog = dict[str, dict[str, Any]]

# Each query answers (name, what it is); a name occurs once.
QUERIES = {
    "relations": """
        SELECT relname, relkind::text || relpersistence::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'alembic_version%'
    """,
    "types": """
        SELECT typname, typtype::text FROM pg_type
        WHERE typnamespace = 'public'::regnamespace AND typname NOT LIKE '%alembic_version'
    """,
    "routines": "SELECT oid::regprocedure, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "triggers": """
        SELECT tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    """,
    # The order of columns is left out: a later migration can only append.
    "columns": """
        SELECT relname || '.' || attname,
               jsonb_build_array(format_type(atttypid, atttypmod), attnotnull, collname, attidentity, attgenerated,
                                 pg_get_expr(adbin, adrelid))
        FROM pg_attribute
        JOIN pg_class ON pg_class.oid = attrelid
        LEFT JOIN pg_collation ON pg_collation.oid = attcollation
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
          AND relname <> 'alembic_version'
    """,
    "constraints": """
        SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'
    """,
    "indexes": """
        SELECT indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index
        JOIN pg_class ON pg_class.oid = indrelid
        WHERE relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
    """,
    "enums": """
        SELECT typname, jsonb_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum
        JOIN pg_type ON pg_type.oid = enumtypid GROUP BY typname
    """,
    "sequences": """
        SELECT seqrelid::regclass,
               jsonb_build_array(seqtypid::regtype, seqstart, seqincrement, seqmin, seqmax, seqcache, seqcycle)
        FROM pg_sequence
    """,
}


async def catalog(connection: AsyncConnection) -> Catalog:
    return {part: await _named(connection, query) for part, query in QUERIES.items()}


async def _named(connection: AsyncConnection, query: str) -> dict[str, Any]:
    return {str(name): what for name, what in await connection.execute(text(query))}
