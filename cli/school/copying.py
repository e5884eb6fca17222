"""Rows into PostgreSQL by COPY."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from typing import TypeAlias

import asyncpg

from cli.school.copytext import fields
from cli.school.rows import Row, columns_of

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[Connection]:
    """`url` as the services take it."""
    connection = await asyncpg.connect(url.replace("postgresql+asyncpg://", "postgresql://", 1))
    try:
        yield connection
    finally:
        await connection.close()


async def copy(connection: Connection, rows: Iterable[Row]) -> None:
    """Rows of one table or of several, in this order. The database's defaults fill in what a row does not say."""
    for (table, columns), group in groupby(rows, key=lambda row: (row.__tablename__, columns_of(row))):
        await copy_texts(connection, table, columns, ["".join(f"{fields(row, columns)}\n" for row in group)])


async def copy_texts(connection: Connection, table: str, columns: Sequence[str], texts: Iterable[str]) -> None:
    """`texts` hold whole lines each, and are asked for as PostgreSQL takes them."""

    async def encoded() -> AsyncIterator[bytes]:
        for text in texts:
            yield text.encode()

    await connection.copy_to_table(table, source=encoded(), columns=columns, format="text")


async def together(*works: Coroutine[None, None, None]) -> None:
    """When one fails the others are cancelled and waited for: a busy connection could not be rolled back."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
